import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import ExifTags, Image

import toy_detector
from conftest import ROOT, encoded
from real_or_ai import Detector, DetectorError, Limits, PictureError, Verdict
from real_or_ai.conventions.sections import Delivery


def red(value: int, size: tuple[int, int] = (48, 48)) -> Image.Image:
    return Image.new("RGB", size, (value, 0, 0))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return toy_detector.write(
        tmp_path_factory.mktemp("detector") / "cue.onnx", toy_detector.describe()
    )


@pytest.fixture(scope="module")
def detector(path) -> Detector:
    return Detector.load(path)


@pytest.mark.parametrize(
    ("value", "decision", "logit"), [(0, "real", -10), (100, "unsure", 0), (200, "ai", 10)]
)
def test_a_picture_gets_a_verdict(detector, tmp_path, value, decision, logit):
    image = red(value)
    image.save(tmp_path / "x.png")
    kinds = (image, tmp_path / "x.png", str(tmp_path / "x.png"), encoded(image))
    verdicts = [detector.check(picture) for picture in kinds]
    assert verdicts == [verdicts[0]] * 4
    (verdict, *_) = verdicts
    assert (verdict.decision, verdict.logit) == (decision, pytest.approx(logit, abs=1e-5))
    assert verdict.probability == verdict.score == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-4)
    assert (verdict.claims, verdict.caution) == ((), "")


def test_what_a_file_claims_never_changes_its_score(detector):
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "Midjourney"
    plain, claiming = encoded(red(150)), encoded(red(150), exif=exif)
    verdict = detector.check(claiming)
    assert [claim.suggests for claim in verdict.claims] == ["ai"]
    assert verdict.model_copy(update={"claims": ()}) == detector.check(plain)


@pytest.mark.parametrize("drawn", [False, True])
def test_a_verdict_goes_through_json_and_comes_back(tmp_path, drawn):
    path = toy_detector.write(tmp_path / "x.onnx", toy_detector.describe(drawn=drawn))
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "Midjourney"
    verdict = Detector.load(path).check(encoded(red(200), exif=exif))
    text = verdict.model_dump_json()
    assert Verdict.model_validate_json(text) == verdict
    said = json.loads(text)
    assert said["verdict"] == verdict.decision
    assert said["claims"] == [{"kind": "generator", "text": "Midjourney", "suggests": "ai"}]
    assert said["caution"] == (verdict.caution if drawn else None)


def test_an_image_is_taken_upright_and_in_any_mode(detector):
    image = red(0)
    image.paste((255, 0, 0), (24, 0, 48, 24))  # top right, where the cue is
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert (detector.check(image).decision, detector.check(mirrored).decision) == ("ai", "real")
    exif = mirrored.getexif()
    exif[ExifTags.Base.Orientation] = 2  # mirrored
    assert detector.check(mirrored).decision == "ai"
    assert detector.check(red(255).convert("P")).decision == "ai"


def test_a_detector_of_drawn_pictures_scores_but_does_not_decide(tmp_path):
    path = toy_detector.write(tmp_path / "toy.onnx", toy_detector.describe(drawn=True))
    verdict = Detector.load(path).check(red(200))
    assert (verdict.decision, verdict.probability) == (None, None)
    assert verdict.score > 0.99
    assert verdict.caution == "cue is a toy, trained on drawn pictures: a score, but no verdict"
    verdict = Detector.load(path, toy=True).check(red(200))
    assert (verdict.decision, verdict.probability) == ("ai", verdict.score)
    assert verdict.caution.endswith("its verdicts mean nothing")


@pytest.mark.parametrize("size", [(31, 200), (200, 31), (1, 1)])
def test_what_is_smaller_than_anything_it_was_trained_on_gets_no_verdict(tmp_path, size):
    path = toy_detector.write(tmp_path / "x.onnx", toy_detector.describe(min_side=32))
    detector = Detector.load(path)
    small, enough = Image.new("RGB", size, "red"), Image.new("RGB", (32, 32), "red")
    for picture in (small, encoded(small)):
        with pytest.raises(PictureError, match="trained on pictures of at least 32 px a side"):
            detector.check(picture)
    assert detector.check(encoded(enough)).decision == "ai"
    ((_, told), (_, said)) = detector.check_all([encoded(small), encoded(enough)])
    assert isinstance(told, PictureError)
    assert said.decision == "ai"


def test_what_is_not_calibrated_is_no_probability(tmp_path):
    description = toy_detector.describe(calibration=None, unsure=None)
    verdict = Detector.load(toy_detector.write(tmp_path / "x.onnx", description)).check(red(200))
    assert (verdict.decision, verdict.probability) == ("unsure", None)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"", "not a picture"),
        (b"x" * 2001, "too large"),
        (encoded(Image.new("L", (50, 50))), "too many pixels"),
        (encoded(red(0))[:-30], "damaged"),
        ("nowhere.jpg", "unreadable file"),
        (ROOT, "not a file"),
    ],
)
def test_what_is_no_picture_is_an_error_with_its_reason(path, picture, reason):
    detector = Detector.load(path, limits=Limits(bytes=2000, pixels=48 * 48))
    with pytest.raises(PictureError) as raised:
        detector.check(picture)
    assert raised.value.reason == reason


def test_a_damaged_image_that_was_opened_late_is_an_error(detector, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # images.decode leaves its own limit
    (tmp_path / "x.png").write_bytes(encoded(red(0, (400, 400)))[:-30])
    with Image.open(tmp_path / "x.png") as image, pytest.raises(PictureError):
        detector.check(image)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100])
def test_many_are_checked_in_order_and_each_as_if_alone(tmp_path, count):
    delivery = Delivery(short_side=64, jpeg_quality=85)
    path = toy_detector.write(tmp_path / "x.onnx", toy_detector.describe(delivery=delivery))
    detector = Detector.load(path)
    rng = np.random.default_rng(count)
    pictures = [
        encoded(Image.fromarray(rng.integers(0, 256, (60, 70, 3), dtype=np.uint8)))
        for _ in range(count)
    ]
    pictures[3::5] = [b"no picture"] * len(pictures[3::5])
    found = list(detector.check_all(iter(pictures)))
    assert [picture for picture, _ in found] == pictures
    for picture, outcome in found:
        if picture == b"no picture":
            assert isinstance(outcome, PictureError)
        else:
            assert outcome == detector.check(picture)  # all digits


def test_pictures_are_taken_only_as_fast_as_they_are_checked(detector):
    data = encoded(red(0))
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield data

    found = detector.check_all(endless())
    for _ in range(100):
        next(found)
    assert taken < 1000
    before = threading.active_count()
    found.close()
    assert threading.active_count() < before  # nobody goes on working


def test_threads_share_a_detector(detector):
    from concurrent.futures import ThreadPoolExecutor

    values = [0, 60, 100, 140, 255] * 40
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda value: detector.check(red(value)), values))
    assert verdicts == [detector.check(red(value)) for value in values]


def test_a_damaged_card_is_one_sentence(tmp_path):
    path = toy_detector.write(
        tmp_path / "x.onnx", toy_detector.describe(), {"real-or-ai card": "{}"}
    )
    with pytest.raises(DetectorError, match="card is damaged or of another version"):
        Detector.load(path)


def test_there_is_no_card_before_the_release(detector):
    assert detector.card is None


TRAIN = (
    "torch torchvision pandas scipy sklearn cv2 matplotlib onnx onnxscript joblib dvc dvclive "
    "kagglehub yaml tqdm"
).split()
WEB = "fastapi gradio uvicorn jinja2".split()


@pytest.mark.parametrize(
    ("rooms", "foreign"), [(["check", "claims", "card", "cli"], TRAIN + WEB), (["web"], TRAIN)]
)
def test_the_install_for_it_is_enough(rooms, foreign):
    """Nothing that another extra brings is imported on the way to a verdict, a map or the page."""
    program = (
        "import importlib, pkgutil, sys\n"
        f"sys.modules.update(dict.fromkeys({foreign}))\n"
        f"for room in {rooms}:\n"
        "    room = importlib.import_module(f'real_or_ai.{room}')\n"
        "    for one in pkgutil.iter_modules(getattr(room, '__path__', ()), f'{room.__name__}.'):\n"
        "        importlib.import_module(one.name)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_verdict_and_its_claims_are_light_to_import():
    program = (
        "import sys\n"
        "from real_or_ai import Claim, Verdict\n"
        "assert not {'onnxruntime', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_surface_is_what_it_is():
    import real_or_ai

    assert Verdict.__name__ == "Verdict"
    for name in real_or_ai._HOME:
        assert getattr(real_or_ai, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute nothing"):
        real_or_ai.nothing  # noqa: B018
