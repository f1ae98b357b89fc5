"""The report's data set arrives whole or not at all, and never over what is there."""

from pathlib import Path

import kagglehub
import pytest

from real_or_ai.conventions.errors import DownloadError, UnwritableError
from real_or_ai.download import kaggle


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of Kaggle: a file, and kagglehub's own mark; what was asked for."""
    asked: list[str] = []

    def fetch(handle: str, output_dir: str) -> None:
        asked.append(handle)
        folder = Path(output_dir)
        (folder / "RealArt").mkdir(parents=True)
        (folder / "RealArt" / "a.jpg").write_bytes(b"new")
        (folder / ".complete").mkdir()
        (folder / ".complete" / "1.complete").touch()

    monkeypatch.setattr(kagglehub, "dataset_download", fetch)
    return asked


def test_it_arrives_without_kagglehubs_mark(tmp_path, fetched):
    folder = tmp_path / "deep" / "kaggle"
    kaggle.fetch(folder)
    assert fetched == [kaggle.HANDLE]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "RealArt",
        "RealArt/a.jpg",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["kaggle"]


def test_an_empty_folder_is_filled_and_a_full_one_is_left_alone(tmp_path, fetched):
    folder = tmp_path / "kaggle"
    folder.mkdir()
    kaggle.fetch(folder)
    (folder / "RealArt" / "a.jpg").write_bytes(b"mine")
    with pytest.raises(DownloadError, match="already holds files; remove it or use it as it is"):
        kaggle.fetch(folder)
    assert (folder / "RealArt" / "a.jpg").read_bytes() == b"mine"
    assert len(fetched) == 1


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def fail(_: str, output_dir: str) -> None:
        Path(output_dir).mkdir()
        (Path(output_dir) / "half.jpg").write_bytes(b"half")
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(kagglehub, "dataset_download", fail)
    with pytest.raises(DownloadError, match=r"\(ConnectionError\); check the network, or download"):
        kaggle.fetch(tmp_path / "kaggle")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_not_the_networks_fault(tmp_path, fetched):
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableError, match="cannot be written"):
        kaggle.fetch(tmp_path / "file" / "kaggle")
    assert not fetched
