"""Colour profiles, made here."""

import io
import struct

from PIL import Image, ImageCms

WIDE = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407)}  # fmt: skip
D50 = struct.pack(">3i", 63190, 65536, 54061)


def srgb(name: str = "sRGB built-in") -> bytes:
    """lcms's own sRGB, under another name of as many letters."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    old = "sRGB built-in"
    assert len(name) == len(old)
    assert old.encode("utf-16-be") in profile
    return profile.replace(old.encode("utf-16-be"), name.encode("utf-16-be"))


def p3(name: str = "Display of P3") -> bytes:
    """Display P3, made from sRGB by exchanging its primaries."""
    profile = bytearray(srgb(name))
    for index in range(int.from_bytes(profile[128:132])):
        tag, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if tag in WIDE:
            fixed = [round(value * 65536) for value in WIDE[tag]]
            struct.pack_into(">3i", profile, offset + 8, *fixed)
    return bytes(profile)


def gray(gamma: float) -> bytes:
    """A gray profile of that gamma, as small as one may be."""
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    white = b"XYZ " + bytes(4) + D50
    at = 128 + 4 + 2 * 12
    table = struct.pack(">I4sII", 2, b"kTRC", at, len(curve))
    table += struct.pack(">4sII", b"wtpt", at + len(curve), len(white))
    profile = bytearray(128) + table + curve + white
    profile[:4], profile[8:12] = len(profile).to_bytes(4), b"\2\x10\0\0"
    profile[12:24], profile[36:40], profile[68:80] = b"mntrGRAYXYZ ", b"acsp", D50
    return bytes(profile)


def stored_as(image: Image.Image, profile: bytes) -> Image.Image:
    """The numbers that show an sRGB image's colours in an RGB profile."""
    shown = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        outputMode="RGB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )  # fmt: skip
    assert shown is not None
    shown.info.clear()
    return shown
