"""What is done to drawn pictures: credentials, a generator's page, palettes and other modes."""

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont


def squares(image: Image.Image) -> Image.Image:
    """DALL-E's signature: five colour squares in the bottom right corner."""
    side = max(5, image.height // 40)
    canvas = ImageDraw.Draw(image)
    for place, colour in enumerate(("#ffff66", "#42ffff", "#51da4c", "#ff6e3c", "#3c46ff")):
        x = image.width - (5 - place) * side
        canvas.rectangle((x, image.height - side, x + side - 1, image.height - 1), colour)
    return image


def text(image: Image.Image) -> Image.Image:
    """A generator's name in white on a dark plate, bottom right."""
    canvas = ImageDraw.Draw(image)
    width, height = image.size
    canvas.rectangle((width - 92, height - 16, width - 1, height - 1), "#202020")
    canvas.text((width - 88, height - 14), "DRAWN BY AI", "white", ImageFont.load_default(11))
    return image


def strip(image: Image.Image) -> Image.Image:
    """A caption on a strip added below."""
    sheet = Image.new("RGB", (image.width, image.height + 18), "#101018")
    sheet.paste(image)
    font = ImageFont.load_default(11)
    ImageDraw.Draw(sheet).text((6, image.height + 3), "made with a toy", "white", font)
    return sheet


def screenshot(image: Image.Image) -> Image.Image:
    """The generator's page: a title, lines of text and a small picture on white."""
    sheet = Image.new("RGB", (360, 420), "#f7f7f8")
    canvas, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for line in range(13):
        canvas.text((16, 14 + 17 * line), "a scene of discs and polygons, " * 2, "#303030", font)
    sheet.paste(image.resize((130, 130)), (16, 270))
    return sheet


TREATED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "squares": squares,
    "text": text,
    "strip": strip,
    "screenshot": screenshot,
    "near-duplicate": lambda image: image.resize((image.width * 9 // 10, image.height * 9 // 10)),
    "gray": lambda image: image.convert("L"),
    "palette": lambda image: image.convert("P", palette=Image.Palette.ADAPTIVE),
    "cmyk": lambda image: image.convert("CMYK"),
    "rotated": lambda image: image.transpose(Image.Transpose.ROTATE_90),  # EXIF turns it back
}
