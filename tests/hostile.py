"""Files that a raw folder may hold and a picture door must survive, each with what it must say."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

PICTURE = "picture"  # it is read; anything else is the reason why not
MAX_PIXELS = 1_000_000


@dataclass(frozen=True)
class Case:
    """A file's name, what makes it at a path, and what it ends as: PICTURE or a reason."""

    name: str
    make: Callable[[Path], object]
    expected: str


def corpus() -> list[Case]:
    """All cases; their names are unique and safe on every file system."""
    cases = [Case(name, _writer(data), PICTURE) for name, data in odd_pictures()]
    cases += [Case(name, _writer(data), reason) for name, data, reason in bad_files()]
    cases += [
        Case("dangling.png", lambda path: path.symlink_to("nowhere.png"), "unreadable file"),
        Case("loop.png", lambda path: path.symlink_to(path.name), "unreadable file"),
        Case("round-a.png", lambda path: path.symlink_to("round-b.png"), "unreadable file"),
        Case("round-b.png", lambda path: path.symlink_to("round-a.png"), "unreadable file"),
        Case("linked-folder.png", lambda path: path.symlink_to("."), "not a file"),
        Case("pipe.png", os.mkfifo, "not a file"),
        Case("device.png", lambda path: path.symlink_to("/dev/zero"), "not a file"),
    ]
    if os.geteuid() != 0:  # root may read everything
        cases.append(Case("locked.png", _locked, "unreadable file"))
    return cases


def scene(width: int = 96, height: int = 80, seed: int = 0) -> Image.Image:
    """Smooth coloured noise: no seams, no letters, not blank."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def odd_pictures() -> list[tuple[str, bytes]]:
    rgb = scene(seed=1)
    jpeg, png = encoded(scene(seed=2), "JPEG"), encoded(scene(seed=3), "PNG")
    frames = [scene(seed=seed) for seed in (4, 5, 6)]
    moving = {"save_all": True, "append_images": frames[1:], "duration": 50}
    gray = np.asarray(scene(seed=7).convert("L"))
    deep = gray.astype(np.uint16) * 257
    floats = gray.astype(np.float32) / 255
    floats_with_holes = floats.copy()
    floats_with_holes[:5] = np.nan
    palette = scene(seed=8).quantize(64)
    veiled = scene(seed=9).convert("RGBA")
    veiled.putalpha(Image.linear_gradient("L").resize(veiled.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    second_lost = encoded(scene(seed=61), "MPO", save_all=True, append_images=[scene()])
    still_in_frames = encoded(scene(seed=62).quantize(64), "GIF", **moving)
    animation = encoded(scene(seed=63), "PNG", **moving)
    endless = floats[:, ::-1].copy()
    endless[:2], endless[2:4] = np.inf, -np.inf
    heic_of_any_kind = bytearray(_heic(scene(seed=64)))
    heic_of_any_kind[8:12] = b"mif1"  # the brand that AVIF and HEIC share
    wild_exif = Image.Exif()
    wild_exif[0x0112] = 99
    return [
        ("no-suffix", encoded(scene(seed=10), "PNG")),
        ("png-named.jpg", encoded(scene(seed=11), "PNG")),
        ("jpeg-named.png", encoded(scene(seed=12), "JPEG")),
        ("gif-named.webp", encoded(scene(seed=13).quantize(32), "GIF")),
        ("UPPER.JPEG", encoded(scene(seed=14), "JPEG")),
        ("moving.gif", encoded(frames[0].quantize(64), "GIF", **moving)),
        ("moving.webp", encoded(frames[0].rotate(180), "WEBP", **moving)),
        ("moving.png", encoded(frames[0].rotate(90), "PNG", **moving)),
        ("moving.avif", encoded(scene(seed=15), "AVIF", **moving)),
        ("pages.tiff", encoded(scene(seed=16), "TIFF", save_all=True, append_images=frames)),
        ("pages.mpo", encoded(scene(seed=17), "MPO", save_all=True, append_images=frames[:1])),
        ("cmyk.jpg", encoded(scene(seed=18).convert("CMYK"), "JPEG")),
        ("cmyk.tiff", encoded(scene(seed=19).convert("CMYK"), "TIFF")),
        ("lab.tiff", encoded(_lab(scene(seed=20)), "TIFF")),
        ("ycbcr.tiff", encoded(scene(seed=21).convert("YCbCr"), "TIFF")),
        ("deep.png", encoded(Image.fromarray(deep), "PNG")),
        ("deep.tiff", encoded(Image.fromarray(deep[:, ::-1]), "TIFF")),
        ("deep-rgb.png", _deep_rgb_png(48, 40)),
        ("long.tiff", encoded(Image.fromarray(deep[::-1].astype(np.int32)), "TIFF")),
        ("float.tiff", encoded(Image.fromarray(floats[::-1, ::-1]), "TIFF")),
        ("float-with-holes.tiff", encoded(Image.fromarray(floats_with_holes), "TIFF")),
        ("bilevel.png", encoded(scene(seed=22).convert("1"), "PNG")),
        ("gray.jpg", encoded(scene(seed=23).convert("L"), "JPEG")),
        ("gray-alpha.png", encoded(scene(seed=24).convert("LA"), "PNG")),
        ("alpha.png", encoded(veiled, "PNG")),
        ("alpha.webp", encoded(veiled.rotate(180), "WEBP")),
        ("palette.png", encoded(palette, "PNG")),
        ("palette.bmp", encoded(scene(seed=25).quantize(16), "BMP")),
        ("palette-transparent.png", encoded(scene(seed=26).quantize(64), "PNG", transparency=0)),
        (
            "palette-alphas.png",
            encoded(scene(seed=27).quantize(64), "PNG", transparency=bytes(range(0, 256, 4))),
        ),
        ("palette-transparent.gif", encoded(scene(seed=28).quantize(64), "GIF", transparency=1)),
        ("rgb-transparent.png", encoded(scene(seed=29), "PNG", transparency=(255, 0, 0))),
        ("turned.jpg", encoded(scene(seed=30), "JPEG", exif=exif)),
        ("turned.png", encoded(scene(seed=31), "PNG", exif=exif)),
        ("turned.webp", encoded(scene(seed=32), "WEBP", exif=exif)),
        ("wild-orientation.jpg", encoded(scene(seed=33), "JPEG", exif=wild_exif)),
        ("broken-exif.jpg", encoded(scene(seed=34), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff")),
        ("broken-profile.jpg", encoded(scene(seed=35), "JPEG", icc_profile=b"not a profile")),
        ("unwritable-exif.jpg", encoded(scene(seed=65), "JPEG", exif=_unwritable_exif())),
        ("second-lost.mpo", second_lost[: second_lost.rindex(b"\xff\xd8")]),
        ("later-frames-cut.gif", still_in_frames[: len(still_in_frames) * 2 // 3]),
        ("later-frames-cut.png", animation[: len(animation) * 2 // 3]),
        ("big-endian.tiff", encoded(Image.fromarray(deep[::2].astype(">u2")), "TIFF")),
        ("deep-transparent.png", encoded(Image.fromarray(deep[1:]), "PNG", transparency=0)),
        ("endless-float.tiff", encoded(Image.fromarray(endless), "TIFF")),
        ("jpeg-within.tiff", encoded(scene(seed=66), "TIFF", compression="jpeg")),
        ("fax.tiff", encoded(scene(seed=67).convert("1"), "TIFF", compression="group4")),
        ("of-any-kind.heic", bytes(heic_of_any_kind)),
        ("progressive.jpg", encoded(scene(seed=36), "JPEG", progressive=True)),
        ("followed-by-a-zip.jpg", jpeg + b"PK\x03\x04" + bytes(500)),
        ("followed-by-html.png", png + b"<script>alert(1)</script>"),
        ("lossless.webp", encoded(scene(seed=37), "WEBP", lossless=True)),
        ("still.avif", encoded(scene(seed=38), "AVIF")),
        ("still.heic", _heic(scene(seed=39))),
        ("sixteen-colours.gif", encoded(scene(seed=40).quantize(16), "GIF")),
        ("packed.tiff", encoded(scene(seed=41), "TIFF", compression="tiff_lzw")),
        ("name with spaces.png", encoded(scene(seed=42), "PNG")),
        ("name\nwith\nlines.png", encoded(scene(seed=43), "PNG")),
        ('name "quoted", and more.png', encoded(scene(seed=44), "PNG")),
        ("=cmd|calc.png", encoded(scene(seed=45), "PNG")),
        ("-rf.png", encoded(scene(seed=46), "PNG")),
        (" .png", encoded(scene(seed=47), "PNG")),
        ("имя-名前-🖼-e\u0301.png", encoded(scene(seed=48), "PNG")),
        ("right-to-left-\u202egnp.png", encoded(scene(seed=49), "PNG")),
        (os.fsdecode(b"not-utf8-\xff\xfe.png"), encoded(scene(seed=50), "PNG")),
        ("n" * 200 + ".png", encoded(scene(seed=51), "PNG")),
        ("rgb.png", encoded(rgb, "PNG")),
        *talkative(),
    ]


def talkative() -> list[tuple[str, bytes]]:
    """Pictures whose metadata would take all time or memory of who reads it without a bound."""
    deep = b"<x:xmpmeta xmlns:x='u'>" + b"<a>" * 15_000
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (n + 1, b"&a%d;" % n * 10) for n in range(9))
    laughing = b'<!DOCTYPE a [<!ENTITY a0 "ha">' + laughs + b"]><a>&a9;</a>"
    gif = encoded(scene(seed=90).quantize(32), "GIF")
    at = gif.index(b"\x2c", 13 + 3 * 32)
    commented = gif[:at] + b"\x21\xfe\x01x\0" * 20_000 + gif[at:]
    dataset = b"\x1c\x02\x78\x7f\xff"  # claims 32 kB that are not there
    iim = b"8BIM\x04\x04\0\0" + struct.pack(">I", 2**32 - 1) + dataset * 10_000
    resources = b"8BIM\x03\xe9\0\0\0\0\0\0" * 5000
    boxes = b""
    for _ in range(3000):
        boxes = struct.pack(">I4s", 8 + len(boxes), b"jumb") + boxes
    jpeg, png = encoded(scene(seed=91), "JPEG"), encoded(scene(seed=92), "PNG")
    return [
        ("xmp-deep.jpg", encoded(scene(seed=93), "JPEG", xmp=deep)),
        ("xmp-laughs.jpg", encoded(scene(seed=94), "JPEG", xmp=laughing)),
        ("comments.gif", commented[:13] + bytes(range(96)) + commented[109:]),
        ("iim-endless.jpg", jpeg[:2] + _segment(0xED, b"Photoshop 3.0\0" + iim) + jpeg[2:]),
        ("xmp-laughs.webp", encoded(scene(seed=95), "WEBP", xmp=laughing)),
        ("resources.tiff", encoded(scene(seed=96), "TIFF", tiffinfo={34377: resources})),
        ("boxes-deep.png", png[:33] + _chunk(b"caBX", boxes) + png[33:]),
        ("big-round.tiff", _big_tiff()),
    ]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


def _big_tiff() -> bytes:
    """A gray BigTIFF whose software is all of its bytes, and whose EXIF is its first directory."""
    side = 64
    pixels = np.asarray(scene(side, side, seed=97).convert("L")).tobytes()
    tags = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1, 278: side, 279: len(pixels)}
    fields = [(tag, 4, 1, value) for tag, value in tags.items()]
    start = 16 + 8 + 20 * (len(fields) + 3) + 8
    fields += [(273, 4, 1, start), (305, 2, start + len(pixels) - 16, 16), (34665, 13, 1, 16)]
    entries = b"".join(struct.pack("<HHQQ", *field) for field in sorted(fields))
    return b"II" + struct.pack("<HHHQQ", 43, 8, 0, 16, len(fields)) + entries + bytes(8) + pixels


def bad_files() -> list[tuple[str, bytes, str]]:
    jpeg, png = encoded(scene(200, 160), "JPEG"), encoded(scene(200, 160), "PNG")
    webp, avif = encoded(scene(200, 160), "WEBP"), encoded(scene(200, 160), "AVIF")
    gif, tiff = encoded(scene().quantize(64), "GIF"), encoded(scene(200, 160), "TIFF")
    heic = _heic(scene(200, 160))
    return [
        ("empty.jpg", b"", "empty file"),
        ("one-byte.jpg", b"\xff", "not a picture"),
        ("text.jpg", b"this is no picture\n", "not a picture"),
        ("page.png", b"<!doctype html><title>404</title>", "not a picture"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a picture"),
        ("print.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        ("pdf.jpg", b"%PDF-1.4\n%%EOF", "not a picture"),
        ("archive.png", b"PK\x03\x04" + bytes(100), "not a picture"),
        ("icon.jpg", encoded(scene(32, 32), "ICO"), "not a picture"),
        ("targa.png", encoded(scene(), "TGA"), "not a picture"),
        ("zeros.jpg", bytes(5000), "not a picture"),
        ("noise.jpg", np.random.default_rng(0).bytes(5000), "not a picture"),
        ("cut.jpg", jpeg[: len(jpeg) // 2], "damaged"),
        ("cut.png", png[: len(png) // 2], "damaged"),
        ("cut.webp", webp[: len(webp) // 2], "damaged"),
        ("cut.avif", avif[: len(avif) // 2], "not a picture"),
        ("cut.gif", gif[: len(gif) // 2], "damaged"),
        ("cut.tiff", tiff[: len(tiff) // 2], "damaged"),
        ("cut.heic", heic[: len(heic) // 2], "damaged"),
        ("filled-up.jpg", jpeg[: len(jpeg) // 2] + bytes(len(jpeg)), "damaged"),
        ("jpeg2000.jpg", encoded(scene(), "JPEG2000"), "not a picture"),
        ("portable.png", encoded(scene(), "PPM"), "not a picture"),
        ("document.jpg", encoded(scene(), "PDF"), "not a picture"),
        ("postscript.jpg", encoded(scene(), "EPS"), "not a picture"),
        ("layers.jpg", b"8BPS\0\1" + bytes(100), "not a picture"),
        (
            "xmp-unending.gif",
            gif[:13] + b"\x21\xff\x0bXMP DataXMP" + b"<a>" * 5000,
            "not a picture",
        ),
        ("no-frames.gif", gif[:13] + b";", "not a picture"),
        ("no-palette.png", _png(8, 8, bytes(72), colour=3), "damaged"),
        ("profile-bomb.png", _chunk_bomb(b"iCCP"), PICTURE),
        ("huge-tile.tiff", _tiled_tiff(10, 60000), "damaged"),
        ("bomb.gif", gif_bomb(), "too many pixels"),
        ("bomb.tiff", _tiled_tiff(60000, 256), "too many pixels"),
        ("bomb-within.webp", encoded(scene(1001, 1000), "WEBP"), "too many pixels"),
        ("bomb-within.avif", encoded(scene(1001, 1000), "AVIF"), "too many pixels"),
        ("bomb-within.heic", _heic(scene(1001, 1000)), "too many pixels"),
        ("header-only.jpg", jpeg[:20], "not a picture"),
        ("header-only.png", png[:8], "not a picture"),
        ("bad-checksum.png", png[:40] + bytes([png[40] ^ 0xFF]) + png[41:], "not a picture"),
        ("no-pixels.png", _png(10, 10, b""), "damaged"),
        ("bomb.png", _png(60000, 60000, b""), "too many pixels"),
        ("bomb-within.png", _png(1001, 1000, bytes(1001 * 1000 + 1000)), "too many pixels"),
        ("text-bomb.png", _chunk_bomb(b"zTXt"), PICTURE),
        ("one-pixel.png", encoded(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        ("tall.png", encoded(scene(1, 5000), "PNG"), "too small"),
        ("wide.png", encoded(scene(5000, 1), "PNG"), "too small"),
        ("blank.png", encoded(Image.new("RGB", (80, 80), "navy"), "PNG"), "screenshot"),
        ("clear.png", encoded(Image.new("RGBA", (80, 80), (9, 9, 9, 0)), "PNG"), "screenshot"),
    ]


def _writer(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def _locked(path: Path) -> None:
    path.write_bytes(encoded(scene(), "PNG"))
    path.chmod(0)


def _lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")


def _heic(image: Image.Image) -> bytes:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(image).save(buffer)
    return buffer.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, gray: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG that declares this size, whatever its data [height, 1 + width] are."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = _chunk(b"IDAT", zlib.compress(gray)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + data


def _deep_rgb_png(width: int, height: int) -> bytes:
    """16 bits a channel, which Pillow itself cannot write."""
    values = np.asarray(scene(width, height, seed=60)).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return _png(width, height, rows, depth=16, colour=2)


def _chunk_bomb(kind: bytes) -> bytes:
    """A small file whose text or profile unpacks to 100 MB."""
    million = zlib.compressobj(9, wbits=-15)  # deflated once: the same block a hundred times over
    block = million.compress(bytes(10**6)) + million.flush(zlib.Z_FULL_FLUSH)
    check = zlib.adler32(bytes(10**8)).to_bytes(4)
    png = encoded(scene(seed=80 + kind[0]), "PNG")
    data = b"\x78\xda" + block * 100 + b"\x03\0" + check
    return png[:33] + _chunk(kind, b"key\0\0" + data) + png[33:]


def gif_bomb() -> bytes:
    """A screen of one pixel whose only frame declares 4 GB, to be disposed of to the background."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    disposal = b"\x21\xf9\x04\x08" + bytes(4)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
    return screen + disposal + frame + b"\x02\x02\x4c\x01\0;"


def png_bomb() -> bytes:
    return _png(60000, 60000, bytes(10))


def _tiled_tiff(side: int, tile: int) -> bytes:
    """A gray square that declares this size and this size of its tiles, deflated."""
    data = zlib.compress(bytes(1000))
    tags = {256: side, 257: side, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile}
    tags |= {324: 8 + 2 + 12 * (len(tags) + 2) + 4, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def _unwritable_exif() -> bytes:
    """It says that the picture lies on its side, and gives a whole number as a fraction."""
    entries = struct.pack("<HHIf", 0x0103, 11, 1, 1.0) + struct.pack("<HHIHxx", 0x0112, 3, 1, 6)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
