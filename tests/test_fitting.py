import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from built import STILL, fit_params, lenet5
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.stages.train import fitting
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint
from real_or_ai.stages.train.fitting import fit
from real_or_ai.stages.train.history import Epoch, best

PLAIN = AugmentationParams(**STILL)
PARAMS = fit_params(epochs=4)


@pytest.fixture
def separable() -> tuple[np.ndarray, np.ndarray]:
    """Pixels [48, 40, 40, 3] whose class is their brightness, and labels."""
    chance = np.random.default_rng(0)
    labels = np.arange(48) % 2
    pixels = chance.integers(0, 100, size=(48, 40, 40, 3)) + 120 * labels[:, None, None, None]
    return pixels.astype(np.uint8), labels.astype(np.int64)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[nn.Module, list[Epoch]]]:
    """run(pixels, labels, params): a trained network and its history; no checkpoint is left."""

    def run(pixels, labels, params=PARAMS, network=None, *, size=32, seed=1, augmentation=PLAIN):
        torch.manual_seed(0)
        network = network or lenet5()
        checkpoint = Checkpoint(tmp_path / "checkpoint.pt", {})
        history = fit(
            network,
            Batches(pixels, labels, torch.device("cpu")),
            train=np.arange(32),
            val=np.arange(32, 48),
            size=size,
            params=params,
            augmentation=augmentation,
            device=torch.device("cpu"),
            seed=seed,
            checkpoint=checkpoint,
        )
        checkpoint.remove()
        return network, history

    return run


def test_a_network_learns_what_can_be_learnt(run, separable):
    _, history = run(*separable)
    assert [epoch.number for epoch in history] == [1, 2, 3, 4]
    assert history[-1].train_loss < history[0].train_loss
    assert best(history).val_accuracy == 1.0


def test_the_same_seed_gives_the_same_weights(run, separable):
    (first, _), (second, _) = run(*separable), run(*separable)
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    other, _ = run(*separable, seed=2)
    assert not torch.equal(first.fc7.weight, other.fc7.weight)


def test_one_cycle_rises_and_falls(run, separable):
    params = PARAMS.model_copy(update={"schedule": "one_cycle", "epochs": 10})
    _, history = run(*separable, params)
    rates = [epoch.learning_rate for epoch in history]  # of each epoch's last batch
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(0.001, rel=0.02)
    assert peak == 1  # 15 % of ten epochs
    assert rates[0] == pytest.approx(0.0005, rel=0.05)  # half way up
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.00002
    _, constant = run(*separable)
    assert {epoch.learning_rate for epoch in constant} == {0.001}


def test_redelivery_is_drawn_anew_each_epoch_and_alike_by_the_seed(run, separable, monkeypatch):
    seen = []

    def noted(picture, chance):
        seen.append(int(chance.integers(2**62)))
        return picture

    monkeypatch.setattr(fitting, "redelivered", noted)
    half = PLAIN.model_copy(update={"redelivered": 0.5})
    run(*separable, augmentation=half)
    assert 40 < len(seen) < 88  # of 4 epochs of 32
    assert len(set(seen)) == len(seen)
    first, seen[:] = sorted(seen), []
    run(*separable, augmentation=half)
    assert sorted(seen) == first
    seen.clear()
    run(*separable, augmentation=half.model_copy(update={"redelivered": 0}))
    assert seen == []


def test_the_weights_kept_are_the_best_epochs(run, separable):
    pixels, labels = separable
    wild = PARAMS.model_copy(update={"learning_rate": 0.05, "epochs": 6})
    network, history = run(pixels, labels, wild)
    chosen = best(history)
    _, again = run(pixels, labels, wild.model_copy(update={"epochs": chosen.number}))
    assert chosen.val_loss == again[-1].val_loss
    kept, _ = run(pixels, labels, wild.model_copy(update={"epochs": chosen.number}))
    for a, b in zip(network.state_dict().values(), kept.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_training_stops_when_val_no_longer_improves(run, separable):
    pixels, labels = separable
    labels = labels.copy()
    labels[32:] = 1 - labels[32:]  # what is learnt on train is wrong on val
    patient = PARAMS.model_copy(update={"epochs": 50, "patience": 3})
    _, history = run(pixels, labels, patient)
    assert len(history) == best(history).number + 3 < 50


def test_a_diverged_run_is_one_sentence(run, separable):
    params = PARAMS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(UserError, match=r"the validation loss is nan .* lower the learning rate"):
        run(*separable, params=params)


def test_best_epoch_ignores_what_is_not_finite():
    def epoch(number, loss):
        return Epoch(number, 0, 0, loss, 0, 0)

    assert best([epoch(1, math.nan), epoch(2, 2.0), epoch(3, 1.0), epoch(4, 1.0)]).number == 3
