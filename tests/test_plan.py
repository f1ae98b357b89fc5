from collections import Counter

import numpy as np
import pytest

from real_or_ai.conventions.errors import PictureError
from real_or_ai.pictures import decoding
from real_or_ai.stages.sample import plan


def test_the_plan_has_both_classes_alike_in_every_source():
    drawings = plan.plan(300, seed=1)
    counts = Counter((drawing.source, drawing.label) for drawing in drawings)
    assert len(drawings) == 300
    assert len({drawing.path for drawing in drawings}) == 300
    for source in plan.SHARES:
        assert counts[source, "real"] == counts[source, "ai"] > 20


def test_every_path_of_preparation_is_walked():
    drawings = plan.plan(300, seed=1)
    both = set("near-duplicate copy rotated truncated transparent palette cmyk sixteen-bit".split())
    ai = {drawing.treatment for drawing in drawings if drawing.label == "ai"}
    real = {drawing.treatment for drawing in drawings if drawing.label == "real"}
    assert both <= real
    assert both | {"grid", "squares", "text", "strip", "screenshot"} <= ai


def test_drawing_is_repeatable_and_depends_on_the_seed():
    first, other = plan.plan(40, seed=1), plan.plan(40, seed=2)
    assert [plan.draw(one) for one in first] == [plan.draw(one) for one in first]
    assert plan.draw(first[0]) != plan.draw(other[0])


def test_treatments_are_what_they_say():
    by_treatment = {drawing.treatment: drawing for drawing in plan.plan(300, seed=1)}

    def opened(treatment):
        return decoding.decode(plan.draw(by_treatment[treatment])[1], 10**7)

    with pytest.raises(PictureError):
        opened("truncated")
    assert opened("grid").image.width == opened("grid").image.height
    rotated = opened("rotated")
    assert (rotated.width, rotated.height) == rotated.image.size[::-1]


def test_a_copy_has_the_bytes_of_the_picture_before_it():
    drawings = plan.plan(300, seed=1)
    copies = [place for place, one in enumerate(drawings) if one.treatment == "copy"]
    assert copies
    for place in copies:
        before, copy = plan.draw(drawings[place - 1]), plan.draw(drawings[place])
        assert before[1] == copy[1]
        assert before[0] != copy[0]


def test_no_class_is_known_by_its_rim():
    """A dark last row in ai pictures alone would be a shortcut drawn by mistake."""
    for drawing in plan.plan(300, seed=1):
        if drawing.treatment != "plain":
            continue
        image = decoding.decode(plan.draw(drawing)[1], 10**7).image.convert("L")
        rows = np.asarray(image, dtype=float)
        for rim, inside in ((rows[-1], rows[-5]), (rows[:, -1], rows[:, -5]), (rows[0], rows[4])):
            assert rim.mean() > 0.5 * inside.mean(), drawing.path
