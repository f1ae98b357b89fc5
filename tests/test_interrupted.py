"""Training that is killed, stopped or out of room, and continued: the same bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import interrupted

GOES_ON = "seed_1.pt: goes on from there"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[dict]]]:
    """The folder of all runs, and what is told of each run, in turn."""
    folder = tmp_path_factory.mktemp("interrupted")
    done = subprocess.run(
        [sys.executable, interrupted.__file__, str(folder)],
        cwd=folder,  # no repository: DVCLive would write into DVC's own database there
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, list[dict]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            run = json.loads(line)
            told.setdefault(run["run"], []).append(run)
    return folder, told


def complaints(run: dict) -> list[str]:
    """Lines on standard error that do not tell how far it is."""
    return [line for line in run["complained"].splitlines() if not line.startswith("train, seed")]


def demand_same_outs(folder: Path, name: str) -> None:
    whole, outs = (interrupted.contents(folder / run / "outs") for run in ("whole", name))
    assert len(whole) == 1 + 1 + 5 + 4  # detector, metrics.json, curves, tables
    assert outs.keys() == whole.keys()
    assert [name for name in outs if outs[name] != whole[name]] == []
    assert not (folder / name / "checkpoints").exists()


def test_killed_at_any_moment_it_ends_with_the_same_bytes(runs):
    folder, told = runs
    went_on = 0
    for number in range(interrupted.KILLS):
        killed, again = told[f"kill{number}"]
        assert killed["code"] == -9
        assert killed["torn"] == []
        assert (again["code"], complaints(again)) == (0, [])
        went_on += GOES_ON in again["said"]
        demand_same_outs(folder, f"kill{number}")
    assert went_on >= 5  # the others were killed before the first checkpoint or after the last


def test_without_room_for_a_checkpoint_it_says_so_and_trains(runs):
    folder, told = runs
    cramped, again = told["no_checkpoint_fits"]
    assert cramped["code"] == 2
    assert "seed_1.pt: no room to write it (File too large)" in cramped["said"]
    assert "the training goes on, but without this checkpoint" in cramped["said"]
    assert "best of 3 epochs" in cramped["said"]
    assert cramped["torn"] == []
    assert (again["code"], GOES_ON in again["said"]) == (0, False)
    demand_same_outs(folder, "no_checkpoint_fits")


def test_without_room_for_the_detector_it_says_so_and_goes_on_next_time(runs):
    folder, told = runs
    cramped, again = told["no_detector_fits"]
    assert cramped["code"] == 2
    assert cramped["complained"].endswith(
        "lenet5.onnx: no room to write it (File too large); free some space and run again\n"
    )
    assert len(complaints(cramped)) == 1
    assert cramped["torn"] == []
    assert (again["code"], GOES_ON in again["said"]) == (0, True)
    demand_same_outs(folder, "no_detector_fits")


def test_ctrl_c_stops_within_two_seconds_and_the_next_run_goes_on(runs):
    folder, told = runs
    stopped, again = told["stopped"]
    assert (stopped["code"], complaints(stopped)) == (130, ["stopped"])
    assert stopped["seconds"] < 2
    assert stopped["torn"] == []
    assert (again["code"], GOES_ON in again["said"]) == (0, True)
    demand_same_outs(folder, "stopped")
