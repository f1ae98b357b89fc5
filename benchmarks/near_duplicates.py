"""Times the search of near-duplicates, on hashes with planted pairs at exactly the distance.

python -m benchmarks.near_duplicates        # writes benchmarks/near_duplicates.json
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import ROOT, write
from real_or_ai.stages.split.near_duplicates import components, links

SIZES = (10_000, 100_000, 1_000_000)
CASES = (  # kind, bits, distance
    ("uniform", 64, 6),
    ("uniform", 64, 8),
    ("uniform", 64, 10),
    ("uniform", 256, 24),
    ("clustered", 64, 6),
    ("clustered", 256, 24),
)
PLANTED = 20  # one pair for so many hashes
CENTRES = 1000


def main() -> None:
    rows = []
    for kind, bits, distance in CASES:
        before = None
        for size in SIZES:
            row = measured_apart(kind, bits, distance, size)
            row["growth"] = round(row["seconds"] / before, 1) if before else None
            before = row["seconds"]
            rows.append(row)
            print(
                f"{kind:9} {bits:4} bits, distance {distance:2} {size:9} hashes "
                f"{row['seconds']:8.2f} s {row['peak_mb']:6} MB {row['found']:6} of "
                f"{row['planted']:6} found, growth {row['growth'] or ''}"
            )
    write("near_duplicates", {"rows": rows})


def measured_apart(kind: str, bits: int, distance: int, size: int) -> dict[str, object]:
    """`measured` in a process of its own, whose peak memory is its own."""
    command = [sys.executable, "-m", "benchmarks.near_duplicates"]
    done = subprocess.run(
        [*command, kind, str(bits), str(distance), str(size)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def measured(kind: str, bits: int, distance: int, size: int) -> dict[str, object]:
    """Seconds of the search, peak memory of the process in MB, and planted pairs found."""
    chance = np.random.default_rng(1)
    hashes = uniform(chance, size, bits) if kind == "uniform" else clustered(chance, size, bits)
    pairs = planted(chance, hashes, distance)
    start = time.perf_counter()
    found = links(hashes, distance)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts KiB
    component = components(size, found)
    return {
        "kind": kind,
        "bits": bits,
        "distance": distance,
        "n": size,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak / 1e6),
        "planted": len(pairs),
        "found": int((component[pairs[:, 0]] == component[pairs[:, 1]]).sum()),
        "links": len(found),
    }


def uniform(chance: np.random.Generator, size: int, bits: int) -> NDArray[np.uint64]:
    """uint64 [size, bits / 64]."""
    return chance.integers(0, 2**64, (size, bits // 64), dtype=np.uint64)


def clustered(chance: np.random.Generator, size: int, bits: int) -> NDArray[np.uint64]:
    """uint64 [size, bits / 64] as skewed as perceptual hashes are.

    Half are about an eighth of their bits from one of CENTRES, all lean to a bit's own bias, and
    one in twenty is the same hash.
    """
    hashes = np.zeros((size, bits // 64), np.uint64)
    centre = np.where(chance.random(size) < 0.5, chance.integers(0, CENTRES, size), CENTRES)
    for bit in range(bits):
        bias = chance.uniform(0.35, 0.65)
        free = chance.random(size) < np.where(centre < CENTRES, 0.25, 1)
        drawn = np.where(free, chance.random(size), chance.random(CENTRES + 1)[centre]) < bias
        hashes[:, bit // 64] |= drawn.astype(np.uint64) << np.uint64(bit % 64)
    hashes[chance.random(size) < 0.05] = hashes[0]
    return hashes


def planted(
    chance: np.random.Generator, hashes: NDArray[np.uint64], distance: int
) -> NDArray[np.int64]:
    """Pairs [P, 2] of rows, the second of which becomes the first with `distance` bits flipped."""
    count = len(hashes) // PLANTED
    pairs = chance.permutation(len(hashes))[: 2 * count].reshape(count, 2)
    hashes[pairs[:, 1]] = hashes[pairs[:, 0]]
    for first in range(0, count, 10_000):
        rows = pairs[first : first + 10_000, 1]
        draw = chance.random((len(rows), 64 * hashes.shape[1]))
        for bit in np.argpartition(draw, distance, axis=1)[:, :distance].T:
            hashes[rows, bit // 64] ^= np.uint64(1) << (bit % 64).astype(np.uint64)
    return pairs


if __name__ == "__main__":
    if sys.argv[1:]:
        kind, *numbers = sys.argv[1:]
        print(json.dumps(measured(kind, *map(int, numbers))))
    else:
        main()
