"""Runs the real stage `train` in forked children that are killed, stopped or kept from writing.

python tests/interrupted.py FOLDER      # prints a JSON line a run

A process of its own, which forks once all that is slow is imported, and whose torch has one thread:
it could not be forked after it had started others. The network is LeNet-5, and all is the stage's
own but the ONNX exporter, which takes 10 s a run: a stand-in writes the weights themselves.
"""

import json
import os
import random
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from built import FIT, REPORTS
from real_or_ai.conventions import tables
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.sections import AugmentationParams, DecodeParams
from real_or_ai.networks.lenet5 import Hyperparameters
from real_or_ai.stages.train import __main__ as train
from real_or_ai.stages.train import checkpoint, fitting

KILLS = 10
DETECTOR_BYTES = 3_000_000
LIMITS = {"no_checkpoint_fits": 100_000, "no_detector_fits": 2_000_000}  # bytes of a file


def main() -> None:
    folder = Path(sys.argv[1])
    data(folder)
    torch.set_num_threads(1)
    train.export = export
    checkpoint.SHARE = float("inf")  # a checkpoint an epoch
    work(folder, "warm")  # imports what is imported late
    tell(**run(folder, "whole", counted))
    kills(folder)
    rooms(folder)
    interrupt(folder)


def kills(folder: Path) -> None:
    """Runs that end at some of the calls that a whole run makes, each followed by one more."""
    calls = int((folder / "whole" / "calls").read_text(encoding="utf-8"))
    moments = random.Random(5)
    for number in range(KILLS):
        around = partial(killed_at, moments.randrange(calls))
        tell(**run(folder, f"kill{number}", around), torn=torn(folder / f"kill{number}"))
        tell(**run(folder, f"kill{number}"))


def rooms(folder: Path) -> None:
    """Runs that may write only files of some size, each followed by one that may write."""
    for name, limit in LIMITS.items():
        tell(**run(folder, name, partial(within, limit)), torn=torn(folder / name))
        tell(**run(folder, name))


def interrupt(folder: Path) -> None:
    """A run that Ctrl-C stops after its first checkpoint, and one that goes on."""
    child = start(folder, "stopped", slowed)
    while not (folder / "stopped" / "checkpoints" / "seed_1.pt").exists():
        time.sleep(0.002)
    begun = time.monotonic()
    os.kill(child, signal.SIGINT)
    stopped = ended(folder, "stopped", child)
    tell(**stopped, seconds=time.monotonic() - begun, torn=torn(folder / "stopped"))
    tell(**run(folder, "stopped"))


def data(folder: Path) -> None:
    """32 pictures of 36 px whose class is their brightness, and their split."""
    chance = np.random.default_rng(0)
    labels = np.arange(32) % 2
    pixels = chance.integers(0, 250, (32, 36, 36, 3)) + 6 * labels[:, None, None, None]
    np.save(folder / "pixels.npy", pixels.astype(np.uint8))
    lines = [",".join(tables.columns(tables.SplitRow))]
    for row, label in enumerate(labels):
        split = "train" if row < 24 else "val"
        lines.append(f"{row}.png,{('real', 'ai')[label]},web,{row},{split},original,")
    (folder / "split.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def export(network, path: Path, description, *, examples, **_: object) -> None:
    """In place of the stage's: the weights and the description, and many zeros."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        for value in network.state_dict().values():
            file.write(value.numpy().tobytes())
        file.write(description.model_dump_json().encode() + examples.tobytes())
        file.write(bytes(DETECTOR_BYTES))


def work(folder: Path, name: str) -> None:
    out = folder / name
    with told_in_one_sentence():
        train.run(
            "lenet5",
            folder / "pixels.npy",
            folder / "split.csv",
            out / "outs" / "lenet5.onnx",
            out / "outs" / "curves",
            out / "outs" / "loss.csv",
            out / "outs" / "accuracy.csv",
            out / "outs" / "seeds.csv",
            out / "outs" / "turns.csv",
            out / "checkpoints",
            params=Hyperparameters(
                **FIT
                | {"learning_rate": 0.003, "schedule": "one_cycle", "epochs": 3, "seeds": (1, 2)}
            ),
            augmentation=AugmentationParams(**REPORTS | {"redelivered": 0.5}),
            decode=DecodeParams(size=36, delivery=None),
            min_side=32,
            sources_out=(),
        )


Around = Callable[[Callable[[], None]], None]


def plain(work: Callable[[], None]) -> None:
    work()


def start(folder: Path, name: str, around: Around = plain) -> int:
    """The process that does `work`, what it says in files."""
    out = folder / name
    out.mkdir(exist_ok=True)
    if child := os.fork():
        return child
    code = 1
    try:
        for stream, file in ((1, "said"), (2, "complained")):
            os.dup2(os.open(out / file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
        around(partial(work, folder, name))
        code = 0
    except SystemExit as left:
        code = int(left.code)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def ended(folder: Path, name: str, child: int) -> dict[str, object]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said, complained = (
        (folder / name / file).read_text(encoding="utf-8") for file in ("said", "complained")
    )
    complained = "".join(  # but for how far it is
        line for line in complained.splitlines(keepends=True) if not line.startswith("train: ")
    )
    return {"run": name, "code": code, "said": said, "complained": complained}


def run(folder: Path, name: str, around: Around = plain) -> dict[str, object]:
    return ended(folder, name, start(folder, name, around))


def counted(work: Callable[[], None]) -> None:
    """Writes how many calls, of Python and of C, the main thread makes."""
    calls = [0]

    def count(*_: object) -> None:
        calls[0] += 1

    sys.setprofile(count)
    work()
    sys.setprofile(None)
    Path(os.readlink("/proc/self/fd/1")).with_name("calls").write_text(str(calls[0]))


def killed_at(moment: int, work: Callable[[], None]) -> None:
    """`work`, until so many calls were made: then kill -9."""
    left = [moment]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0 and threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    work()


def slowed(work: Callable[[], None]) -> None:
    """`work` with 0.2 s a batch, so that it is still going on when it is interrupted."""
    fast = fitting.augment

    def slow(*arguments: Any) -> torch.Tensor:
        time.sleep(0.2)
        return fast(*arguments)

    fitting.augment = slow
    work()


def within(limit: int, work: Callable[[], None]) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    work()


def torn(folder: Path) -> list[str]:
    """The outs that are there, but not as in the whole run."""
    whole, found = (contents(out / "outs") for out in (folder.with_name("whole"), folder))
    return [
        name for name, data in found.items() if ".writing" not in name and whole.get(name) != data
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Name below the folder -> bytes, of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
