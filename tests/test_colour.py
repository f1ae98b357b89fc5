"""A profile counts by what it does to colours, in pictures of every mode."""

import numpy as np
import pytest
from PIL import Image

import profiles
from conftest import encoded
from real_or_ai.pictures import colour
from real_or_ai.pictures.decoding import decode


def found(data: bytes) -> np.ndarray:
    return np.asarray(decode(data, 10**6).image).astype(int)


@pytest.fixture
def seen() -> Image.Image:
    """Colours that sRGB and Display P3 both have."""
    ramp = Image.linear_gradient("L").resize((96, 96))
    turned = Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))
    return turned.point(lambda value: 60 + value // 2)


@pytest.mark.parametrize("name", ["Display of P3", "sRGB built-in"])
def test_the_same_colours_in_another_profile_are_the_same_pixels(seen, name):
    wide = profiles.p3(name)
    stored = profiles.stored_as(seen, wide)
    assert np.abs(np.asarray(stored).astype(int) - np.asarray(seen)).max() > 8
    veiled = stored.convert("RGBA")
    for image, kind in ((stored, "PNG"), (stored, "TIFF"), (veiled, "PNG")):
        apart = np.abs(found(encoded(image, kind, icc_profile=wide)) - np.asarray(seen))
        assert apart.max() <= 2


@pytest.mark.parametrize("options", [{}, {"transparency": 255}])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_palette_has_a_profile_as_well(seen, kind, options):
    stored = profiles.stored_as(seen, profiles.p3()).quantize(200)
    shown = encoded(stored.convert("RGB"), icc_profile=profiles.p3())
    told = {"icc_profile": profiles.p3()} | (options if kind == "PNG" else {})
    assert np.array_equal(found(encoded(stored, kind, **told)), found(shown))


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "I"])
def test_gray_of_any_depth_has_a_profile_as_well(mode):
    """Light as it is measured, which is no gray level as it is seen."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(4, axis=0)
    light = ramp / 255
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    deep = ramp.astype(np.uint16) * 257
    image = {
        "L": Image.fromarray(ramp),
        "LA": Image.fromarray(ramp).convert("LA"),
        "I;16": Image.fromarray(deep),
        "I": Image.fromarray(deep.astype(np.int32)),
    }[mode]
    kind = "TIFF" if mode == "I" else "PNG"
    linear = found(encoded(image, kind, icc_profile=profiles.gray(1.0)))
    assert np.abs(linear - expected[..., None]).max() <= 2
    wrong = found(encoded(image, kind, icc_profile=profiles.p3()))
    assert np.array_equal(wrong, ramp[..., None].repeat(3, axis=2))


def test_srgb_and_broken_profiles_change_no_pixel(draw_scene):
    image = draw_scene(3)
    odd, broken = profiles.srgb("no name at al"), profiles.p3()[:300]
    for profile in (profiles.srgb(), odd, b"not a profile", broken, b""):
        assert np.array_equal(found(encoded(image, icc_profile=profile)), np.asarray(image))


def test_srgb_costs_nothing_whatever_its_name_is(draw_scene):
    image = draw_scene(3)
    assert colour.to_srgb(image, profiles.srgb("no name at al")) is image
    assert colour.to_srgb(image, profiles.p3("sRGB built-in")) is not image
