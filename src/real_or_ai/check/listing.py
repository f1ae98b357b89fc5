"""The command `check`: files and folders in, a row for each picture out, as they come."""

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TextIO

from real_or_ai.check.detector import Detector
from real_or_ai.check.verdict import SPELLED, Verdict
from real_or_ai.claims.claim import CAUTION, Claim
from real_or_ai.conventions.errors import PictureError, UserError

COLUMNS = ("path", "verdict", "probability", "score", "claims", "error", "caution")
CONTRADICTED = "contradicted by what the file says"
FAILED = 1  # the exit code if a file could not be read

Outcome = tuple[str, Verdict | PictureError]
Row = dict[str, object]


def check(detector: Detector, paths: Iterable[str], form: str, out: TextIO) -> int:
    """Writes a row for each file in `paths` and in their folders; the exit code.

    form: a name of WRITERS. What belongs beside the rows of a machine's format goes to standard
    error.
    """
    counts: Counter[str] = Counter()
    beside = out if form == "table" else sys.stderr
    if detector.caution:
        print(detector.caution, file=beside)
    with closing(detector.check_all(files(paths))) as found:
        WRITERS[form](_counted(found, counts), detector, out)
    if form == "table":
        print(_summed_up(counts), file=out)
    if counts["with claims"]:
        print(CAUTION, file=beside)
    return FAILED if counts["could not be read"] else 0


def files(paths: Iterable[str]) -> Iterator[str]:
    """The files among `paths` and below the folders among them, each folder's in order of name.

    Hidden ones below a folder are left out, and links to folders are not followed. A path that is
    not there or cannot be listed comes as it is: reading it will say why.
    """
    for path in paths:
        yield from _below(path) if os.path.isdir(path) else (path,)


def _below(folder: str) -> Iterator[str]:
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        yield folder
        return
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            if not os.path.islink(path):
                yield from _below(path)
        else:
            yield path


def explain(detector: Detector, paths: list[str], into: Path) -> None:
    """Draws where the score of the one picture in `paths` comes from, as a PNG."""
    from real_or_ai.check import heat_map
    from real_or_ai.conventions.outputs import replacing

    if len(paths) != 1 or os.path.isdir(paths[0]):
        raise UserError("--explain draws one picture; give one file")
    if into.suffix.lower() != ".png":
        raise UserError(f"--explain {into}: writes a PNG; give it a name that ends in .png")
    verdict = detector.check(paths[0])
    said = f"{_printable(os.path.basename(paths[0]))}: {verdict.heading}"
    with replacing(into) as temporary:
        heat_map.draw(detector.explain(paths[0]), said).save(temporary, "PNG")


def row(outcome: Outcome) -> Row:
    """What is written of a file, the values as JSON holds them."""
    path, found = outcome
    if isinstance(found, PictureError):
        said: Row = {"claims": [], "error": f"{found.reason}: {found.detail}"}
    else:
        said = found.model_dump(mode="json")
    return {name: said.get(name) for name in COLUMNS} | {"path": path}


def _counted(found: Iterable[Outcome], counts: Counter[str]) -> Iterator[Outcome]:
    for outcome in found:
        verdict = outcome[1]
        if isinstance(verdict, PictureError):
            counts["could not be read"] += 1
        else:
            counts[SPELLED[verdict.decision]] += 1
            counts["with claims"] += bool(verdict.claims)
            counts[CONTRADICTED] += verdict.contradicted
        yield outcome


# --- formats ------------------------------------------------------------------------------------


def _table(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    """Verdict, score and path, and below them what the file claims."""
    print(f"{'verdict':8}{'score':7}picture", file=out)
    for path, verdict in found:
        shown = _printable(path)
        if isinstance(verdict, PictureError):
            print(f"{'error':15}{shown}: {_printable(str(verdict))} ({verdict.reason})", file=out)
            continue
        print(f"{_said(verdict):15}{shown}", file=out)
        for claim in verdict.claims:
            against = verdict.contradicted and claim.suggests not in (None, verdict.decision)
            says = "against this, it says" if against else "it says"
            print(f"{'':15}  {says}: {_told(claim)}", file=out)
        out.flush()


def _csv(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in found:
        told = "; ".join(map(_told, outcome[1].claims)) if isinstance(outcome[1], Verdict) else ""
        writer.writerow(row(outcome) | {"claims": told})
        out.flush()


def _jsonl(found: Iterable[Outcome], _: Detector, out: TextIO) -> None:
    for outcome in found:
        print(json.dumps(row(outcome)), file=out, flush=True)


def _json(found: Iterable[Outcome], detector: Detector, out: TextIO) -> None:
    """One document; its end is missing if the command was stopped."""
    head = {
        "model": detector.description.model,
        "caution": detector.caution or None,
        "claims_caution": CAUTION,
    }
    print(json.dumps(head)[:-1] + ', "pictures": [', file=out)
    comma = ""
    for outcome in found:
        print(comma + json.dumps(row(outcome)), end="", file=out, flush=True)
        comma = ",\n"
    print("\n]}", file=out)


WRITERS: Mapping[str, Callable[[Iterable[Outcome], Detector, TextIO], None]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
}


def _said(verdict: Verdict) -> str:
    decision = "-" if verdict.decision is None else SPELLED[verdict.decision]
    return f"{decision:8}{verdict.score:.3f}"


def _told(claim: Claim) -> str:
    return f"{claim.kind}: {claim.text}"


def _printable(text: str) -> str:
    """Without what could play tricks on a terminal: a file may be named anything."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _summed_up(counts: Counter[str]) -> str:
    names = [*SPELLED.values(), "could not be read"]
    shown = [name for name in (*names, CONTRADICTED) if name != SPELLED[None]]
    parts = [f"{counts[name]} {name}" for name in shown if counts[name]]
    total = sum(counts[name] for name in names)
    return (
        f"{total} {'picture' if total == 1 else 'pictures'}"
        + (": " if parts else "")
        + ", ".join(parts)
    )
