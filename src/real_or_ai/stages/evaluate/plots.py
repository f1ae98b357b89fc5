"""What is drawn of a detector: ROC, precision-recall, confusion and gallery, a file a split."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Pixels
from real_or_ai.conventions.outputs import replacing
from real_or_ai.drawing import contact_sheet
from real_or_ai.statistics import metrics

COLUMNS = 10


class Folders(NamedTuple):
    """Where each kind goes, as <split>.csv or <split>.jpg."""

    roc: Path
    precision_recall: Path
    confusion: Path
    gallery: Path


@contextmanager
def replacing_all(folders: Folders) -> Iterator[Folders]:
    """Temporary folders that become these at the end, as `outputs.replacing` has it."""
    with ExitStack() as stack:
        temporary = Folders(*(stack.enter_context(replacing(folder)) for folder in folders))
        for folder in temporary:
            folder.mkdir()
        yield temporary


def write(
    name: str,
    scored: pd.DataFrame,
    pixels: Pixels,
    folders: Folders,
    *,
    most: int,
    threshold: float,
) -> None:
    """The files of one split. scored: as by `scores.scored`, called by the threshold.

    most: pictures in the gallery.
    """
    confusion = scored[["label", "called"]].set_axis(["actual", "predicted"], axis=1)
    confusion.to_csv(folders.confusion / f"{name}.csv", index=False)
    _gallery(folders.gallery / f"{name}.jpg", name, scored, pixels, most=most, threshold=threshold)
    labels, scores = tables.label_indices(scored), scored["score"].to_numpy()
    if len(np.unique(labels)) < 2:
        print(f"{name}: holds {scored['label'].iloc[0]} pictures only: no ROC, no precision-recall")
        return
    metrics.roc(labels, scores).to_csv(folders.roc / f"{name}.csv", index=False)
    precision_recall = metrics.precision_recall(labels, scores)
    precision_recall.to_csv(folders.precision_recall / f"{name}.csv", index=False)


def _gallery(
    path: Path, name: str, scored: pd.DataFrame, pixels: Pixels, *, most: int, threshold: float
) -> None:
    """Real pictures, then ai; of more than `most`, evenly spaced ones are shown."""
    ordered = scored.sort_values(["label", "picture"], ascending=[False, True])
    shown = ordered.iloc[np.linspace(0, len(ordered) - 1, min(most, len(ordered))).astype(int)]
    wrong = shown["label"] != shown["called"]
    cells = [
        contact_sheet.Cell(pixels[index], f"true {label}\nsaid {called} {score:.2f}", mistaken)
        for index, label, called, score, mistaken in zip(
            shown.index, shown["label"], shown["called"], shown["score"], wrong, strict=True
        )
    ]
    title = (
        f"{name}: {wrong.sum()} of the {len(shown)} pictures shown are called wrongly (red); "
        f"from a score of {threshold:.3f} on a picture is called ai"
    )
    contact_sheet.save(path, title, cells, COLUMNS)
