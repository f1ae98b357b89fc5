"""Pictures that tests draw for themselves, and one small run of all stages that many tests read."""

import io
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from real_or_ai.conventions.params import load, read
from real_or_ai.experiments import doctor
from real_or_ai.networks import AugmentationParams
from real_or_ai.stages.prepare import PrepareParams
from real_or_ai.stages.sample import scenes

ROOT = Path(__file__).parents[1]

# A shell that starts the tests in the background makes them, and all they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def values() -> dict:
    """The repository's params.yaml."""
    return read(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def prepare_params(values: dict) -> PrepareParams:
    return load(PrepareParams, "prepare", values)


@pytest.fixture(scope="session")
def strengths(values: dict) -> AugmentationParams:
    """What the report's copies are drawn with."""
    return load(AugmentationParams, "train.augmentation", values)


@pytest.fixture(scope="session")
def draw_scene() -> Callable[..., Image.Image]:
    """A scene of discs and polygons: draw_scene(seed, label="real", size=(w, h))."""

    def draw(seed: int, label: str = "real", size: tuple[int, int] = (240, 200)) -> Image.Image:
        return scenes.draw(label, "nearest", np.random.default_rng(seed), size)

    return draw


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class RawFolder:
    """A raw folder under construction."""

    path: Path

    def add(self, name: str, image: Image.Image | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image if isinstance(image, bytes) else encoded(image))
        return path


@pytest.fixture
def raw(tmp_path: Path) -> RawFolder:
    return RawFolder(tmp_path / "raw")


@pytest.fixture
def no_overrides(tmp_path: Path) -> Path:
    path = tmp_path / "overrides.csv"
    path.write_text("raw,action\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class SmallRun:
    """All stages, run once on 48 drawn pictures with tiny networks."""

    folder: Path
    values: dict

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


SMALL = {
    "sample.pictures": "48",
    "split.test": "5",
    "decode.size": "48",
    "decode.delivery": "{short_side: 64, jpeg_quality: 85}",
    "audit.folds": "3",
    "train.lenet5.epochs": "2",
    "train.cnn.size": "16",
    "train.cnn.epochs": "1",
    "features.size": "32",
    "fit_svm.C": "[1.0, 1.7]",
    "fit_svm.gamma": "[0.001953125]",
    "fit_svm.folds": "3",
    "calibrate.alpha": "0.25",
    "robustness.pictures": "null",
}


@pytest.fixture(scope="session")
def small(values: dict, tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    from real_or_ai.experiments.running import changed
    from real_or_ai.stages.audit import __main__ as audit
    from real_or_ai.stages.calibrate import __main__ as calibrate
    from real_or_ai.stages.compare import __main__ as compare
    from real_or_ai.stages.decode import __main__ as decode
    from real_or_ai.stages.evaluate import __main__ as evaluate
    from real_or_ai.stages.features import __main__ as features
    from real_or_ai.stages.fit_svm import __main__ as fit_svm
    from real_or_ai.stages.prepare import __main__ as prepare
    from real_or_ai.stages.release import __main__ as release
    from real_or_ai.stages.robustness import __main__ as robustness
    from real_or_ai.stages.sample import __main__ as sample_stage
    from real_or_ai.stages.sheets import __main__ as sheets
    from real_or_ai.stages.split import __main__ as split
    from real_or_ai.stages.train import __main__ as train

    values = changed(values, SMALL)
    folder = tmp_path_factory.mktemp("small")
    kinds = doctor.SECTIONS
    section = {name: load(kind, name, values) for name, kind in kinds.items()}
    at = folder.__truediv__
    overrides = at("overrides.csv")
    overrides.write_text("raw,action\nweb/real/real_000.jpg,exclude\n", encoding="utf-8")

    sample_stage.run(at("raw"), section["sample"])
    prepare.run(
        at("raw"),
        overrides,
        at("prepared"),
        at("metrics/prepare.json"),
        params=section["prepare"],
        strengths=section["train"].augmentation,
    )
    split.run(at("prepared"), at("split.csv"), at("metrics/data.json"), section["split"], "grouped")
    decode.run(at("prepared"), at("pixels.npy"), section["decode"])
    data = (at("pixels.npy"), at("split.csv"))
    audit.run(
        at("prepared"),
        *data,
        at("metrics/audit.json"),
        at("plots/audit"),
        params=section["audit"],
        decode=section["decode"],
    )
    sheets.run(*data, at("plots/sheets"), section["train"].augmentation)
    for name in train.NETWORKS:
        train.run(
            name,
            *data,
            at(f"models/uncalibrated/{name}.onnx"),
            at(f"metrics/train/{name}"),
            at(f".checkpoints/{name}.pt"),
            params=getattr(section["train"], name),
            augmentation=section["train"].augmentation,
            decode=section["decode"],
        )
    features.run(at("pixels.npy"), at("features.npz"), section["features"])
    fit_svm.run(
        at("features.npz"),
        *data,
        at("models/uncalibrated/svm.onnx"),
        at("metrics/fit_svm.json"),
        at("plots/fit_svm"),
        params=section["fit_svm"],
        features_params=section["features"],
        decode=section["decode"],
        protocol="grouped",
    )
    for name in (*train.NETWORKS, "svm"):
        detector = at(f"models/{name}.onnx")
        calibrate.run(
            at(f"models/uncalibrated/{name}.onnx"),
            *data,
            detector,
            at(f"metrics/calibrate/{name}.json"),
            params=section["calibrate"],
        )
        evaluate.run(
            detector,
            *data,
            at("prepared/manifest.csv"),
            at(f"metrics/{name}.json"),
            at(f"plots/{name}"),
            at(f"predictions/{name}.csv"),
            params=section["evaluate"],
        )
    robustness.run(
        at("models"),
        at("prepared"),
        at("split.csv"),
        at("metrics/robustness.json"),
        at("plots/robustness"),
        params=section["robustness"],
    )
    compare.run(
        at("predictions"),
        at("metrics"),
        at("plots"),
        at("metrics/comparison.json"),
        at("plots/comparison"),
        at("metrics/report.md"),
        at("metrics/cards"),
        params=section["compare"],
        raw="raw",
    )
    for name in (*train.NETWORKS, "svm"):
        release.run(
            at(f"models/{name}.onnx"),
            at(f"metrics/cards/{name}.json"),
            at(f"detectors/{name}.onnx"),
        )
    return SmallRun(folder, values)
