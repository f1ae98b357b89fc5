import io

import pytest
from PIL import Image

from conftest import encoded
from real_or_ai.pictures import decoding, drawn
from real_or_ai.stages.sample import plan

IMAGE = Image.new("RGB", (40, 30), "olive")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_mark_travels_in_the_file_itself(kind):
    data = encoded(IMAGE, kind, exif=drawn.exif())
    assert decoding.decode(data, 10**6).drawn
    assert not decoding.decode(encoded(IMAGE, kind), 10**6).drawn


@pytest.mark.parametrize("exif", [b"Exif\0\0damaged", b""])
def test_damaged_exif_is_not_ours(exif):
    with Image.open(io.BytesIO(encoded(IMAGE, "JPEG", exif=exif))) as image:
        assert not drawn.is_drawn(image)


def test_all_that_the_sample_draws_bears_it():
    drawings = plan.plan(48, seed=1)
    treatments = {drawing.treatment: drawing for drawing in drawings}.values()
    assert len(treatments) > 5
    for drawing in treatments:
        with Image.open(io.BytesIO(plan.draw(drawing)[1])) as image:
            assert drawn.is_drawn(image), drawing
