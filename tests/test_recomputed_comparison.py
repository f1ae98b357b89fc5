"""What `compare` writes, recomputed from predictions and metrics by scikit-learn and SciPy."""

import json
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from scipy.stats import t as student_t
from sklearn import metrics as sklearn_metrics

import planted
import recomputed
import test_recomputed
from conftest import keep_figures
from planted import MODELS, Planted
from real_or_ai.conventions.labels import HELD_OUT
from real_or_ai.registry import TITLES
from real_or_ai.stages.compare import CompareParams, model_cards
from real_or_ai.stages.compare import __main__ as compare
from real_or_ai.statistics import intervals
from test_recomputed import labels_of, predictions

DRAWS, SEED = 25, 4
# Split -> change -> ROC AUC and the low end of its interval.
CHANGES = {
    "test": {"none": (0.8, 0.7), "blur 1": (0.7, 0.45), "JPEG 30": (0.6, 0.4), "noise": (0.9, 0.4)},
    "external": {"none": (0.6, 0.4), "blur 1": (0.55, 0.35), "JPEG 30": (0.59, 0.51)},
}


def robustness() -> dict:
    return {
        model: {
            split: {
                name: {"n": 40, "roc_auc": auc, "roc_auc_low": low, "roc_auc_high": auc + 0.05}
                for name, (auc, low) in changes.items()
            }
            for split, changes in CHANGES.items()
        }
        for model in MODELS
    }


def data(made: Planted) -> dict:
    def counts(rows: pd.DataFrame) -> dict:
        both = {label: int((rows["label"] == label).sum()) for label in ("real", "ai")}
        return {"n": len(rows), **both}

    split = {
        name: counts(rows)
        | {"by_source": {source: counts(part) for source, part in rows.groupby("source")}}
        for name, rows in made.split.groupby("split")
    }
    return {"raw": {"real": 91, "ai": 92}, "prepared": {"real": 81, "ai": 82}, "drawn": 0} | {
        "split": split
    }


FOLDS = {
    "best": {"C": 1.7, "gamma": 0.001953125},
    "folds": {
        "count": 4,
        "mean": {f"{name}": 0.1 * place for place, name in enumerate(
            ["accuracy", "precision_real", "recall_real", "f1_real"], start=1)},
        "deviation": dict.fromkeys(["accuracy", "precision_real", "recall_real", "f1_real"], 0.05),
    },
    "nested": {
        "count": 4,
        "mean": {f"{name}": 0.1 * place for place, name in enumerate(
            ["accuracy", "precision_real", "recall_real", "f1_real"])},
        "deviation": dict.fromkeys(["accuracy", "precision_real", "recall_real", "f1_real"], 0.07),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The planted project after `evaluate` and `compare`, and what was drawn, by file."""
    made = planted.plant(tmp_path_factory.mktemp("compared"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "DRAWS", DRAWS)
        figures = keep_figures(patch)
        for model in MODELS:
            test_recomputed.run(made, model)
        for name, value in (("robustness", robustness()), ("fit_svm", FOLDS), ("data", data(made))):
            (made / f"metrics/{name}.json").write_text(json.dumps(value), encoding="utf-8")
        compare.run(
            made / "predictions",
            made / "models/seeds",
            *(
                made / f"metrics/{name}"
                for name in ("evaluate", "breakdown", "sources", "reliability")
            ),
            *(made / f"metrics/{name}.json" for name in ("robustness", "fit_svm", "data")),
            made / "metrics/comparison.json",
            made / "plots/comparison",
            made / "metrics/report.md",
            made / "metrics/cards",
            params=CompareParams(seed=SEED),
            raw="data/kaggle",
            turns=(("press", "web"), ("albums",)),
        )
    return SimpleNamespace(
        made=made,
        figures=figures,
        comparison=read(made, "comparison"),
        numbers={model: read(made, f"evaluate/{model}") for model in MODELS},
        report=(made / "metrics/report.md").read_text(encoding="utf-8"),
    )


def read(made: Planted, name: str) -> dict:
    return json.loads((made / f"metrics/{name}.json").read_text(encoding="utf-8"))


def trainings(made: Planted, model: str, rows: pd.DataFrame) -> list[np.ndarray]:
    """The logits of each training of a model, in the order of the rows."""
    if model not in planted.SEEDS:
        return [rows["score"].to_numpy()]
    table = pd.read_csv(made / f"models/seeds/{model}.csv").set_index("picture")
    return [
        table.loc[rows["picture"], f"seed_{n + 1}"].to_numpy() for n in range(planted.SEEDS[model])
    ]


def over_seeds(
    labels: np.ndarray, both: list[list[np.ndarray]], groups: np.ndarray
) -> dict[str, float]:
    """Difference of the mean AUCs, its interval by Welch's and Satterthwaite's formulas.

    both: the logits of each training of one model, and of the other.
    """
    auc = sklearn_metrics.roc_auc_score
    drawn = [
        rows for rows in recomputed.resampled(groups, SEED, DRAWS) if len(set(labels[rows])) == 2
    ]
    means = [
        [np.mean([auc(labels[rows], one[rows]) for one in logits]) for rows in drawn]
        for logits in both
    ]
    variances = [np.var(np.subtract(*means), ddof=1)]
    freedoms = [len(set(groups)) - 1]
    aucs = [[auc(labels, one) for one in logits] for logits in both]
    for of in aucs:
        if len(of) > 1:
            variances.append(np.var(of, ddof=1) / len(of))
            freedoms.append(len(of) - 1)
    whole = sum(variances)
    freedom = whole**2 / sum(np.square(variances) / freedoms)
    half = student_t.ppf(0.975, freedom) * np.sqrt(whole)
    value = np.mean(aucs[0]) - np.mean(aucs[1])
    interval = max(-1, value - half), min(1, value + half)
    return recomputed.figure("roc_auc_over_seeds", value, interval)


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Each p times how many are as large, never below that of a smaller one."""
    ordered = sorted(p_values, key=p_values.__getitem__)
    factors = range(len(ordered), 0, -1)
    times = [min(1, n * p_values[name]) for n, name in zip(factors, ordered, strict=True)]
    return dict(zip(ordered, np.maximum.accumulate(times), strict=True))


@pytest.mark.parametrize("split", HELD_OUT)
def test_every_difference(compared, split):
    rows = {model: predictions(compared.made, model, split) for model in MODELS}
    any_rows = rows[MODELS[0]]
    labels, groups = labels_of(any_rows), any_rows["group"].to_numpy()
    for of_model in rows.values():
        assert of_model["picture"].tolist() == any_rows["picture"].tolist()
    first = ~any_rows["group"].duplicated().to_numpy()
    right = {model: (of["label"] == of["called"]).to_numpy()[first] for model, of in rows.items()}
    drawn = list(recomputed.resampled(groups, SEED, DRAWS))
    found = compared.comparison["differences"][split]
    expected, p_values = {}, {}
    for one, other in combinations(MODELS, 2):
        only = (right[one] & ~right[other]).sum(), (right[other] & ~right[one]).sum()
        p_values[f"{one} - {other}"] = binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
        a, b = (rows[model]["score"].to_numpy() for model in (one, other))
        differences = [
            sklearn_metrics.roc_auc_score(labels[rows], a[rows])
            - sklearn_metrics.roc_auc_score(labels[rows], b[rows])
            for rows in drawn
            if len(set(labels[rows])) == 2
        ]
        auc = [sklearn_metrics.roc_auc_score(labels, scores) for scores in (a, b)]
        expected[f"{one} - {other}"] = {
            "groups": len(set(groups)),
            "accuracy": right[one].mean() - right[other].mean(),
            **recomputed.figure("roc_auc", auc[0] - auc[1], recomputed.percentiles(differences)),
            **over_seeds(
                labels,
                [trainings(compared.made, model, rows[model]) for model in (one, other)],
                groups,
            ),
        }
    for name, adjusted in holm(p_values).items():
        expected[name] |= {"mcnemar_p": p_values[name], "holm_p": adjusted}
    assert list(found) == list(expected)
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers), name


@pytest.mark.parametrize("split", HELD_OUT)
def test_every_spread_over_seeds(compared, split):
    found = compared.comparison["seeds"][split]
    assert set(found) == set(planted.SEEDS)
    for model, count in planted.SEEDS.items():
        rows = predictions(compared.made, model, split)
        labels = labels_of(rows)
        of_seed = trainings(compared.made, model, rows)
        aucs = [sklearn_metrics.roc_auc_score(labels, logits) for logits in of_seed]
        accuracies = [((logits >= 0) == (labels == 1)).mean() for logits in of_seed]
        expected = {"seeds": count}
        for name, values in (("roc_auc", aucs), ("accuracy_at_half", accuracies)):
            expected |= {f"{name}_mean": np.mean(values), f"{name}_sd": np.std(values, ddof=1)}
            expected |= {f"{name}_lowest": min(values), f"{name}_highest": max(values)}
        assert len(set(aucs)) == count
        assert found[model] == pytest.approx(expected)
        line = cells(compared.report, f"over seeds on {split}", TITLES[model])
        assert line == [
            str(count),
            f"{np.mean(aucs):.3f} ± {np.std(aucs, ddof=1):.3f} "
            f"({min(aucs):.3f} to {max(aucs):.3f})",
            f"{np.mean(accuracies):.3f} ± {np.std(accuracies, ddof=1):.3f} "
            f"({min(accuracies):.3f} to {max(accuracies):.3f})",
        ]


def test_the_headlines_are_each_models_own(compared):
    for split in HELD_OUT:
        for model in MODELS:
            own = compared.comparison[split][model]
            assert set(own) >= {"n", "accuracy", "roc_auc_low", "balanced_accuracy_high", "ece"}
            assert own == {name: compared.numbers[model][split][name] for name in own}


def test_val_alone_chooses(compared):
    auc = {
        split: {model: compared.numbers[model][split]["roc_auc"] for model in MODELS}
        for split in HELD_OUT
    }
    best = {split: max(of, key=of.__getitem__) for split, of in auc.items()}
    assert best["val"] != best["test"]
    assert compared.comparison["chosen"] == {"model": best["val"]}
    assert f"by its ROC AUC on val alone: {TITLES[best['val']]}." in compared.report


@pytest.mark.parametrize("split", HELD_OUT)
def test_the_curves_are_each_models_on_this_split(compared, split):
    left, right = compared.figures[f"curves_{split}.png"].axes
    for axes, of in ((left, "roc"), (right, "precision_recall")):
        lines = {line.get_label(): line for line in axes.lines}
        assert set(lines) == {*TITLES.values(), "chance"}
        for model, title in TITLES.items():
            table = pd.read_csv(compared.made / f"plots/{of}/{model}/{split}.csv")
            x, y = ("fpr", "tpr") if of == "roc" else ("recall", "precision")
            assert lines[title].get_xdata() == pytest.approx(table[x].to_numpy())
            assert lines[title].get_ydata() == pytest.approx(table[y].to_numpy())
    share = labels_of(predictions(compared.made, MODELS[0], split)).mean()
    chance = next(line for line in right.lines if line.get_label() == "chance")
    assert share != 0.5
    assert set(chance.get_ydata()) == {share}


def cells(report: str, heading: str, row: str) -> list[str]:
    part = report.split(f"\n| {heading} |")[1]
    line = next(line for line in part.splitlines() if line.startswith(f"| {row} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.parametrize("split", HELD_OUT)
def test_the_reports_table_has_each_number_at_its_model(compared, split):
    for metric in ("accuracy", "roc_auc", "loss", "accuracy_at_half"):
        ours = cells(compared.report, split, metric)[::2]
        for model, cell in zip(MODELS, ours, strict=True):
            numbers = compared.numbers[model][split]
            low, high = numbers[f"{metric}_low"], numbers[f"{metric}_high"]
            assert cell.removesuffix(" ~") == f"{numbers[metric]:.3f} [{low:.2f}, {high:.2f}]"
    for row, end in (("recall", ""), ("precision", ""), ("recall_at_half", "_at_half")):
        averages = [cell.split(" ")[0] for cell in cells(compared.report, split, row)[::2]]
        kinds = ["weighted", "weighted", "real"]
        assert averages == [
            f"{compared.numbers[model][split][row.removesuffix(end) + f'_{kind}{end}']:.3f}"
            for model, kind in zip(MODELS, kinds, strict=True)
        ]


def test_the_reports_figures_stand_beside_their_models(compared):
    assert cells(compared.report, "test", "accuracy_at_half")[1::2] == ["0.62", "0.72", "0.8"]
    assert cells(compared.report, "external", "recall_at_half")[1::2] == ["0.56", "0.5", "0.46"]
    assert cells(compared.report, "external", "recall")[1::2] == ["-", "-", "-"]
    assert cells(compared.report, "val", "loss")[1::2] == ["0.51", "0.294", "-"]
    assert cells(compared.report, "mean ± deviation", "recall_real") == [
        "0.300 ± 0.050",
        "0.200 ± 0.070",
        "0.95 ± 0.01",
    ]
    assert "\n| train and val | 32 and 38 | 400 and 469 |\n" in compared.report


@pytest.mark.parametrize("split", ["test", "external"])
def test_the_words_follow_the_differences(compared, split):
    words = next(line for line in compared.report.splitlines() if line.startswith(f"On {split} "))
    auc = {model: compared.numbers[model][split]["roc_auc"] for model in MODELS}
    first, second, *_ = sorted(MODELS, key=lambda model: -auc[model])
    assert f") {TITLES[first]} ranks the classes best: ROC AUC {auc[first]:.3f}" in words
    found = compared.comparison["differences"][split]
    name = f"{first} - {second}"
    sign = 1 if name in found else -1
    pair = found[name if sign == 1 else f"{second} - {first}"]
    ends = sorted(sign * pair[f"roc_auc_{end}"] for end in ("low", "high"))
    assert f"over {TITLES[second]}, {sign * pair['roc_auc']:.3f} [{ends[0]:.3f}" in words
    anew = sorted(sign * pair[f"roc_auc_over_seeds_{end}"] for end in ("low", "high"))
    means = f"{sign * pair['roc_auc_over_seeds']:.3f} [{anew[0]:.3f}, {anew[1]:.3f}] over seeds too"
    assert f"{ends[1]:.3f}] over pictures and {means}" in words
    assert ("is more than chance gives" in words) == (ends[0] > 0 and anew[0] > 0)
    spread = compared.comparison["seeds"][split]["lenet5"]
    alone = f"LeNet-5 from {spread['roc_auc_lowest']:.3f} to {spread['roc_auc_highest']:.3f}"
    assert alone in words
    apart = [one for one, numbers in found.items() if numbers["holm_p"] < 0.05]
    assert ("No two models' calls differ" in words) == (not apart)
    guessing = [model for model in MODELS if compared.numbers[model][split]["roc_auc_low"] <= 0.5]
    told = words.rpartition(". ")[2] if guessing else ""
    assert told == (f"{', '.join(TITLES[one] for one in guessing)} cannot be told from guessing."
                    if guessing else "")  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_a_card_lists_what_the_numbers_show(compared, model):
    card = read(compared.made, f"cards/{model}")
    assert card["figures"] == compared.numbers[model]
    parts = pd.read_csv(compared.made / f"metrics/breakdown/{model}.csv", keep_default_na=False)
    weak = parts[
        (parts["split"] != "val") & (parts["n"] >= 5) & (parts["called_rightly_low"] <= 0.5)
    ].sort_values("called_rightly", kind="stable")
    keys = ["split", "by", "value", "label"]
    assert [[one[key] for key in keys] for one in card["parts"]] == weak[keys].values.tolist()[:8]
    assert [(one["split"], one["name"]) for one in card["changes"]] == [
        ("external", "blur 1"),
        ("test", "JPEG 30"),
        ("test", "blur 1"),
    ]
    assert card["pictures"]["train"] == {"real": 8, "ai": 10}
    assert card["left_out"] == ["albums", "press", "web"]
    sources = pd.read_csv(compared.made / f"metrics/sources/{model}.csv")
    assert len(sources) == len(card["by_source"]) > 2
    for one, (_, row) in zip(card["by_source"], sources.iterrows(), strict=True):
        assert [one[key] for key in ("split", "source", "n")] == row.iloc[:3].tolist()
        assert one["figures"] == pytest.approx(row.iloc[3:].dropna().to_dict())
    assert sum(card["sources"]["test"].values()) == 48
    seeds = compared.comparison["seeds"]
    own = {split: seeds[split][model] for split in HELD_OUT} if model in planted.SEEDS else {}
    assert card["seeds"] == own


def test_a_weak_part_is_one_whose_interval_holds_a_coin():
    def row(value: str, share: float, low: float, *, split: str = "test", n: int = 9) -> dict:
        ends = {"called_rightly": share, "called_rightly_low": low, "called_rightly_high": 0.9}
        return {"split": split, "by": "source", "value": value, "label": "ai", "n": n, **ends}

    card = model_cards.build(
        "title",
        "data",
        {"split": {}, "drawn": 0},
        {},
        breakdown=[
            row("perhaps", 0.7, 0.5),
            row("surely", 0.7, 0.51),
            row("worse", 0.3, 0.1),
            row("of val", 0.2, 0.1, split="val"),
            row("of four", 0.2, 0.1, n=4),
        ],
        robustness={},
        seeds={},
        by_source=pd.DataFrame(),
        left_out=(),
    )
    assert [one.value for one in card.parts] == ["worse", "perhaps"]
