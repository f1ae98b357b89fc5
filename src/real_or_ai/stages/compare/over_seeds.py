"""What other seeds of the same trainings score, and differences that hold for them too.

A detector that is shipped is one of several trainings. Whether one kind of network is better than
another is a question about all of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Groups, Labels
from real_or_ai.conventions.labels import AI
from real_or_ai.registry import NETWORKS
from real_or_ai.statistics import intervals, metrics
from real_or_ai.statistics.figure import Figure

COLUMN = "seed_"


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Model -> logits of each held-out picture by seed, as the stage `train` wrote them."""
    return {
        model: pd.read_csv(folder / f"{model}.csv", keep_default_na=False) for model in NETWORKS
    }


def logits_of(table: pd.DataFrame, rows: pd.DataFrame) -> Floats:
    """Logits [S, N] of the pictures of `rows`, in their order, a row a seed."""
    columns = [name for name in table.columns if name.startswith(COLUMN)]
    return table.set_index("picture").loc[rows["picture"], columns].to_numpy().T


def spreads(
    scored: Mapping[str, pd.DataFrame], by_seed: Mapping[str, pd.DataFrame], split: str
) -> dict[str, dict[str, float]]:
    """Model -> `spread` on one split. scored: predictions; by_seed: as `read`."""
    found = {}
    for model, table in by_seed.items():
        rows = scored[model][scored[model]["split"] == split]
        found[model] = spread(tables.label_indices(rows), logits_of(table, rows))
    return found


def spread(labels: Labels, logits: Floats) -> dict[str, float]:
    """Mean, standard deviation, lowest and highest over seeds of ROC AUC and accuracy at 0.5.

    logits: [S, N]. Without the deviation of a single seed, and the AUC of a single class.
    """
    of_seed = {"accuracy_at_half": ((logits >= 0) == (labels == AI)).mean(axis=1)}
    if len(np.unique(labels)) == 2:
        of_seed = {"roc_auc": _aucs(labels, logits)} | of_seed
    found: dict[str, float] = {"seeds": len(logits)}
    for name, values in of_seed.items():
        found |= {
            f"{name}_mean": float(values.mean()),
            f"{name}_lowest": float(values.min()),
            f"{name}_highest": float(values.max()),
        }
        if len(values) > 1:
            found[f"{name}_sd"] = float(values.std(ddof=1))
    return found


@dataclass(frozen=True)
class Trainings:
    """All trainings of one kind on the same pictures: what they score there, drawn anew and not."""

    aucs: Floats  # ROC AUC [S], one a seed
    drawn: Floats  # mean over seeds of the ROC AUC [D] in each draw of the pictures
    trained: bool  # by seeds; else all of it follows from the pictures that were trained on

    @classmethod
    def of(
        cls, labels: Labels, logits: Floats, groups: Groups, seed: int, *, trained: bool
    ) -> "Trainings":
        """logits: [S, N]; seed: of the draws, the same for all that are compared."""
        drawn = [
            np.mean([metrics.auc(labels, one, weights) for one in logits], axis=0)
            for weights in intervals.draws(groups, seed)
        ]
        return cls(_aucs(labels, logits), np.concatenate(drawn), trained)

    @property
    def known(self) -> bool:
        """Whether it can be told what another seed changes."""
        return len(self.aucs) > 1 or not self.trained

    @property
    def variance(self) -> float:
        """Of the mean over seeds, by the seeds alone."""
        return float(self.aucs.var(ddof=1)) / len(self.aucs) if len(self.aucs) > 1 else 0.0


def difference(a: Trainings, b: Trainings, groups: int) -> Figure | None:
    """Mean ROC AUC over seeds of a less that of b, with an interval for other pictures and seeds.

    Student's t of the summed variances, with the degrees of freedom of Welch (1947) and
    Satterthwaite (1946). groups: of pictures. None if one has a single seed.
    """
    if not (a.known and b.known):
        return None
    parts = [(float(np.nanvar(a.drawn - b.drawn, ddof=1)), groups - 1)]
    parts += [(one.variance, len(one.aucs) - 1) for one in (a, b) if len(one.aucs) > 1]
    value = float(a.aucs.mean() - b.aucs.mean())
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return Figure(value, value, value)
    freedom = total**2 / sum(variance**2 / max(1, free) for variance, free in parts)
    half = float(stdtrit(freedom, 0.975)) * math.sqrt(total)
    return Figure(value, max(-1.0, value - half), min(1.0, value + half))


def differences(
    scored: Mapping[str, pd.DataFrame], by_seed: Mapping[str, pd.DataFrame], seed: int
) -> dict[tuple[str, str], Figure | None]:
    """Each pair of models on the pictures of one split, both classes of which are there.

    scored: predictions of that split; by_seed: as `read`, of the models that have seeds.
    """
    found = {}
    for model, rows in scored.items():
        table = by_seed.get(model)
        logits = rows["score"].to_numpy()[None] if table is None else logits_of(table, rows)
        groups = rows["group"].to_numpy()
        found[model] = Trainings.of(
            tables.label_indices(rows), logits, groups, seed, trained=table is not None
        )
    count = len(np.unique(groups))
    return {
        (one, other): difference(found[one], found[other], count)
        for one, other in combinations(found, 2)
    }


def _aucs(labels: Labels, logits: Floats) -> Floats:
    once = np.ones((1, len(labels)))
    return np.array([metrics.auc(labels, one, once)[0] for one in logits])
