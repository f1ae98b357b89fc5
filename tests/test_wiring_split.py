"""That `split` links what is tied or looks alike, and splits by its parameters and nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from real_or_ai.conventions import tables
from real_or_ai.stages.split import SplitParams
from real_or_ai.stages.split import __main__ as stage

PARAMS = SplitParams(test=10, val=0.25, external=("elsewhere",), max_distance=6, seed=2)


def near(look: bytes, bits: int) -> str:
    """A hash so many bits away."""
    number = int.from_bytes(look, "big")
    for bit in range(bits):
        number ^= 1 << (17 * bit)
    return f"{number:064x}"


def manifest(pictures: int = 120, *, copies: bool = False) -> pd.DataFrame:
    """Pictures of both classes from three sources, that look alike and are tied as is said below.

    Of each ten: 0 and 1 look nearly the same, 2 and 3 are tied, 4 to 7 are tiles of one grid.
    """
    chance = np.random.default_rng(7)
    rows = []
    for number in range(pictures):
        block, place = divmod(number, 10)
        label = ("real", "ai")[block % 2]
        source = ("web", "studio", "elsewhere")[block % 3]
        look = chance.bytes(32)
        phash, ties, raw, tile = look.hex(), [f"file {number}"], f"{number}.png", ""
        if place == 1:
            phash = near(bytes.fromhex(rows[-1]["phash"]), 5)
        if place in (2, 3):
            ties.append(f"group {block}")
        if 4 <= place < 8:
            raw, tile = f"{number - place + 4}.png", f"r{place // 6}c{place % 2}"
            ties = [f"file {raw}"]
        rows.append(
            dict.fromkeys(tables.columns(tables.PreparedRow), "")
            | {
                "picture": f"{label}/{chance.integers(10**6):06}-{number}.png",
                "view": "original", "label": label, "source": source, "raw": raw, "tile": tile,
                "ties": json.dumps(ties), "phash": phash, "dropped_tiles": 0, "raw_width": 300,
                "raw_height": 200, "raw_bytes": 999, "width": 300, "height": 200,
                "drawn": "yes" if number % 3 == 0 else "",
                "crop_box": "0 0 9 9" if place == 9 else "",
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    if copies:
        copied = table.assign(
            view="noise",
            picture=table["picture"] + "-noise.png",
            phash=[chance.bytes(32).hex() for _ in range(pictures)],
        )
        table = pd.concat([table, copied])
    return table.sample(frac=1, random_state=3).reset_index(drop=True)


def split(folder: Path, table: pd.DataFrame, protocol: str = "grouped", **changes) -> pd.DataFrame:
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "manifest.csv", index=False)
    rejected = ["raw,label,source,reason,detail", "x,real,web,too small,", "y,,,outside,"]
    (folder / "rejected.csv").write_text("\n".join(rejected) + "\n", encoding="utf-8")
    out = folder / "split.csv"
    params = PARAMS.model_copy(update=changes)
    stage.run(folder, out, folder / "data.json", params, protocol)
    return tables.read(out)


def groups_of(found: pd.DataFrame, table: pd.DataFrame) -> dict[tuple[int, int], str]:
    """(block, place) -> the group of the original there."""
    numbers = table["picture"].str.extract(r"-(\d+)\.png")[0].astype(int)
    originals = table["view"] == "original"
    return {
        divmod(int(number), 10): group
        for number, group in zip(numbers[originals], found["group"][originals], strict=True)
    }


def test_groups_are_what_was_planted(tmp_path):
    table = manifest()
    found = split(tmp_path, table)
    assert found["picture"].tolist() == table["picture"].tolist()
    groups = groups_of(found, table)
    for block in range(12):
        own = [groups[block, place] for place in range(10)]
        assert own[0] == own[1]
        assert own[2] == own[3]
        assert len(set(own[4:8])) == 1
        assert len(set(own)) == 5
    assert len(set(groups.values())) == 60


def test_looks_link_as_far_as_is_asked(tmp_path):
    table = manifest()
    groups = groups_of(split(tmp_path, table, max_distance=4), table)
    assert all(groups[block, 0] != groups[block, 1] for block in range(12))


def test_sizes_sources_and_counts(tmp_path):
    table = manifest()
    found = split(tmp_path, table)
    assert found["drawn"].tolist() == table["drawn"].tolist()
    assert found["label"].tolist() == table["label"].tolist()
    by_split = dict(list(found.groupby("split")))
    assert set(by_split) == {"train", "val", "test", "external"}
    assert set(by_split["external"]["source"]) == {"elsewhere"}
    assert len(by_split["external"]) == 40
    assert by_split["test"]["label"].value_counts().to_dict() == {"real": 10, "ai": 10}
    rest = len(by_split["train"]) + len(by_split["val"])
    assert len(by_split["val"]) / rest == pytest.approx(0.25, abs=0.11)  # of groups up to 4
    assert (found.groupby("group")["split"].nunique() == 1).all()
    data = json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))
    assert data["tiles"] == {"n": 48, "real": 24, "ai": 24}
    assert data["cropped"] == {"n": 12, "real": 6, "ai": 6}
    assert data["groups"] == {"n": 60, "largest": 4}
    used = found["split"].isin(["train", "val"])
    assert data["drawn"] == (table["drawn"][used] == "yes").sum()
    assert data["raw"]["n"] == table["raw"].nunique() + 2
    assert data["rejected"]["too small"]["by_source"] == {"web": {"n": 1, "real": 1, "ai": 0}}
    for name, rows in by_split.items():
        assert data["split"][name]["real"] == (rows["label"] == "real").sum()


@pytest.mark.parametrize("seed", range(3))
def test_each_split_holds_its_share_of_every_size_of_group(tmp_path, seed):
    """A promise made for val's pictures and checked on test's speaks of one population."""
    found = split(tmp_path, manifest(1200), test=100, seed=seed)
    own = found[found["split"] != "external"]
    sizes = own.groupby("group")["group"].transform("size")
    for size, whole in (sizes.value_counts() / len(own)).items():
        for name in ("train", "val", "test"):
            share = (sizes[own["split"] == name] == size).mean()
            assert share == pytest.approx(whole, abs=0.07), (name, size)


def test_the_seed_and_each_parameter_decide(tmp_path):
    table = manifest()
    first = split(tmp_path, table)["split"].tolist()
    assert split(tmp_path, table)["split"].tolist() == first
    for changes in ({"seed": 3}, {"test": 6}, {"val": 0.5}, {"external": ("web",)}):
        assert split(tmp_path, table, **changes)["split"].tolist() != first, changes


def test_copies_are_of_their_originals_group_and_tested_nowhere(tmp_path):
    table = manifest(copies=True)
    originals = table[table["view"] == "original"]
    groups = {}
    for name, part in (("copies", table), ("alone", originals)):
        found = split(tmp_path / name, part, "paper" if name == "copies" else "grouped")
        of_picture = dict(zip(found["picture"], found["group"], strict=True))
        groups[name] = {one: of_picture[one] for one in originals["picture"]}
        if name == "copies":
            for picture in originals["picture"]:
                assert of_picture[f"{picture}-noise.png"] == of_picture[picture]
            copied = found[found["view"] == "noise"]
            assert set(copied["split"]) == {"train", "val", "left_out"}
            assert not (found[found["view"] == "original"]["split"] == "left_out").any()
    assert groups["copies"] == groups["alone"]
