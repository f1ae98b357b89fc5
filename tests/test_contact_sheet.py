import numpy as np
from PIL import Image

from real_or_ai.drawing import contact_sheet


def test_marked_pictures_alone_have_a_red_frame(tmp_path):
    gray = np.full((20, 20, 3), 128, np.uint8)
    cells = [
        contact_sheet.Cell(gray, "true real\nsaid ai", marked=index == 1) for index in range(3)
    ]
    contact_sheet.save(tmp_path / "a.jpg", "title", cells, columns=2)
    with Image.open(tmp_path / "a.jpg") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape == (
        2 * (contact_sheet.CELL + contact_sheet.CAPTION + 8) + 30,
        2 * (contact_sheet.CELL + 8) + 8,
        3,
    )
    red = np.abs(pixels - (198, 40, 40)).max(axis=2) < 60
    right, left = (
        red[: 30 + contact_sheet.CELL, contact_sheet.CELL + 10 :],
        red[:, : contact_sheet.CELL],
    )
    assert right.sum() > 3 * 4 * contact_sheet.CELL * 0.6
    assert left.sum() == 0
    middle = pixels[30 + contact_sheet.CELL // 2, 8 + contact_sheet.CELL // 2]
    assert np.abs(middle - 128).max() < 6
