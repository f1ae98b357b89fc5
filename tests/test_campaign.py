import json
from collections import Counter
from contextlib import nullcontext

import pandas as pd
import pytest
from PIL import Image

from conftest import ROOT
from real_or_ai import cli
from real_or_ai.conventions.errors import ParamsError, UserError
from real_or_ai.experiments import campaign, running
from real_or_ai.experiments.campaign import Audited, Place
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.set_params import changed
from real_or_ai.registry import TITLES
from test_outcomes import scored

SPLITS = ("val", "test", "external")


@pytest.fixture
def experiments() -> dict[str, dict[str, str]]:
    return {
        name: running.read_changes(ROOT / "experiments" / f"{name}.txt")
        for pair in campaign.PAIRS.values()
        for name in pair
    }


def places(runs: list[campaign.Run]) -> list[Place]:
    return [place for one in runs for place in one.places]


def test_every_experiment_and_source_has_its_place_once(values, experiments):
    sources = ["web", 'a, "b" [c]', "Ünï", "写真", "фото", "a b", "a-b"]
    runs = campaign.plan(values, experiments, sources)
    assert len({one.name for one in runs}) == len(runs)
    assert Counter(places(runs)) == Counter(
        [
            Place("leaky", "grouped"), Place("leaky", "leaky"),
            Place("delivery", "as-found"), Place("delivery", "delivered"),
            *(Place("leave_one_source_out", how, source)
              for source in sources for how in ("as-found", "delivered")),
        ]
    )  # fmt: skip
    for one in runs:
        after = changed(values, one.changes)
        Parameters.of(after)
        for place in one.places:
            assert (after["decode"]["delivery"] is None) == (place.experiment == "as-found")
            assert (after["prepare"]["protocol"] == "paper") == (place.experiment == "leaky")
            held_out = [place.held_out] if place.held_out else values["split"]["external"]
            assert after["split"]["external"] == held_out


def test_runs_of_the_same_parameters_are_one_run(values, experiments):
    runs = campaign.plan(values, experiments, ["web", "elsewhere"])  # the latter is held out anyway
    assert {one.name: len(one.places) for one in runs} == {
        "grouped": 3,  # is what delivered is, and without elsewhere
        "leaky": 1,
        "as-found": 2,
        "without-web-as-found": 1,
        "without-web-delivered": 1,
    }
    effects = [changed(values, one.changes) for one in runs]
    assert all(effects.count(one) == 1 for one in effects)


@pytest.fixture
def of_raw(values, raw, draw_scene, project, monkeypatch):
    """params.yaml for a raw folder with so many files of each source and class."""
    monkeypatch.chdir(project)
    image = draw_scene(1)

    def made(counts: dict[str, int]) -> dict:
        for folder, count in counts.items():
            for number in range(count):
                raw.add(f"{folder}/{number}.png", image)
        return changed(values, {"prepare.raw": str(raw.path), "split.test": "2"})

    return made


def test_all_sources_of_the_embedded_data_are_held_out(values, project, monkeypatch):
    monkeypatch.chdir(project)
    assert campaign.held_out(values) == (["elsewhere", "studio", "web"], [])


def test_what_cannot_be_held_out_is_said(of_raw):
    counts = {"a/real": 9, "a/ai": 9, "b/real": 9, "b/ai": 9, "c/ai": 12, "d/real": 4, "d/ai": 5}
    sources, notes = campaign.held_out(of_raw(counts))
    assert sources == ["a", "b", "c"]
    assert notes == [
        "c: holds ai files only, so that there is no ROC AUC for it",
        "d: not held out, as 9 files are too few",
    ]


def test_a_source_that_the_others_need_is_not_held_out(of_raw):
    sources, notes = campaign.held_out(of_raw({"a/real": 9, "a/ai": 9, "b/ai": 12}))
    assert sources == ["b"]
    assert notes[0].startswith("a: not held out, as the others do not do without it (")
    assert "holds 0 real and " in notes[0]


def test_a_single_source_is_said_and_skipped(of_raw):
    assert campaign.held_out(of_raw({"a/real": 9, "a/ai": 9})) == (
        [],
        ["leave one source out: skipped, as all files are of one source, a"],
    )


def test_progress_tells_what_is_left():
    assert campaign.progress(0, 7, 0.0) == "run 1 of 7, 0:00:00 so far"
    assert campaign.progress(2, 7, 240.4) == "run 3 of 7, 0:04:00 so far, about 0:10:01 to go"
    assert campaign.progress(1, 2, 119.6) == "run 2 of 2, 0:02:00 so far, about 0:02:00 to go"
    assert campaign.progress(1, 2, 3725.0) == "run 2 of 2, 1:02:05 so far, about 1:02:05 to go"


@pytest.fixture
def pipeline(monkeypatch, project, tmp_path):
    """Stands in for DVC: runs take no time and score by what they changed."""
    ran: list[tuple[str, dict[str, str]]] = []
    failing: set[str] = set()

    def results(one, sets):
        ran.append((one.name, {**sets, **one.changes}))
        if one.name in failing:
            raise UserError(f"experiment {one.name} failed with exit code 255; see above")
        above = 0.15 if one.name == "leaky" else 0.0
        sides = {"val": scored(0.8 + above), "test": scored(0.75), "external": scored(0.6)}
        nulls = pd.DataFrame({"null": ["facts"], "value": [0.9]})
        return dict.fromkeys(TITLES, sides), Audited(nulls, 321) if one.is_audited else None

    monkeypatch.chdir(project)
    monkeypatch.setattr(campaign.running, "demand_commit", lambda: None)
    monkeypatch.setattr(campaign.made, "code", lambda: campaign.made.Code("1" * 40, ()))
    monkeypatch.setattr(campaign, "_results", results)
    return ran, failing, tmp_path / "into"


def test_a_campaign_writes_its_tables_and_plots(pipeline, capsys):
    ran, _, into = pipeline
    campaign.run({}, into)
    assert [name for name, _ in ran][:3] == ["leaky", "grouped", "as-found"]
    assert len(ran) == 7
    assert {path.name for path in into.iterdir()} == {
        "leaky.csv", "leaky.png", "inflation.csv", "delivery.csv", "delivery.png",
        "leave_one_source_out.csv", "leave_one_source_out.png", "nulls.csv", "made.json",
    }  # fmt: skip
    for path in into.glob("*.csv"):
        assert set(pd.read_csv(path)["data"]) == {"the embedded sample (a toy)"}
    inflation = pd.read_csv(into / "inflation.csv").groupby("experiment")["val_above_test"].mean()
    assert inflation["leaky"] - inflation["grouped"] == pytest.approx(0.15)
    assert pd.read_csv(into / "nulls.csv")["value"].tolist() == [0.9]
    left = pd.read_csv(into / "leave_one_source_out.csv")
    assert len(left) == 3 * 2 * 3 * 2 + 2 * 3  # sources, deliveries, models, splits; means
    for path in into.glob("*.png"):
        with Image.open(path) as image:
            assert min(image.size) > 200
            assert len(set(image.convert("L").get_flattened_data())) > 20
    before = {path.name: path.read_bytes() for path in into.iterdir()}
    campaign.run({}, into)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == before
    assert "run 7 of 7" in capsys.readouterr().out


def test_what_another_campaign_left_does_not_stand_beside_ones_own(pipeline, monkeypatch):
    _, _, into = pipeline
    campaign.run({}, into)
    told = ([], ["leave one source out: skipped, as all files are of one source, a"])
    monkeypatch.setattr(campaign, "held_out", lambda _: told)
    left = into / "leave_one_source_out.png"
    drawn = left.read_bytes()
    campaign.run({"split.external": "[]"}, into)
    assert {path.name for path in into.iterdir()} == {
        "leaky.csv", "leaky.png", "inflation.csv", "delivery.csv", "delivery.png", "nulls.csv",
        "leave_one_source_out.png", "made.json",
    }  # fmt: skip
    assert left.read_bytes() != drawn  # it says why nothing is drawn
    with Image.open(left) as image:
        assert len(set(image.convert("L").get_flattened_data())) > 20


def test_a_failed_run_is_named_and_the_others_are_kept(pipeline):
    _, failing, into = pipeline
    failing |= {"leaky", "without-web-as-found"}
    with pytest.raises(UserError, match="2 of 7 runs failed: leaky, without-web-as-found; "):
        campaign.run({}, into)
    assert set(pd.read_csv(into / "leaky.csv")["experiment"]) == {"grouped"}
    assert not (into / "leaky.png").exists()
    assert (into / "delivery.png").exists()
    left = pd.read_csv(into / "leave_one_source_out.csv")
    assert set(left.loc[left["experiment"] == "as-found", "held_out"]) == {
        "elsewhere", "studio", "mean"
    }  # fmt: skip


def test_changes_reach_every_run_and_the_plan(pipeline):
    ran, _, into = pipeline
    campaign.run({"split.external": "[web]", "split.seed": "7"}, into)
    assert all(changes["split.seed"] == "7" for _, changes in ran)
    external = {name: changes["split.external"] for name, changes in ran}
    assert external["grouped"] == external["leaky"] == "[web]"
    assert external["without-studio-delivered"] == '["studio"]'
    assert "without-web-delivered" not in external  # is what grouped is


def test_a_run_tells_its_scores_and_an_audited_one_its_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = {
        f"metrics/evaluate/{model}.json": {"n": number} for number, model in enumerate(TITLES)
    }
    of_classes = ({"raw_files": 7, "rejected": 3, "pictures": 4}, {"raw_files": 9, "pictures": 15})
    written["metrics/prepare.json"] = dict(zip(("real", "ai"), of_classes, strict=True))
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "plots/audit").mkdir(parents=True)
    (tmp_path / "plots/audit/nulls.csv").write_text("null,value\nfacts,0.90\n", encoding="utf-8")
    ran = []
    monkeypatch.setattr(running, "run_pipeline", lambda *asked: ran.append(asked))
    monkeypatch.setattr(running, "workspace_restored", nullcontext)
    plain = campaign.Run("x", {"split.seed": "3"}, (Place("leaky", "grouped"),))
    audited = campaign.Run("y", {}, (Place("delivery", "delivered"),))
    sets = {"split.seed": "2", "split.val": "0.3"}
    numbers, nothing = campaign._results(plain, sets)
    assert (numbers, nothing) == ({model: {"n": n} for n, model in enumerate(TITLES)}, None)
    numbers, (nulls, pictures) = campaign._results(audited, sets)
    assert len(numbers) == len(TITLES)
    assert nulls.to_dict("records") == [{"null": "facts", "value": "0.90"}]
    assert pictures == 19
    assert ran == [
        ("x", {"split.seed": "3", "split.val": "0.3"}, "evaluate"),
        ("y", sets, "audit", "evaluate"),
    ]


def test_an_unknown_change_is_one_sentence(pipeline):
    with pytest.raises(ParamsError, match=r"params\.yaml has no split\.sead"):
        campaign.run({"split.sead": "7"}, pipeline[2])


def test_other_data_never_overwrite_the_committed_results():
    with pytest.raises(UserError, match="give another folder with --into"):
        cli.campaign(["prepare.raw=elsewhere"], cli.EXPERIMENTS)


def test_sources_of_one_class_are_drawn_without_their_auc(tmp_path):
    rows = [
        row
        for source in ("both", "ai only")
        for how in ("as-found", "delivered")
        for row in campaign.outcomes.rows(
            {"svm": {"external": scored(0.7, auc=source == "both")}},
            data="x", experiment=how, held_out=source,
        )
    ]  # fmt: skip
    tables = campaign.tabulated({campaign.LEFT: rows})
    alone = tables[campaign.LEFT]["held_out"] == "ai only"
    assert tables[campaign.LEFT].loc[alone, "roc_auc"].isna().all()
    campaign.draw(tmp_path, tables)
    assert (tmp_path / "leave_one_source_out.png").exists()
