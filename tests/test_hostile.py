import os
import subprocess
import sys
import time
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import hostile
from conftest import ROOT
from real_or_ai.claims import evidence
from real_or_ai.conventions import tables
from real_or_ai.conventions.errors import PictureError, RawFolderError
from real_or_ai.pictures import decoding
from real_or_ai.stages.prepare import __main__ as prepare
from real_or_ai.stages.prepare.cleaning import parts
from real_or_ai.stages.prepare.cleaning.look import look_at

CASES = hostile.corpus()
FEW = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def run(raw, no_overrides, tmp_path, prepare_params, strengths):
    def prepared(**changes):
        params = prepare_params.model_copy(update={"max_pixels": hostile.MAX_PIXELS} | changes)
        out = tmp_path / "prepared"
        prepare.run(
            raw.path,
            no_overrides,
            out,
            tmp_path / "prepare.json",
            params=params,
            strengths=strengths,
        )
        return tables.read(out / "manifest.csv"), tables.read(out / "rejected.csv")

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
        picture = decoding.decode(decoding.read_bytes(path, 10**8), hostile.MAX_PIXELS)
        parts.detected(look_at(picture.image), limits)
        return picture.image

    if case.expected == hostile.PICTURE:
        assert read().mode == "RGB"
    else:
        with pytest.raises(PictureError, match=r".") as raised:
            read()
        assert raised.value.reason == case.expected


FILES = [(name, data) for name, data, *_ in hostile.odd_pictures() + hostile.bad_files()]


@pytest.mark.parametrize(("name", "data"), FILES, ids=[ascii(name[:40]) for name, _ in FILES])
def test_what_a_file_says_of_itself_takes_no_time(name, data):
    start = time.process_time()
    assert "ai" not in {claim.suggests for claim in evidence.claims(data)}
    assert time.process_time() - start < 1, name


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


def outside(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What a fresh process does that has no warnings turned into errors."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT / "tests", capture_output=True, text=True, check=True,
    )  # fmt: skip


MEMORY = """
import pathlib, resource, sys, hostile
from real_or_ai.pictures import decoding
from real_or_ai.conventions.errors import PictureError
decoding.decode(hostile.encoded(hostile.scene(), "TIFF"), 10**6)
data, limit = pathlib.Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(decoding.decode(data, limit).format)
except PictureError as error:
    print(error.reason)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("bomb", [hostile.png_bomb(), hostile.gif_bomb()], ids=["png", "gif"])
def test_a_bomb_is_refused_before_it_takes_memory(bomb, tmp_path):
    (tmp_path / "bomb").write_bytes(bomb)
    reason, kibibytes = outside(MEMORY, tmp_path / "bomb", 10**6).stdout.split("\n")[:2]
    assert reason == "too many pixels"
    assert int(kibibytes) < 20_000


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "F", "I;16"])
def test_no_mode_takes_more_than_a_few_bytes_per_pixel(mode, tmp_path):
    side = 4000
    image = Image.new(mode, (side, side))
    image.save(tmp_path / "large.tiff", compression="tiff_adobe_deflate")
    kind, kibibytes = outside(MEMORY, tmp_path / "large.tiff", side**2).stdout.split("\n")[:2]
    assert kind == "TIFF"
    assert int(kibibytes) * 1024 < 13 * side**2


def test_odd_metadata_pass_without_a_word():
    done = outside(
        "import hostile\n"
        "from real_or_ai.pictures import decoding\n"
        "for name, data in hostile.odd_pictures():\n"
        "    decoding.decode(data, hostile.MAX_PIXELS)\n"
    )
    assert done.stderr == ""


NAMES = st.one_of(
    st.text(
        st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
    ),
    st.binary(min_size=1, max_size=40).map(os.fsdecode),  # not UTF-8
).filter(
    # Hidden files are left out, and so is what is still being downloaded.
    lambda name: name[0] != "." and not {*"/\0"} & {*name} and len(os.fsencode(name)) < 200
)


@FEW
@given(names=st.sets(NAMES, min_size=1, max_size=4), seed=st.integers(0, 2**20))
def test_any_name_stands_in_the_table_as_it_is(
    names, seed, tmp_path_factory, prepare_params, strengths
):
    folder = tmp_path_factory.mktemp("named")
    (folder / "raw/web/real").mkdir(parents=True)
    (folder / "raw/web/ai").mkdir()
    (folder / "none.csv").write_text("raw,action\n", encoding="utf-8")
    hostile.scene(seed=seed).save(folder / "raw/web/real/one.png")
    for place, name in enumerate(sorted(names)):
        data = hostile.encoded(hostile.scene(seed=seed + 1 + place), "PNG")
        (folder / "raw/web/ai" / name).write_bytes(data)
    prepare.run(
        folder / "raw",
        folder / "none.csv",
        folder / "out",
        folder / "m.json",
        params=prepare_params,
        strengths=strengths,
    )
    kept = tables.read(folder / "out" / "manifest.csv")
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
    "BMP": ["1", "L", "P", "RGB", "RGBA"],
    "GIF": ["1", "L", "LA", "P", "RGB", "RGBA"],
    "AVIF": ["L", "RGB", "RGBA"],
    "HEIF": ["L", "RGB", "RGBA"],
    "MPO": ["L", "RGB", "CMYK"],
}
TURNED = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF", "MPO")  # those that hold EXIF


@FEW
@given(
    mode=st.sampled_from([(kind, mode) for kind, modes in MODES.items() for mode in modes]),
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    orientation=st.integers(0, 9),
    seed=st.integers(0, 2**16),
)
def test_any_size_and_mode_becomes_upright_rgb(mode, width, height, orientation, seed):
    kind, name = mode
    image = hostile.scene(width, height, seed)
    if name == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(name)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif.tobytes()} if kind in TURNED else {}
    picture = decoding.decode(hostile.encoded(image, kind, **options), 10**6)
    lies = kind in TURNED and 5 <= orientation <= 8
    assert picture.image.mode == "RGB"
    assert picture.image.size == ((height, width) if lies else (width, height))
