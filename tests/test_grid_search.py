import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from built import svm_params
from real_or_ai.conventions.errors import ParamsError
from real_or_ai.stages.fit_svm import grid_search
from real_or_ai.stages.fit_svm.svm import Asked
from real_or_ai.statistics import folds

C = (0.1, 1.0, 1.7, 30.0)
WIDTHS = (5, 40, 19)  # of the layers; 7 components are more than the first has
GAMMA = (2.0**-12, 2.0**-9, 2.0**-6)
GAMMA_OF_LAYERS = (2.0**-5, 0.5, 2.0)  # over the width of each


def gammas_of(kernel: str) -> tuple[float, ...]:
    return GAMMA_OF_LAYERS if kernel == "rbf_of_layers" else GAMMA


def params(scale: bool, kernel: str = "rbf", components: int | None = None) -> Asked:
    of = {"C": C, "gamma": gammas_of(kernel), "folds": 6, "scale": scale, "components": components}
    return Asked(svm_params(kernel, **of), WIDTHS)


def drawn(seed: int, count: int = 150) -> tuple[np.ndarray, np.ndarray, folds.Folds]:
    """Features like a network's, labels that they hint at, and folds of groups of three."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) // 3 % 2
    hidden = chance.normal(size=(count, 12))
    hidden[:, 0] += labels
    features = np.maximum(hidden @ chance.normal(size=(12, 64)), 0) * chance.uniform(0.1, 3, 64)
    groups = np.array([f"g{row // 3}" for row in range(count)])
    parts = folds.grouped(labels, groups, 6, seed, asked_by="x")
    return features.astype(np.float32), labels, parts


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("kernel", "scale", "components"),
    [
        ("rbf", False, None),
        ("rbf", True, None),
        ("linear", True, None),
        ("rbf", True, 7),
        ("rbf_of_layers", False, None),
        ("rbf_of_layers", True, 7),
    ],
)
def test_the_whole_grid_is_scikit_learns(seed, kernel, scale, components):
    x, y, parts = drawn(seed)
    asked = params(scale, kernel, components)
    grid = {"svc__C": list(C)} | (
        {} if kernel == "linear" else {"svc__gamma": list(gammas_of(kernel))}
    )
    plain = GridSearchCV(asked.pipeline(), grid, cv=parts, error_score="raise")
    results = plain.fit(x, y).cv_results_

    found = grid_search.accuracies(x, y, parts, asked)

    assert found.shape == (len(C), 1 if kernel == "linear" else len(GAMMA), len(parts))
    for fold in range(len(parts)):
        assert found[:, :, fold].ravel().tolist() == results[f"split{fold}_test_score"].tolist()
    assert grid_search.best(found, asked.params).of_pipeline == plain.best_params_
    assert len(np.unique(found.mean(axis=2))) > 3  # a grid that says nothing would be equal too


def test_what_is_outside_a_fold_does_not_scale_its_inside():
    x, y, parts = drawn(1)
    (inside, outside), *_ = parts
    whole = grid_search.accuracies(x, y, [(inside, outside)], params(True))
    far = x.copy()
    far[outside[0]] *= 1e4
    changed = grid_search.accuracies(far, y, [(inside, outside)], params(True))
    assert np.abs(whole - changed).max() <= 1 / len(outside) + 1e-12


def test_more_components_than_there_are_is_one_sentence():
    x, y, parts = drawn(1)
    with pytest.raises(ParamsError, match=r"is 200, but a fold of train has \d+ pictures; lower"):
        grid_search.accuracies(x, y, parts, params(True, components=200))


def test_of_equal_ones_the_first_is_best():
    accuracy = np.zeros((2, 3, 2))
    accuracy[0, 2] = accuracy[1, 0] = [0.5, 0.75]
    asked = params(True).params.model_copy(update={"C": (1.0, 2.0), "gamma": (0.1, 0.2, 0.3)})
    assert grid_search.best(accuracy, asked).chosen == {"C": 1.0, "gamma": 0.3}
