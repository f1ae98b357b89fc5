import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.conventions.labels import UNCHANGED
from real_or_ai.conventions.sections import Delivery
from real_or_ai.detector_file.description import Description
from real_or_ai.registry import TITLES
from real_or_ai.stages.robustness import perturbations
from real_or_ai.stages.robustness import under_change as stage
from real_or_ai.stages.robustness.perturbations import CORNERS, PERTURBATIONS

RESIZED = {"crop 0.8", "screenshot"}  # and `social`, if the picture is larger than 1080 px


@pytest.fixture(scope="module")
def scene(draw_scene) -> Image.Image:
    return draw_scene(3)


@pytest.fixture(scope="module")
def results(scene) -> dict[str, Image.Image]:
    return dict(perturbations.perturbed(scene, "a.png", seed=1))


def loss(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


def test_none_is_the_identity_and_nothing_else_is(scene, results):
    assert list(results) == list(PERTURBATIONS)
    same = [name for name, image in results.items() if image.tobytes() == scene.tobytes()]
    assert same == [UNCHANGED]


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_gives_rgb_of_the_same_size_twice_alike(name, scene, results):
    image = results[name]
    assert image.mode == "RGB"
    assert (image.size == scene.size) == (name not in RESIZED)
    again = dict(perturbations.perturbed(scene, "a.png", seed=1))[name]
    assert again.tobytes() == image.tobytes()


def test_perturbing_leaves_the_picture_alone(scene):
    before = scene.tobytes()
    for _ in perturbations.perturbed(scene, "a.png", seed=1):
        assert scene.tobytes() == before


@pytest.mark.parametrize("family", {one.family for one in PERTURBATIONS.values()} - {None})
def test_a_family_loses_more_with_each_step(family, scene, results):
    losses = [
        loss(scene, results[name]) for name, one in PERTURBATIONS.items() if one.family == family
    ]
    assert len(losses) > 1
    assert losses == sorted(losses)
    assert losses[0] < losses[-1] / 1.3


@pytest.mark.parametrize("sigma", [0.02, 0.05])
def test_noise_has_its_sigma(sigma):
    gray = Image.new("RGB", (300, 200), (128, 128, 128))
    noisy = perturbations.noisy(gray, np.random.default_rng(0), sigma)
    noise = np.asarray(noisy, float) / 255 - 128 / 255
    assert noise.std() == pytest.approx(sigma, rel=0.02)  # rounding adds 1/12 of a grey level
    assert abs(noise.mean()) < 0.001
    rows = noise[:-1].ravel(), noise[1:].ravel()
    assert abs(np.corrcoef(*rows)[0, 1]) < 0.02


def test_noise_does_not_wrap_around():
    for level in (0, 255):
        noisy = perturbations.noisy(Image.new("RGB", (64, 64), (level,) * 3), chance(), 0.05)
        assert np.abs(np.asarray(noisy, int) - level).max() < 90


def chance() -> np.random.Generator:
    return np.random.default_rng(0)


def test_noise_is_the_pictures_own(scene, results):
    def noise_of(name: str, seed: int) -> bytes:
        return dict(perturbations.perturbed(scene, name, seed))["noise 0.02"].tobytes()

    assert noise_of("a.png", 1) == results["noise 0.02"].tobytes()
    assert noise_of("b.png", 1) != noise_of("a.png", 1) != noise_of("a.png", 2)
    assert noise_of("\udcff.png", 1)  # a name that is not UTF-8


def test_a_crop_keeps_its_share_of_the_centre():
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (30, 15, 370, 185))
    cropped = perturbations.cropped(image, 0.8)
    assert cropped.width * cropped.height == pytest.approx(0.8 * 400 * 200, rel=0.01)
    assert cropped.width / cropped.height == pytest.approx(2, rel=0.01)
    red = np.asarray(cropped)[..., 0] == 255
    assert red[:, 0].all()
    assert red.sum(axis=1).min() == (30 - (400 - cropped.width) // 2) * 2


def test_a_blur_takes_as_much_from_a_large_copy(draw_scene):
    small = draw_scene(5, size=(256, 256))
    large = small.resize((512, 512), Image.Resampling.BICUBIC)
    shrunk = perturbations.blurred(large, 4).resize((256, 256), Image.Resampling.BOX)
    assert loss(shrunk, perturbations.blurred(small, 4)) < loss(small, shrunk) / 4


def test_a_network_shrinks_what_is_large_and_keeps_its_shape():
    shared = perturbations.shared_twice(Image.new("RGB", (2160, 1000), "white"))
    assert shared.size == (1080, 500)


def test_a_screenshot_bends_tones_by_its_gamma():
    shown = perturbations.screenshot(Image.new("RGB", (100, 50), (128, 128, 128)))
    assert shown.size == (80, 40)
    assert np.asarray(shown).mean() == pytest.approx(255 * (128 / 255) ** 1.05, abs=1)


@pytest.mark.parametrize("size", [(17_000, 1), (1, 17_000), (1, 1), (8, 9)])
def test_any_shape_is_borne(size):
    for name, image in perturbations.perturbed(Image.new("RGB", size), "a.png", 1):
        assert min(image.size) >= 1, name


def test_a_hidden_corner_is_its_corner_only():
    pixels = np.random.default_rng(0).integers(0, 200, (64, 64, 3), dtype=np.uint8)
    pixels[-16:, -16:] = 255
    hidden = perturbations.occluded(pixels)
    assert tuple(hidden) == CORNERS
    where = {
        "hide top left": (slice(16), slice(16)),
        "hide top right": (slice(16), slice(48, 64)),
        "hide bottom left": (slice(48, 64), slice(16)),
        "hide bottom right": (slice(48, 64), slice(48, 64)),
    }
    mean = np.rint(pixels.mean(axis=(0, 1)))
    for corner, place in where.items():
        assert (hidden[corner][place] == mean).all()
        rest = np.ones((64, 64), bool)
        rest[place] = False
        assert (hidden[corner][rest] == pixels[rest]).all()


class BottomRight:
    """A detector that takes a light bottom right corner for a credential, and reads no more."""

    description = Description(
        model="stub", drawn=False, size=64, input_size=64, params={}, data="",
        delivery=Delivery(short_side=64, jpeg_quality=85),
    )  # fmt: skip

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        return pixels[:, -12:, -12:].mean(axis=(1, 2, 3)) / 16 - 10


@pytest.fixture(scope="module")
def exposed(tmp_path_factory, draw_scene) -> tuple[pd.DataFrame, dict]:
    """24 scenes, the ai ones with a light corner, and what is measured of the stub on them."""
    folder = tmp_path_factory.mktemp("prepared")
    rows = []
    for number in range(24):
        label = "ai" if number % 2 else "real"
        image = draw_scene(number, size=(64, 64))
        image.paste("white" if label == "ai" else "black", (48, 48, 64, 64))
        (folder / f"{number:02}.png").write_bytes(encoded(image))
        rows.append({"picture": f"{number:02}.png", "label": label, "group": f"g{number // 4}"})
    table = pd.DataFrame(rows)
    (logits,) = stage.all_logits(list(table["picture"]), folder, {"stub": BottomRight()}, 1)
    assert logits.shape == (24, len(stage.VARIANTS))
    return table, stage.measured(table, logits, 0.5, seed=1)


def test_a_detector_that_reads_the_corner_is_exposed(exposed):
    _, found = exposed
    assert found[UNCHANGED]["roc_auc"] == found[UNCHANGED]["balanced_accuracy"] == 1
    for corner in CORNERS:
        numbers = found[corner]
        assert numbers["n"] == 24
        for metric in ("share_other_call", "score_change", "roc_auc_change"):
            assert numbers[f"{metric}_low"] <= numbers[metric] <= numbers[f"{metric}_high"]
        if corner == "hide bottom right":
            assert numbers["share_other_call"] == pytest.approx(0.5, abs=0.2)
            assert numbers["score_change"] > 0.3
            assert numbers["roc_auc_change_high"] < 0
        else:
            assert numbers["share_other_call"] == numbers["score_change"] == 0
            assert numbers["roc_auc_change"] == 0


def test_calls_are_the_detectors_own(exposed):
    table, _ = exposed
    logits = np.tile(np.where(table["label"] == "ai", 1.0, -1.0)[:, None], len(stage.VARIANTS))
    assert stage.measured(table, logits, 0.5, 1)[UNCHANGED]["balanced_accuracy"] == 1
    assert stage.measured(table, logits, 0.9, 1)[UNCHANGED]["balanced_accuracy"] == 0.5


def test_a_subset_is_evenly_spaced_over_the_classes():
    rows = pd.DataFrame(
        {"picture": [f"{n:03}" for n in range(90)], "label": ["ai", "real", "real"] * 30}
    )
    chosen = stage.subset(rows, 12)
    assert len(chosen) == chosen["picture"].nunique() == 12
    assert (chosen["label"] == "ai").sum() == 4
    shuffled = rows.sample(frac=1, random_state=0)
    assert list(stage.subset(shuffled, 12)["picture"]) == list(chosen["picture"])
    assert stage.subset(rows, None) is stage.subset(rows, 90) is rows


def test_the_stage_measures_every_model_split_and_variant(small):
    found = json.loads((small / "metrics/robustness.json").read_text(encoding="utf-8"))
    assert list(found) == list(TITLES)
    for name, splits in found.items():
        evaluated = json.loads(
            (small / f"metrics/evaluate/{name}.json").read_text(encoding="utf-8")
        )
        assert list(splits) == ["test", "external"]
        for split, variants in splits.items():
            assert list(variants) == [*PERTURBATIONS, *CORNERS]
            for variant, numbers in variants.items():
                for metric in ("roc_auc", "balanced_accuracy"):
                    low, high = numbers[f"{metric}_low"], numbers[f"{metric}_high"]
                    assert 0 <= low <= high <= 1, (variant, metric)
            # Unchanged pictures come by another road to what evaluate read from pixels.npy.
            for metric in ("n", "roc_auc", "balanced_accuracy"):
                assert variants[UNCHANGED][metric] == pytest.approx(evaluated[split][metric])


def test_the_plots_are_there_with_their_numbers(small):
    for name in ("heat_map.png", "corners.png", "strength.png"):
        with Image.open(small / "plots/robustness" / name) as plot:
            assert plot.width > 500
            assert not plot.text  # nothing of the machine
    table = pd.read_csv(small / "plots/robustness/robustness.csv")
    assert len(table) == 3 * 2 * len(stage.VARIANTS)
