"""That `train` gives the networks the rows, the augmentation and the seed that it should.

What the network is given is written down, picture by picture: each has its own colour, and a mark
on one side that a flip moves to the other.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from built import STILL, fit_params
from real_or_ai.conventions import tables
from real_or_ai.conventions.sections import AugmentationParams, DecodeParams, FitParams
from real_or_ai.detector_file.description import Description
from real_or_ai.detector_file.session import Session
from real_or_ai.stages.train import __main__ as stage
from real_or_ai.stages.train import fitting
from real_or_ai.stages.train.balance import chances
from real_or_ai.stages.train.network import find
from real_or_ai.tensors.export import Scorer

SIDE = 32
SPLITS = np.array(["train", "val", "test", "train", "left_out", "external", "train", "val"] * 5)
N = len(SPLITS)
FIT = fit_params(learning_rate=0.002, batch_size=6, seeds=(3,))
FLIPPED = AugmentationParams(**STILL | {"operations": ("flip",)})
PLAIN = FLIPPED.model_copy(update={"operations": ("none",)})


@dataclass
class Seen:
    """What a network was given: (whether it was training, images [n, 3, H, W] in [-1, 1])."""

    batches: list[tuple[bool, Tensor]] = field(default_factory=list)
    first: dict[str, Tensor] = field(default_factory=dict)  # its weights before the first batch

    def rows(self, *, training: bool) -> list[int]:
        """The row of each picture, in order: its blue says it."""
        images = [batch for was, batch in self.batches if was == training]
        blue = torch.cat(images)[:, 2].mean(dim=(1, 2))
        return ((blue + 1) / 2 * 255 / 5).round().int().tolist()

    def sides(self, *, training: bool) -> set[str]:
        """Where the mark stood in all of them."""
        red = torch.cat([batch for was, batch in self.batches if was == training])[:, 0]
        left = red[:, :, : SIDE // 2].mean(dim=(1, 2)) > red[:, :, SIDE // 2 :].mean(dim=(1, 2))
        return {"left" if one else "right" for one in left}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen, forward = Seen(), fitting.forward

    def written_down(network: nn.Module, images: Tensor) -> Tensor:
        if not seen.batches:
            seen.first |= {name: one.clone() for name, one in network.state_dict().items()}
        seen.batches.append((network.training, images.clone()))
        return forward(network, images)

    monkeypatch.setattr(fitting, "forward", written_down)
    return seen


def planted(folder: Path) -> tuple[np.ndarray, pd.DataFrame]:
    """pixels.npy and split.csv: five rows of each kind, labels that change from row to row."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((N, SIDE, SIDE, 3), np.uint8)
    pixels[:, 4:28, 2:12, 0] = 250  # the mark, on the left
    pixels[..., 1] = np.random.default_rng(0).integers(0, 90, pixels.shape[:3])
    pixels[..., 2] = 5 * np.arange(N)[:, None, None]
    labels = np.where(np.arange(N) // 3 % 2, "ai", "real")
    pixels[labels == "ai", 10:20, 10:20, 1] += 120
    table = pd.DataFrame(
        {"picture": [f"{row}.png" for row in range(N)], "label": labels, "source": "web"}
    ).assign(group=[f"g{row}" for row in range(N)], split=SPLITS, view="original", drawn="")
    np.save(folder / "pixels.npy", pixels)
    tables.save(folder / "split.csv", tables.SplitRow, table)
    return pixels, table


def train(
    folder: Path,
    params: FitParams = FIT,
    augmentation: AugmentationParams = PLAIN,
    turns: tuple[tuple[str, ...], ...] = (),
) -> None:
    stage.run(
        "lenet5",
        folder / "pixels.npy",
        folder / "split.csv",
        folder / "lenet5.onnx",
        folder / "live",
        folder / "loss.csv",
        folder / "accuracy.csv",
        folder / "seeds.csv",
        folder / "turns.csv",
        folder / "checkpoints",
        params=find("lenet5").Hyperparameters(**params.model_dump()),
        augmentation=augmentation,
        decode=DecodeParams(size=SIDE, delivery=None),
        min_side=32,
        sources_out=turns,
    )


def test_the_file_is_of_half_precision_where_that_is_asked_for(tmp_path):
    planted(tmp_path)
    for half in (True, False):
        train(tmp_path, FIT.model_copy(update={"half": half}))
        kinds = {one.data_type for one in onnx.load(tmp_path / "lenet5.onnx").graph.initializer}
        assert (onnx.TensorProto.FLOAT16 in kinds) == half


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """What would be written as a detector file, training by training: that takes its time."""
    kept: list[SimpleNamespace] = []

    def keep(network: nn.Module, _: Path, description: Description, **others: object) -> None:
        kept.append(SimpleNamespace(network=network.eval(), about=description, **others))

    monkeypatch.setattr(stage, "export", keep)
    return kept


def losses(logits: np.ndarray, labels: pd.Series) -> np.ndarray:
    """Cross entropy of log odds."""
    return np.logaddexp(0, np.where(labels == "ai", -logits, logits))


def test_train_teaches_val_is_looked_at_and_nothing_else_is_opened(tmp_path, seen):
    pixels, table = planted(tmp_path)
    train(tmp_path, FIT.model_copy(update={"epochs": 2}), FLIPPED)
    rows = {name: table.index[table["split"] == name].tolist() for name in ("train", "val")}
    trained = seen.rows(training=True)
    first, second = trained[: len(rows["train"])], trained[len(rows["train"]) :]
    assert sorted(first) == sorted(second) == rows["train"]
    assert first != second  # shuffled, anew each epoch
    assert first != rows["train"]
    assert seen.rows(training=False) == rows["val"] * 2
    # What teaches is augmented, what is measured is as it is.
    assert seen.sides(training=True) == {"right"}
    assert seen.sides(training=False) == {"left"}
    # The curves are of what was written down at the end of each epoch.
    curves = pd.read_csv(tmp_path / "loss.csv")
    best = json.loads((tmp_path / "live/metrics.json").read_text(encoding="utf-8"))["best"]
    kept = curves.set_index("epoch")["val"]
    assert best["epoch"] == kept.idxmin()
    detector = Session(tmp_path / "lenet5.onnx")
    val = table.loc[rows["val"]]
    logits = detector.logits(pixels, val.index.to_numpy())
    assert losses(logits, val["label"]).mean() == pytest.approx(kept.min(), abs=1e-5)
    accuracy = pd.read_csv(tmp_path / "accuracy.csv").set_index("epoch")["val"]
    right = (logits > 0) == (val["label"] == "ai")
    assert right.mean() == pytest.approx(accuracy[best["epoch"]])


def test_nothing_but_train_changes_what_is_learnt(tmp_path, exported):
    """Of one epoch val chooses nothing: other pictures and labels there teach nothing."""
    kept = {}
    for name in ("as it is", "val", "test", "external", "left_out", "train"):
        folder = tmp_path / name
        pixels, table = planted(folder)
        other = table["split"] == name
        pixels[other] = 255 - pixels[other]
        table.loc[other, "label"] = table.loc[other, "label"].map({"real": "ai", "ai": "real"})
        np.save(folder / "pixels.npy", pixels)
        tables.save(folder / "split.csv", tables.SplitRow, table)
        train(folder)
        kept[name] = exported[-1].network.fc7.weight.tolist()
    taught = {name for name, weights in kept.items() if weights != kept["as it is"]}
    assert taught == {"train"}


def test_a_step_follows_the_gradient_of_its_own_batch_alone(tmp_path, seen, exported):
    """Adam once more by hand, over the batches that were seen."""
    _, table = planted(tmp_path)
    train(tmp_path)
    torch.manual_seed(FIT.seeds[0])
    network, _ = find("lenet5").build(find("lenet5").Hyperparameters(**FIT.model_dump()))
    assert all(torch.equal(one, seen.first[name]) for name, one in network.state_dict().items())
    optimizer = torch.optim.Adam(network.parameters(), FIT.learning_rate)
    labels = torch.tensor((table["label"] == "ai").to_numpy().astype(int))
    rows = iter(seen.rows(training=True))
    sums = np.zeros(2)
    for training, images in seen.batches:
        if training:
            targets = labels[[next(rows) for _ in images]]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(images), targets)
            loss.backward()
            optimizer.step()
            sums += len(images) * loss.item(), len(images)
    curves = pd.read_csv(tmp_path / "loss.csv")
    assert curves["train"].tolist() == pytest.approx([sums[0] / sums[1]], rel=1e-4)
    # Not of biases before batch norm, whose gradients are nothing but rounding.
    for name in ("c1.0.weight", "fc5.0.weight", "fc7.weight"):
        ours, theirs = network.state_dict()[name], exported[-1].network.state_dict()[name]
        assert torch.allclose(ours, theirs, atol=1e-4), name


def test_weights_and_order_follow_the_seed(tmp_path, seen, exported):
    planted(tmp_path)
    found = []
    for seed in (3, 4, 3):
        seen.batches.clear()
        train(tmp_path, FIT.model_copy(update={"seeds": (seed,)}))
        found.append((seen.first["fc7.weight"].tolist(), seen.rows(training=True)))
    assert len(exported) == 3
    assert found[0] == found[2]
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]


def test_where_sources_are_balanced_they_are_drawn_as_often_as_they_should_be(tmp_path, seen):
    """Web has both classes, albums are real and press is AI: half of all are web's."""
    _, table = planted(tmp_path)
    table["source"] = np.where(
        np.arange(N) < 8, "web", np.where(table["label"] == "ai", "press", "albums")
    )
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    train(tmp_path, FIT.model_copy(update={"epochs": 60, "balance": "sources"}))
    drawn = seen.rows(training=True)
    own = table["split"] == "train"
    assert set(drawn) <= set(np.flatnonzero(own))
    assert len(drawn) == 60 * own.sum()
    shares = table.loc[drawn].groupby(["source", "label"]).size() / len(drawn)
    expected = {
        ("web", "real"): 0.25,
        ("web", "ai"): 0.25,
        ("press", "ai"): 0.25,
        ("albums", "real"): 0.25,
    }
    assert shares.to_dict() == pytest.approx(expected, abs=0.04)
    plain = table[own].groupby(["source", "label"]).size() / own.sum()
    assert max(abs(plain[key] - share) for key, share in expected.items()) > 0.1


def test_chances_are_equal_among_sources_of_a_kind_and_class():
    rows = pd.DataFrame(
        [("a", "ai")] * 6 + [("b", "ai")] * 2 + [("c", "real")] * 3, columns=["source", "label"]
    ).assign(picture=range(11))
    assert chances(rows) == pytest.approx([1 / 24] * 6 + [1 / 8] * 2 + [1 / 6] * 3)
    both = pd.concat(
        [rows, rows[-3:].assign(label="ai"), rows[:6].assign(source="b", label="real")]
    )
    assert chances(both).sum() == pytest.approx(1)
    of = both.assign(chance=chances(both)).groupby(["source", "label"])["chance"].sum()
    assert of.to_dict() == pytest.approx(
        {
            ("a", "ai"): 0.5,
            **dict.fromkeys([("b", "ai"), ("b", "real"), ("c", "ai"), ("c", "real")], 0.125),
        }
    )


def test_a_turn_is_a_training_without_its_sources(tmp_path, seen, exported):
    pixels, table = planted(tmp_path)
    table.loc[20:, "source"] = "albums"
    table.loc[5, "group"] = table.loc[24, "group"]  # train's, beside one of the albums
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    train(tmp_path, FIT.model_copy(update={"seeds": (3, 4)}), turns=(("albums",),))
    asked = table["split"].isin(["train", "val"]) & (table["source"] == "albums")
    found = tables.read(tmp_path / "turns.csv")
    assert found["picture"].tolist() == table.loc[asked, "picture"].tolist()
    assert set(found["source"]) == {"albums"}

    table.loc[asked | (table["group"] == "g24"), "split"] = "left_out"
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    seen.batches.clear()
    train(tmp_path)
    assert set(seen.rows(training=True)) == set(range(20)) & set(
        np.flatnonzero(SPLITS == "train")
    ) - {5}
    scorer = Scorer(exported[-1].network.eval(), SIDE)
    expected = scorer(torch.from_numpy(pixels[asked]))[1].detach().numpy()
    assert found["logit"].to_numpy() == pytest.approx(expected, abs=1e-5)
    assert np.ptp(expected) > 0


def test_val_chooses_which_seed_is_shipped_and_all_are_written_down(tmp_path, seen, exported):
    pixels, table = planted(tmp_path)
    table = table.sample(frac=1, random_state=1)  # held-out rows stand apart
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    alone = {}
    for number in (5, 6, 7):
        train(tmp_path, FIT.model_copy(update={"seeds": (number,)}))
        loss = pd.read_csv(tmp_path / "loss.csv")["val"].min()
        alone[number] = (loss, pd.read_csv(tmp_path / "seeds.csv"), exported[-1].network)
        orders = seen.rows(training=True)
    assert (
        len(
            {
                tuple(orders[i : i + len(orders) // 3])
                for i in range(0, len(orders), len(orders) // 3)
            }
        )
        == 3
    )
    best = min(alone, key=lambda number: alone[number][0])
    for order in ((5, 6, 7), (7, 6, 5)):
        train(tmp_path, FIT.model_copy(update={"seeds": order}))
        assert exported[-1].about.params["seed"] == best
        for name, weights in exported[-1].network.state_dict().items():
            assert torch.equal(weights, alone[best][2].state_dict()[name])
        metrics = json.loads((tmp_path / "live/metrics.json").read_text(encoding="utf-8"))
        assert metrics["best"]["seed"] == best
        assert metrics["best"]["loss"] == pytest.approx(alone[best][0])
        together = pd.read_csv(tmp_path / "seeds.csv")
        assert together.columns.tolist() == ["picture", "split", *(f"seed_{one}" for one in order)]
        for number in order:
            assert together[f"seed_{number}"].equals(alone[number][1][f"seed_{number}"])
    held_out = table["split"].isin(["val", "test", "external"])
    assert together[["picture", "split"]].equals(
        table.loc[held_out, ["picture", "split"]].reset_index(drop=True)
    )
    scorer = Scorer(exported[-1].network.eval(), SIDE)
    rows = torch.from_numpy(pixels[np.flatnonzero(held_out)])
    logits = scorer(rows)[1].detach().numpy()
    assert together[f"seed_{best}"].to_numpy() == pytest.approx(logits, abs=1e-5)
    assert not (tmp_path / "checkpoints").exists()


def test_a_description_tells_other_splits_apart(tmp_path, exported):
    _, table = planted(tmp_path)
    train(tmp_path)
    table.loc[0, "split"] = "val"
    tables.save(tmp_path / "split.csv", tables.SplitRow, table)
    train(tmp_path)
    first, second = (one.about.data for one in exported)
    assert first != second


def test_the_file_is_compared_with_the_network_on_val(tmp_path, exported):
    pixels, table = planted(tmp_path)
    train(tmp_path)
    examples = exported[0].examples
    val = pixels[table["split"] == "val"]
    assert all((val == one).all(axis=(1, 2, 3)).any() for one in examples)
    assert len(examples) > 1
