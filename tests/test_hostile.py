import os
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import hostile
from conftest import ROOT
from real_or_ai import images, manifest
from real_or_ai.cleaning import parts
from real_or_ai.errors import PictureError, RawFolderError
from real_or_ai.stages import prepare

CASES = hostile.corpus()
FEW = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def run(raw, no_overrides, tmp_path, prepare_params):
    def prepared(**changes):
        params = prepare_params.model_copy(update={"max_pixels": hostile.MAX_PIXELS} | changes)
        out = tmp_path / "prepared"
        prepare.run(raw.path, no_overrides, out, tmp_path / "prepare.json", params)
        return manifest.read(out / "manifest.csv"), manifest.read(out / "rejected.csv")

    return prepared


@pytest.fixture
def full(raw):
    """A raw folder with the whole corpus among the AI pictures."""
    raw.add("web/real/sound.png", hostile.scene(seed=999))
    folder = raw.path / "web" / "ai"
    folder.mkdir(parents=True)
    for case in CASES:
        case.make(folder / case.name)
    return folder


def test_there_are_sixty_cases_and_more():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.name[:40]))
def test_a_file_is_a_picture_or_has_its_reason(case, tmp_path):
    path = tmp_path / case.name
    case.make(path)
    limits = parts.Limits(min_side=32, max_cropped_share=0.2, margin=0)

    def read() -> Image.Image:
        picture = images.decode(images.read_bytes(path, 10**8), hostile.MAX_PIXELS)
        parts.detected(picture.image, limits)
        return picture.image

    if case.expected == hostile.PICTURE:
        assert read().mode == "RGB"
    else:
        with pytest.raises(PictureError, match=r".") as raised:
            read()
        assert raised.value.reason == case.expected


@pytest.mark.usefixtures("full")
def test_each_file_ends_in_exactly_one_table(run):
    kept, rejected = run(max_rejected_share=1.0)
    listed = Counter([*kept["raw"], *rejected["raw"]])
    names = {f"web/ai/{case.name}" for case in CASES} | {"web/real/sound.png"}
    assert listed == Counter(names)
    reasons = dict(zip(rejected["raw"], rejected["reason"], strict=True))
    for case in CASES:
        assert reasons.get(f"web/ai/{case.name}", hostile.PICTURE) == case.expected, case.name


def test_raw_files_are_left_as_they_are(full, run):
    files = [path for path in full.iterdir() if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    run(max_rejected_share=1.0)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.usefixtures("full")
def test_too_many_rejected_files_stop_the_stage_with_the_commonest_reasons(run, tmp_path):
    with pytest.raises(RawFolderError) as raised:
        run(max_rejected_share=0.1)
    wanted = Counter(case.expected for case in CASES if case.expected != hostile.PICTURE)
    first, count = wanted.most_common(1)[0]
    assert f"commonest reasons: {first} ({count}), " in str(raised.value)
    named = str(raised.value).split("commonest reasons: ")[1].split(";")[0]
    assert named.count("(") == 5
    assert not (tmp_path / "prepared").exists()


def test_a_bomb_is_refused_before_it_takes_memory():
    code = (
        "import resource, hostile\n"
        "from real_or_ai import images\n"
        "from real_or_ai.errors import PictureError\n"
        "bomb = hostile._png(60000, 60000, bytes(10))\n"
        "images.decode(hostile.encoded(hostile.scene(), 'PNG'), 10**6)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    images.decode(bomb, 10**6)\n"
        "except PictureError as error:\n"
        "    print(error.reason)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "tests", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["too many pixels", "True"]


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in (".", "..") and len(os.fsencode(name)) < 200)


@FEW
@given(names=st.sets(NAMES, min_size=1, max_size=4), seed=st.integers(0, 2**20))
def test_any_name_stands_in_the_table_as_it_is(names, seed, tmp_path_factory, prepare_params):
    folder = tmp_path_factory.mktemp("named")
    (folder / "raw/web/real").mkdir(parents=True)
    (folder / "raw/web/ai").mkdir()
    (folder / "none.csv").write_text("raw,action\n", encoding="utf-8")
    hostile.scene(seed=seed).save(folder / "raw/web/real/one.png")
    for place, name in enumerate(sorted(names)):
        data = hostile.encoded(hostile.scene(seed=seed + 1 + place), "PNG")
        (folder / "raw/web/ai" / name).write_bytes(data)
    prepare.run(
        folder / "raw", folder / "none.csv", folder / "out", folder / "m.json", prepare_params
    )
    kept = manifest.read(folder / "out" / "manifest.csv")
    assert {*kept["raw"]} == {"web/real/one.png"} | {f"web/ai/{name}" for name in names}
    for picture in kept["picture"]:
        assert picture.isascii()
        assert unicodedata.is_normalized("NFC", picture)
        assert (folder / "out" / picture).is_file()


MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["L", "RGB", "CMYK"],
    "WEBP": ["RGB", "RGBA"],
    "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "I;16"],
    "BMP": ["1", "L", "P", "RGB"],
    "GIF": ["L", "P"],
}


@FEW
@given(
    mode=st.sampled_from([(kind, mode) for kind, modes in MODES.items() for mode in modes]),
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    seed=st.integers(0, 2**16),
)
def test_any_size_and_mode_becomes_rgb_of_that_size(mode, width, height, seed):
    kind, name = mode
    image = hostile.scene(width, height, seed)
    if name == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(name)
    picture = images.decode(hostile.encoded(image, kind), 10**6)
    assert (picture.image.mode, picture.image.size) == ("RGB", (width, height))
