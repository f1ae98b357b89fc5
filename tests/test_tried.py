"""The table of candidates, and how they are measured."""

import json

import numpy as np
import pandas as pd
import pytest
from benchmarks import candidates
from benchmarks.candidates import CANDIDATES, COMMON, FOLDS, Stored
from benchmarks.measuring import machine
from tools import tried

from conftest import ROOT
from real_or_ai.conventions.params import read
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.set_params import changed


@pytest.mark.parametrize("name", CANDIDATES)
def test_each_candidate_is_a_change_of_params_yaml(name):
    changes = {**COMMON, **CANDIDATES[name][1]}
    params = Parameters.of(changed(read(ROOT / "params.yaml"), changes))
    assert params.prepare.protocol == "grouped"


def known(tmp_path) -> Stored:
    """20 pictures of each source of the collection, of groups of two, their labels in turn."""
    rows = [
        {"picture": f"{source}/{n}.png", "label": ("real", "ai")[n % 2], "source": source}
        for fold in FOLDS
        for source in fold
        for n in range(20)
    ]
    groups = [f"g{number // 2}" for number in range(len(rows))]
    return Stored(tmp_path, pd.DataFrame(rows).assign(group=groups))


def test_a_fold_is_scored_by_what_never_saw_its_sources_or_groups(tmp_path):
    own, other = known(tmp_path), known(tmp_path)
    other = Stored(tmp_path, other.rows.assign(source="elsewhere"))
    sources, groups = own.rows["source"].to_numpy(), own.rows["group"].to_numpy()
    seen = []

    def scorer(train, val):
        assert not set(groups[train]) & set(groups[val])
        assert 0.1 < len(val) / (len(train) + len(val)) < 0.2
        seen.append(set(sources[train]) | set(sources[val]))
        # Of the folds all is ranked rightly, elsewhere by the labels turned round.
        sign = 2.0 * own.labels - 1
        return sign, -sign

    found = candidates.measured(scorer, own, other, seed=1)
    assert seen == [*(set(sources) - set(fold) for fold in FOLDS), set(sources)]
    assert [row["n"] for row in found["left_out"]] == [20 * len(fold) for fold in FOLDS]
    assert {row["roc_auc"][0] for row in found["left_out"]} == {1.0}
    assert {row["balanced_accuracy"][0] for row in found["left_out"]} == {1.0}
    (elsewhere,) = found["external"]
    assert (elsewhere["source"], elsewhere["n"]) == ("elsewhere", len(sources))
    assert elsewhere["roc_auc"][0] == elsewhere["balanced_accuracy"][0] == 0


def test_the_table_says_what_was_measured():
    def row(auc: float) -> dict:
        return {"n": 40, "roc_auc": [auc, auc - 0.1, auc + 0.1]}

    measured = {
        "a": {
            "val": row(0.9),
            "left_out": [row(0.5), row(0.7)],
            "external": [{"source": "x"} | row(0.6), {"source": "y"} | row(0.8)],
            "commit": "0123456789" * 4,
            "date": "2026-01-02",
            "machine": "a box",
        }
    }
    said = tried.candidates(lambda _: json.dumps({"candidates": measured}), "")
    heads = "| candidate | its own sources (val) | left out: mean | folds 1 to 5 | x | y | external"
    assert f"{heads}: mean | commit |" in said
    line = "| `a` | 0.90 [0.80, 1.00] | 0.600 | 0.50 0.70 | 0.60 [0.50, 0.70] | 0.80 [0.70, 0.90] |"
    assert f"{line} 0.700 | 0123456 |" in said
    assert "40 of fold 1, 40 of fold 2" in said
    assert said.endswith("Measured on 2026-01-02 on a box.")


def test_what_was_measured_before_stands(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(candidates, "ROOT", tmp_path)
    monkeypatch.setattr(candidates.made, "code", lambda _: candidates.made.Code("c" * 40, ()))
    kept = {}
    monkeypatch.setattr(candidates, "write", lambda name, result: kept.update({name: result}))
    old = {"candidates": {"a": {"val": 1}, "b": {"val": 2}}}
    (tmp_path / "benchmarks" / "candidates.json").write_text(json.dumps(old), encoding="utf-8")
    candidates.keep("b", {"val": 3})
    found = kept["candidates"]["candidates"]
    assert found["a"] == {"val": 1}
    assert found["b"]["val"] == 3
    assert found["b"]["commit"] == "c" * 40
    assert found["b"]["clean"] is True
    assert found["b"]["machine"] == machine()


def test_val_takes_whole_groups_and_its_share_of_them(tmp_path):
    own = known(tmp_path)
    train, val = candidates.parted(own, np.arange(len(own.rows)), 1)
    assert len(val) == pytest.approx(0.15 * len(own.rows), abs=2)
    again, _ = candidates.parted(own, np.arange(len(own.rows)), 1)
    other, _ = candidates.parted(own, np.arange(len(own.rows)), 2)
    assert np.array_equal(train, again)
    assert not np.array_equal(train, other)
