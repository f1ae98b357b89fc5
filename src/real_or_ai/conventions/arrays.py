"""Names of the arrays and boxes that pass between modules; docstrings give the shapes."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Groups = NDArray[np.str_]  # [N]: the name of each picture's group
Labels = NDArray[np.int64]  # [N] in {0, 1}: real, ai
Pixels = NDArray[np.uint8]  # [..., H, W, 3] in RGB, or [H, W] in gray

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, the latter two exclusive
