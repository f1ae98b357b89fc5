"""An explanation as a picture: what the detector saw, where its score comes from, and the scale.

Drawn with Pillow alone, for the plain install has no plotting library.
"""

import textwrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from real_or_ai.check.occlusion import Explanation
from real_or_ai.detector_file.session import score_of

CAUTION = (
    "The map shows what this score hangs on, not what in the picture is artificial: each place "
    "was hidden in turn, {patch} of {size} px wide, and the colour is the change of the log odds. "
    "It is coarse, places that matter only together do not show, and a wrong score has a map too."
)
SIDE = 360  # px of each of the two squares
MARGIN, BAR = 16, 18  # px
REAL_COLOUR, AI_COLOUR = (33, 102, 172), (178, 24, 43)  # told apart with any colour vision
STRONGEST = 0.8  # opacity of the strongest change
LEAST_SCALE = 0.01  # of log odds: below it, noise is not blown up to full colour


def draw(explanation: Explanation, heading: str) -> Image.Image:
    """RGB: heading, the square the detector saw beside its map, the scale with numbers, a caution.

    heading: one line or more; what the picture is and what was said of it.
    """
    limit = max(float(np.abs(explanation.change).max()), LEAST_SCALE)
    width = 2 * SIDE + 3 * MARGIN
    size, patch = len(explanation.pixels), explanation.patch
    head = textwrap.wrap(heading, width // 8)
    foot = textwrap.wrap(CAUTION.format(patch=patch, size=size), width // 6)
    top = MARGIN + 20 * len(head)
    scale_top = top + SIDE + MARGIN
    foot_top = scale_top + BAR + 44
    sheet = Image.new("RGB", (width, foot_top + 17 * len(foot) + MARGIN), "white")
    canvas = ImageDraw.Draw(sheet)
    canvas.multiline_text(
        (MARGIN, MARGIN - 6), "\n".join(head), "black", ImageFont.load_default(15)
    )
    seen = Image.fromarray(explanation.pixels)
    sheet.paste(seen.resize((SIDE, SIDE), Image.Resampling.BICUBIC), (MARGIN, top))
    sheet.paste(_map(seen, explanation.change / limit), (SIDE + 2 * MARGIN, top))
    _scale(sheet, (MARGIN, scale_top), explanation.logit, limit)
    canvas.multiline_text(
        (MARGIN, foot_top), "\n".join(foot), "#404040", ImageFont.load_default(12)
    )
    return sheet


def _map(seen: Image.Image, strength: NDArray[np.float64]) -> Image.Image:
    """The picture in gray under colours; strength [S, S] in [-1, 1]."""
    enlarged = Image.fromarray(strength.astype(np.float32)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    gray = np.asarray(seen.convert("L").resize((SIDE, SIDE)), dtype=np.float64)[..., None]
    return Image.fromarray(_coloured(np.clip(np.asarray(enlarged), -1, 1), 55 + 0.75 * gray))


def _coloured(strength: NDArray[np.float64], ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    """uint8 [H, W, 3]: colours by `strength` [H, W] over the gray `ground` [H, W, 1]."""
    colour = np.where(strength[..., None] > 0, AI_COLOUR, REAL_COLOUR)
    opacity = STRONGEST * np.abs(strength)[..., None]
    return np.rint(ground * (1 - opacity) + colour * opacity).astype(np.uint8)


def _scale(sheet: Image.Image, corner: tuple[int, int], logit: float, limit: float) -> None:
    """The bar of colours, numbers below it, and what the ends mean."""
    left, top = corner
    width = sheet.width - 2 * MARGIN
    strength = np.tile(np.linspace(-1, 1, width), (BAR, 1))
    sheet.paste(Image.fromarray(_coloured(strength, np.full((BAR, width, 1), 235.0))), corner)
    canvas, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for place, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        number = limit * (2 * place - 1)
        at = left + place * width, top + BAR + 4
        canvas.text(at, f"{number:+.2f}" if number else "0", "black", font, anchor)
    below = top + BAR + 20
    score = float(score_of(np.array([logit]))[0])
    canvas.text((left, below), "speaks for real", REAL_COLOUR, font)
    canvas.text((left + width, below), "speaks for AI", AI_COLOUR, font, "ra")
    middle = f"log odds; the picture's are {logit:+.2f}, score {score:.3f}"
    canvas.text((left + width / 2, below), middle, "black", font, "ma")
