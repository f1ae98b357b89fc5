"""What a classifier that does not look at the content can score: the null of every detector.

File facts, a thumbnail of 8x8 px and the source, each given to a plain classifier and scored out
of fold, with whole groups held out. A detector shows that it sees something only above these.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from real_or_ai.conventions import tables
from real_or_ai.conventions.arrays import Floats, Labels
from real_or_ai.conventions.labels import AI
from real_or_ai.stages.audit.cues import FACTS, NUMBERS
from real_or_ai.statistics import folds
from real_or_ai.statistics.folds import Folds
from real_or_ai.statistics.intervals import auc_interval, wilson

Numbers = dict[str, float]


@dataclass(frozen=True)
class Cases:
    """N raw files or pictures that a classifier is to tell apart, none of which it has seen."""

    labels: Labels
    groups: NDArray[np.str_]
    sources: NDArray[np.str_]
    folds: Folds
    seed: int  # of forests and trees


def cases(table: pd.DataFrame, count: int, seed: int) -> Cases:
    """The rows of a table with label, group and source, in `count` folds that keep groups whole.

    Raises SplitError if a class has fewer groups than there are folds.
    """
    labels, groups = tables.label_indices(table), table["group"].to_numpy(dtype=np.str_)
    parts = folds.grouped(labels, groups, count, seed, asked_by="audit.folds")
    return Cases(labels, groups, table["source"].to_numpy(dtype=np.str_), parts, seed)


def facts_null(facts: pd.DataFrame, known: Cases) -> Numbers:
    """n and ROC AUC, with its interval, of a forest that sees all facts of a file."""
    return _ranking(_out_of_fold(_forest(known.seed), _as_numbers(facts), known), known)


def thumbnail_null(thumbnails: Floats, known: Cases) -> Numbers:
    """n and ROC AUC, with its interval, of an RBF SVM that sees thumbnails [N, 192]."""
    scores = cross_val_predict(
        thumbnail_svm(), thumbnails, known.labels, cv=known.folds, method="decision_function"
    )
    return _ranking(scores, known)


def thumbnail_svm() -> Pipeline:
    """What `thumbnail_null` fits, not fitted yet."""
    return make_pipeline(StandardScaler(), SVC(kernel="rbf"))


def each_fact(facts: pd.DataFrame, known: Cases) -> pd.DataFrame:
    """Columns fact, n, roc_auc, roc_auc_low, roc_auc_high: the most telling fact first.

    A number is taken as it is, whichever way round it tells more; or by a tree that sees it alone,
    out of fold, where that tells more still, as for a size that one class always has. A name is
    taken by the tree. The choice lifts a number that means nothing above chance: to 0.55 of 120.
    """
    numbers = _as_numbers(facts)
    rows = []
    for place, fact in enumerate(FACTS):
        column = numbers[:, place]
        scores = [_out_of_fold(_tree(known.seed), column[:, None], known)]
        scores += [column, -column] if fact in NUMBERS else []
        best = max(scores, key=lambda one: float(roc_auc_score(known.labels, one)))
        rows.append({"fact": fact} | _ranking(best, known))
    ranked = sorted(rows, key=lambda row: (-float(row["roc_auc"]), FACTS.index(str(row["fact"]))))
    return pd.DataFrame(ranked)


def source_null(features: Floats, known: Cases) -> Numbers:
    """How often a forest names a picture's source rightly from features [N, K], with its interval.

    chance: the share of the largest source, which naming it always would reach. Empty where there
    is one source only.
    """
    sources, counts = np.unique(known.sources, return_counts=True)
    if len(sources) < 2:
        return {}
    forest = _forest(known.seed, class_weight=None)  # as accuracy weighs each picture alike
    said = cross_val_predict(forest, features, known.sources, cv=known.folds)
    right = said == known.sources
    low, high = wilson(right, known.groups)
    return {
        "n": len(right),
        "sources": len(sources),
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "chance": float(counts.max() / counts.sum()),
    }


def class_from_source(known: Cases) -> Numbers:
    """n and ROC AUC, with its interval, of a tree told the source; empty where there is one."""
    names, codes = np.unique(known.sources, return_inverse=True)
    if len(names) < 2:
        return {}
    told = codes[:, None].astype(np.float64)
    return _ranking(_out_of_fold(_tree(known.seed), told, known), known)


def _forest(seed: int, class_weight: str | None = "balanced") -> ExtraTreesClassifier:
    """Trees that cut at random: on one normal fact (true AUC 0.78, 120 files) 0.75, others 0.70."""
    return ExtraTreesClassifier(
        n_estimators=50,
        min_samples_leaf=5,
        max_features=0.3,
        class_weight=class_weight,
        random_state=seed,
    )


def _tree(seed: int) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(
        max_leaf_nodes=8, min_samples_leaf=5, class_weight="balanced", random_state=seed
    )


def _as_numbers(facts: pd.DataFrame) -> Floats:
    """[N, len(FACTS)]; a name becomes its place in the alphabet of names, which trees can cut."""
    columns = [
        facts[fact] if fact in NUMBERS else np.unique(facts[fact], return_inverse=True)[1]
        for fact in FACTS
    ]
    return np.column_stack(columns).astype(np.float64)


def _out_of_fold(
    model: ExtraTreesClassifier | DecisionTreeClassifier, features: Floats, known: Cases
) -> Floats:
    """Scores [N] of ai to one decimal, each by a model that saw nothing of the picture's group.

    The more ai pictures a fold has, the fewer the others, which score it: finer scores rank what
    is alike the wrong way round (three names, 120 files: 0.59 where 0.63 is true; rounded, 0.63).
    """
    if (features == features[0]).all():
        return np.zeros(len(features))
    scores = cross_val_predict(
        model, features, known.labels, cv=known.folds, method="predict_proba"
    )
    return np.asarray(scores[:, AI], dtype=np.float64).round(1)


def _ranking(scores: Floats, known: Cases) -> Numbers:
    """n, and the ROC AUC with its interval."""
    auc = float(roc_auc_score(known.labels, scores))
    low, high = auc, auc
    if (scores != scores[0]).any():
        low, high = auc_interval(known.labels, scores, known.groups)
    return {"n": len(scores), "roc_auc": auc, "roc_auc_low": low, "roc_auc_high": high}
