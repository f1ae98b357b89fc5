from collections import Counter

import numpy as np
import pytest

from real_or_ai import images, sample
from real_or_ai.errors import PictureError


def test_the_plan_has_both_classes_alike_in_every_source():
    drawings = sample.plan(300, seed=1)
    counts = Counter((drawing.source, drawing.label) for drawing in drawings)
    assert len(drawings) == 300
    assert len({drawing.path for drawing in drawings}) == 300
    for source in sample.SHARES:
        assert counts[source, "real"] == counts[source, "ai"] > 20


def test_every_path_of_preparation_is_walked():
    drawings = sample.plan(300, seed=1)
    both = set("near-duplicate copy rotated truncated transparent palette cmyk sixteen-bit".split())
    ai = {drawing.treatment for drawing in drawings if drawing.label == "ai"}
    real = {drawing.treatment for drawing in drawings if drawing.label == "real"}
    assert both <= real
    assert both | {"grid", "squares", "text", "strip", "screenshot"} <= ai


def test_drawing_is_repeatable_and_depends_on_the_seed():
    first, other = sample.plan(40, seed=1), sample.plan(40, seed=2)
    assert [sample.draw(one) for one in first] == [sample.draw(one) for one in first]
    assert sample.draw(first[0]) != sample.draw(other[0])


def test_treatments_are_what_they_say():
    by_treatment = {drawing.treatment: drawing for drawing in sample.plan(300, seed=1)}

    def opened(treatment):
        return images.decode(sample.draw(by_treatment[treatment])[1], 10**7)

    with pytest.raises(PictureError):
        opened("truncated")
    assert opened("grid").image.width == opened("grid").image.height
    rotated = opened("rotated")
    assert (rotated.width, rotated.height) == rotated.image.size[::-1]


def test_a_copy_has_the_bytes_of_the_picture_before_it():
    drawings = sample.plan(300, seed=1)
    copies = [place for place, one in enumerate(drawings) if one.treatment == "copy"]
    assert copies
    for place in copies:
        before, copy = sample.draw(drawings[place - 1]), sample.draw(drawings[place])
        assert before[1] == copy[1]
        assert before[0] != copy[0]


def test_no_class_is_known_by_its_rim():
    """A dark last row in ai pictures alone would be a shortcut drawn by mistake."""
    for drawing in sample.plan(300, seed=1):
        if drawing.treatment != "plain":
            continue
        image = images.decode(sample.draw(drawing)[1], 10**7).image.convert("L")
        rows = np.asarray(image, dtype=float)
        for rim, inside in ((rows[-1], rows[-5]), (rows[:, -1], rows[:, -5]), (rows[0], rows[4])):
            assert rim.mean() > 0.5 * inside.mean(), drawing.path
