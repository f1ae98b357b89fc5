"""Pictures that tests draw for themselves, and one small run of all stages that many tests read."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from real_or_ai import sample
from real_or_ai.params.base import load, read
from real_or_ai.params.prepare import PrepareParams

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def values() -> dict:
    """The repository's params.yaml."""
    return read(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def prepare_params(values: dict) -> PrepareParams:
    return load(PrepareParams, "prepare", values)


@pytest.fixture(scope="session")
def draw_scene() -> Callable[..., Image.Image]:
    """A scene of discs and polygons: draw_scene(seed, label="real", size=(w, h))."""

    def draw(
        seed: int, label: str = "real", size: tuple[int, int] = (240, 200)
    ) -> Image.Image:
        drawing = sample.Drawing("x", label, "web", scene=seed, seed=0)
        return sample._scene(drawing, np.random.default_rng(seed), size)

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
