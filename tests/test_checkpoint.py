import resource
import signal

import numpy as np
import pytest
import torch
from torch import nn

import toy_detector
from built import REPORTS, fit_params
from real_or_ai.conventions.sections import AugmentationParams
from real_or_ai.stages.train import checkpoint
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint, Interrupt, loaded_code
from real_or_ai.stages.train.fitting import fit

KEY = {"parameters": "a", "code": "b", "data": "c"}


class Counter:
    """A training whose state is one number."""

    def __init__(self, number: int, nbytes: int = 8) -> None:
        self.number = torch.tensor(number)
        self.nbytes = nbytes

    def state_dict(self):
        return {"number": self.number}

    def load_state_dict(self, state):
        self.number = state["number"]


def restored(path, key=KEY) -> int:
    counter = Counter(0)
    Checkpoint(path, key).restore(counter)
    return int(counter.number)


def test_what_was_saved_is_restored_and_removed(tmp_path, capsys):
    path = tmp_path / "deep" / "network.pt"
    kept = Checkpoint(path, KEY)
    kept.save(Counter(7))
    assert restored(path) == 7
    assert capsys.readouterr().out == f"{path}: goes on from there\n"
    kept.remove()
    kept.remove()
    assert restored(path) == 0
    assert capsys.readouterr().out == ""
    assert not list(path.parent.iterdir())


def test_a_stale_one_is_ignored_and_said_of_what(tmp_path, capsys):
    path = tmp_path / "network.pt"
    Checkpoint(path, KEY).save(Counter(7))
    assert restored(path, KEY | {"code": "x", "data": "y"}) == 0
    assert capsys.readouterr().out == f"{path}: ignored, as it is stale: of other code, data\n"


@pytest.mark.parametrize("damage", ["cut", "empty", "zeros", "pickle", "no key"])
def test_a_torn_one_is_ignored_and_said_so(tmp_path, capsys, damage):
    path = tmp_path / "network.pt"
    Checkpoint(path, KEY).save(Counter(7))
    if damage == "no key":
        torch.save({"state": {}}, path)
    elif damage == "pickle":  # code that would run if it were unpickled
        torch.save(Counter(1), path)
    else:
        data = path.read_bytes()
        path.write_bytes({"cut": data[:-9], "empty": b"", "zeros": bytes(len(data))}[damage])
    assert restored(path) == 0
    assert f"{path}: ignored, as it is torn (" in capsys.readouterr().out


def test_writing_takes_no_more_than_its_share_of_the_time(tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: clock[0])
    path, saved = tmp_path / "network.pt", []

    class Slow(Counter):
        def state_dict(self):
            clock[0] += 3
            saved.append(clock[0])
            return super().state_dict()

    kept, training = Checkpoint(path, KEY), Slow(1, nbytes=int(checkpoint.BYTES_PER_SECOND))
    for _ in range(1000):
        clock[0] += 1  # an epoch
        kept.save_if_due(training)
    assert saved[0] == pytest.approx(1000 + 1 / checkpoint.SHARE + 3, abs=1)
    assert np.diff(saved).min() >= 3 / checkpoint.SHARE
    assert len(saved) * 3 <= checkpoint.SHARE * (clock[0] - 1000) + 3


def test_without_room_it_is_not_written_and_training_goes_on(tmp_path, capsys):
    path = tmp_path / "network.pt"
    kept = Checkpoint(path, KEY)
    kept.save(Counter(7))
    large = Counter(1)
    large.number = torch.zeros(100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        kept.save(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = capsys.readouterr().out
    assert said == (
        f"{path}: no room to write it (File too large); free some space and run again; "
        "the training goes on, but without this checkpoint\n"
    )
    assert list(tmp_path.iterdir()) == [path]
    assert restored(path) == 7


def test_a_training_that_goes_on_ends_with_the_same_weights(tmp_path, monkeypatch):
    """Of order, augmentation, dropout, batch norm, Adam's moments and the best weights."""
    monkeypatch.setattr(checkpoint, "SHARE", float("inf"))  # after every epoch
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (24, 20, 20, 3), dtype=np.uint8)
    augmentation = AugmentationParams(**REPORTS)

    def train(epochs: int, path) -> tuple[dict[str, torch.Tensor], list]:
        torch.manual_seed(3)
        network = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=4),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(64, 2),
        )
        history = fit(
            network,
            Batches(pixels, np.arange(24) % 2, torch.device("cpu")),
            train=np.arange(16),
            val=np.arange(16, 24),
            size=16,
            params=fit_params(learning_rate=0.01, epochs=epochs),
            seed=1,
            augmentation=augmentation,
            device=torch.device("cpu"),
            checkpoint=Checkpoint(path, KEY),
        )
        return network.state_dict(), history

    whole, history = train(5, tmp_path / "whole.pt")
    train(2, tmp_path / "parts.pt")
    train(3, tmp_path / "parts.pt")
    parts, again = train(5, tmp_path / "parts.pt")
    assert again == history
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_ctrl_c_waits_for_an_epoch_that_is_about_to_end():
    with Interrupt() as interrupt:
        interrupt.epoch_ends_in(checkpoint.GRACE / 2)
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):  # the second does not wait
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_stops_a_long_epoch_at_once():
    with Interrupt() as interrupt:
        interrupt.epoch_ends_in(checkpoint.GRACE * 2)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_codes_digest_is_that_of_what_is_loaded(monkeypatch, tmp_path):
    before = loaded_code()
    assert before == loaded_code()
    changed = tmp_path / "checkpoint.py"
    changed.write_text("# changed", encoding="utf-8")
    monkeypatch.setattr(checkpoint.__spec__, "origin", str(changed))
    assert loaded_code() != before


def test_the_key_holds_what_the_trained_bytes_depend_on():
    first = toy_detector.describe(params={"train": {"epochs": 3}}, data="of these pictures")
    key = checkpoint.key_of(first, torch.device("cpu"))
    assert key["code"] == loaded_code()
    assert key["data"] == "of these pictures"
    assert torch.__version__ in key["machine"]
    changes = {"data": {"data": "of others"}, "parameters": {"params": {"train": {"epochs": 4}}}}
    for name, change in changes.items():
        other = checkpoint.key_of(first.model_copy(update=change), torch.device("cpu"))
        assert {one for one in key if key[one] != other[one]} == {name}
