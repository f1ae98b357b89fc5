"""Pictures that tests draw for themselves, and one small run of all stages that many tests read."""

import io
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from dvc.utils.hydra import apply_overrides
from PIL import Image

from real_or_ai.conventions.params import load, read
from real_or_ai.conventions.sections import EMBEDDED, AugmentationParams
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.stages.prepare import PrepareParams
from real_or_ai.stages.sample import scenes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]

# A shell that starts the tests in the background makes them, and all they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


# What a run of one's own pictures leaves in params.yaml, as it is with the embedded data.
EMBEDDED_DATA = {
    "prepare.raw": EMBEDDED,
    "prepare.overrides": "data/overrides.csv",
    "split.test": "30",
    "split.external": "[elsewhere]",
}


def write_params(folder: Path) -> None:
    """Writes the repository's params.yaml, of the embedded data whatever is in use there."""
    path = folder / "params.yaml"
    shutil.copyfile(ROOT / "params.yaml", path)
    apply_overrides(path, [f"{key}={value}" for key, value in EMBEDDED_DATA.items()])


@pytest.fixture(scope="session")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The repository's parameters with the embedded data."""
    folder = tmp_path_factory.mktemp("values")
    write_params(folder)
    return read(folder / "params.yaml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the embedded data's params.yaml, dvc.yaml, experiments and no overrides."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    shutil.copy(ROOT / "dvc.yaml", folder)
    write_params(folder)
    (folder / "data").mkdir()
    (folder / "data/overrides.csv").write_text("raw,action\n", encoding="utf-8")
    return folder


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
def base(raw: RawFolder, draw_scene: Callable[..., Image.Image]) -> RawFolder:
    """A raw folder with one sound picture of each class."""
    raw.add("web/real/sound.png", draw_scene(1))
    raw.add("web/ai/sound.png", draw_scene(2, "ai"))
    return raw


@pytest.fixture
def no_overrides(tmp_path: Path) -> Path:
    path = tmp_path / "overrides.csv"
    path.write_text("raw,action\n", encoding="utf-8")
    return path


def keep_figures(patch: pytest.MonkeyPatch) -> dict[str, "Figure"]:
    """What Matplotlib draws from now on, by the file's name; the files stay empty."""
    from matplotlib.figure import Figure  # takes its time, and few tests need it

    drawn: dict[str, Figure] = {}

    def keep(figure: Figure, path: Path, **_: object) -> None:
        *name, _, _ = path.name.lstrip(".").split(".")  # .<name>.<process>.writing
        drawn[".".join(name)] = figure
        path.touch()

    patch.setattr(Figure, "savefig", keep)
    return drawn


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, "Figure"]:
    """What Matplotlib draws while the test runs, by the file's name."""
    return keep_figures(monkeypatch)


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
    from real_or_ai.experiments.set_params import changed
    from real_or_ai.registry import DETECTORS, NETWORKS
    from real_or_ai.stages.evaluate.plots import Folders

    def stage(name: str) -> ModuleType:
        return import_module(f"real_or_ai.stages.{name}.__main__")

    values = changed(values, SMALL)
    folder = tmp_path_factory.mktemp("small")
    params = Parameters.of(values)
    at = folder.__truediv__
    overrides = at("overrides.csv")
    overrides.write_text("raw,action\nweb/real/real_000.jpg,exclude\n", encoding="utf-8")

    stage("sample").run(at("raw"), params.sample)
    stage("prepare").run(
        at("raw"),
        overrides,
        at("prepared"),
        at("metrics/prepare.json"),
        params=params.prepare,
        strengths=params.train.augmentation,
    )
    stage("split").run(
        at("prepared"), at("split.csv"), at("metrics/data.json"), params.split, "grouped"
    )
    stage("decode").run(at("prepared"), at("pixels.npy"), params.decode)
    data = (at("pixels.npy"), at("split.csv"))
    stage("audit").run(
        at("prepared"),
        *data,
        at("metrics/audit.json"),
        at("plots/audit"),
        params=params.audit,
        decode=params.decode,
    )
    stage("sheets").run(*data, at("plots/sheets"), params.train.augmentation)
    for name in NETWORKS:
        stage("train").run(
            name,
            *data,
            at(f"models/uncalibrated/{name}.onnx"),
            at(f"metrics/train/{name}"),
            at(f"plots/loss/{name}.csv"),
            at(f"plots/accuracy/{name}.csv"),
            at(f"models/seeds/{name}.csv"),
            at(f"models/turns/{name}.csv"),
            at(f".checkpoints/{name}"),
            params=getattr(params.train, name),
            augmentation=params.train.augmentation,
            decode=params.decode,
            min_side=params.prepare.min_side,
            sources_out=(),
        )
    stage("features").run(at("pixels.npy"), at("features.npz"), params.features)
    stage("fit_svm").run(
        at("features.npz"),
        *data,
        at("models/uncalibrated/svm.onnx"),
        at("metrics/fit_svm.json"),
        at("plots/fit_svm"),
        at("models/turns/svm.csv"),
        params=params.fit_svm,
        features_params=params.features,
        decode=params.decode,
        min_side=params.prepare.min_side,
        protocol="grouped",
        sources_out=(),
    )
    for name in DETECTORS:
        detector = at(f"models/calibrated/{name}.onnx")
        stage("calibrate").run(
            at(f"models/uncalibrated/{name}.onnx"),
            *data,
            at(f"models/turns/{name}.csv"),
            detector,
            at(f"metrics/calibrate/{name}.json"),
            params=params.calibrate,
        )
        stage("evaluate").run(
            detector,
            *data,
            at("prepared/manifest.csv"),
            outs=stage("evaluate").Outs(
                at(f"metrics/headlines/{name}.json"),
                at(f"metrics/evaluate/{name}.json"),
                at(f"predictions/{name}.csv"),
                at(f"metrics/breakdown/{name}.csv"),
                at(f"metrics/sources/{name}.csv"),
                at(f"metrics/reliability/{name}.csv"),
                *(at(f"plots/{kind}/{name}") for kind in Folders._fields),
            ),
            params=params.evaluate,
        )
    stage("robustness").run(
        at("models/calibrated"),
        at("prepared"),
        at("split.csv"),
        at("metrics/robustness.json"),
        at("plots/robustness"),
        params=params.robustness,
    )
    stage("compare").run(
        at("predictions"),
        at("models/seeds"),
        at("metrics/evaluate"),
        at("metrics/breakdown"),
        at("metrics/sources"),
        at("metrics/reliability"),
        at("metrics/robustness.json"),
        at("metrics/fit_svm.json"),
        at("metrics/data.json"),
        at("metrics/comparison.json"),
        at("plots/comparison"),
        at("metrics/report.md"),
        at("metrics/cards"),
        params=params.compare,
        raw=EMBEDDED,
        turns=(),
    )
    for name in DETECTORS:
        stage("release").run(
            at(f"models/calibrated/{name}.onnx"),
            at(f"metrics/cards/{name}.json"),
            at(f"detectors/{name}.onnx"),
        )
    return SmallRun(folder, values)
