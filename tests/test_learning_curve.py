"""The benchmark that says how many pictures to start with: who learns from what, and its sums."""

import numpy as np
import pytest
from benchmarks import learning_curve
from benchmarks.learning_curve import Run
from dvc.utils.hydra import apply_overrides

from conftest import write_params

SMALL = (
    *("train.lenet5.epochs=1", "train.lenet5.batch_size=8"),
    *("fit_svm.folds=2", "fit_svm.C=[1.0]", "fit_svm.gamma=[0.01]", "split.val=0.25"),
)


@pytest.fixture
def learnt(tmp_path, monkeypatch):
    """The rows each model was given: [(model, train, val, tested)], of 2 sizes and one draw."""
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    apply_overrides(tmp_path / "params.yaml", list(SMALL))
    for name, value in {"LEARNT": (4, 8), "TESTED": 10, "FEW": 3}.items():
        monkeypatch.setattr(learning_curve, name, value)
    given = []

    def lenet5(_, labels, train, val, tested, _seed):
        given.append(("lenet5", train, val, tested))
        return np.where(np.arange(len(tested)) < 6, labels[tested], 0.5)  # few: right; else: tied

    def svm(_, labels, train, tested):
        given.append(("svm", train, None, tested))
        return labels[tested].astype(float)

    monkeypatch.setattr(learning_curve, "by_lenet5", lenet5)
    monkeypatch.setattr(learning_curve, "by_svm", svm)
    labels = np.tile([0, 1], 25)
    home, away = np.arange(40), np.arange(40, 50)
    nothing = np.zeros(50)
    runs = list(learning_curve.every_size(nothing, nothing, labels, home=home, away=away, seed=1))
    return labels, runs, given


def test_nothing_tested_is_learnt_from_and_each_size_holds_the_smaller(learnt):
    labels, _, given = learnt
    for (_, train, val, tested), n, kept in zip(given[::2], (4, 8), (1, 2), strict=True):
        assert [sum(labels[val] == label) for label in (0, 1)] == [kept, kept]
        assert [sum(labels[train] == label) for label in (0, 1)] == [n - kept, n - kept]
        assert max(*train, *val) < 40
        assert len({*train, *val, *tested}) == len(train) + len(val) + len(tested)
    smaller, larger = ({*train, *val} for _, train, val, _ in given[::2])
    assert smaller < larger
    for (_, train, _, tested), (_, of_svm, _, as_well) in zip(given[::2], given[1::2], strict=True):
        assert list(train) == list(of_svm)
        assert list(tested) == list(as_well) == list(given[0][3])


def test_few_of_the_tested_all_of_them_and_elsewhere_stand_apart(learnt):
    labels, runs, given = learnt
    assert [(run.model, run.n) for run in runs] == [
        ("lenet5", 4), ("svm", 4), ("lenet5", 8), ("svm", 8)
    ]  # fmt: skip
    assert runs[1].auc["elsewhere"][0] == runs[1].auc["test"][0] == 1
    first = runs[0].auc
    assert (first["few"][0], first["elsewhere"][0]) == (1, 0.5)
    assert 0.5 < first["test"][0] < 1
    tested = given[0][3]
    assert list(labels[tested[:6]]) == [0, 0, 0, 1, 1, 1]
    assert list(labels[tested[6:20]]) == [0] * 7 + [1] * 7
    assert set(tested[20:]) == set(range(40, 50))


def test_more_than_there_are_are_not_learnt_from(learnt, monkeypatch):
    labels, _, _ = learnt
    monkeypatch.setattr(learning_curve, "LEARNT", (11,))
    with pytest.raises(SystemExit, match="10 and 11 pictures of each class are more than there"):
        list(learning_curve.every_size(
            np.zeros(50), np.zeros(50), labels, home=np.arange(40), away=np.arange(40, 50), seed=1
        ))  # fmt: skip


def test_both_models_learn_as_their_stages_do(tmp_path, monkeypatch):
    """Bright pictures are ai: what learnt from them tells those that it has not seen."""
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    apply_overrides(tmp_path / "params.yaml", [*SMALL, "train.lenet5.epochs=12"])
    chance = np.random.default_rng(1)
    labels = np.tile([0, 1], 40)
    pixels = chance.integers(0, 120, (80, 32, 32, 3)) + 120 * labels[:, None, None, None]
    pixels = pixels.astype(np.uint8)
    x = pixels.reshape(80, -1)[:, :8].astype(np.float32)
    train, val, tested = np.arange(40), np.arange(40, 56), np.arange(56, 80)
    for scores in (
        learning_curve.by_lenet5(pixels, labels, train, val, tested, 1),
        learning_curve.by_svm(x, labels, train, tested),
    ):
        assert learning_curve.auc(labels[tested], scores)[0] > 0.95


def test_the_middle_repeat_stands_with_its_own_interval():
    runs = [
        Run("svm", 25, seed, {"test": [value, value - 0.1, value + 0.1]})
        for seed, value in enumerate((0.9, 0.5, 0.7, 0.6))
    ]
    (row,) = learning_curve.summed_up(runs)
    assert (row["model"], row["n"]) == ("svm", 25)
    assert row["test"] == {"middle": [0.6, 0.5, 0.7], "lowest": 0.5, "highest": 0.9}
