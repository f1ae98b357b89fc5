"""Names of the arrays that pass between modules, by what they hold; docstrings give the shapes."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Groups = NDArray[np.str_]  # [N]: the name of each picture's group
Labels = NDArray[np.int64]  # [N] in {0, 1}: real, ai
Pixels = NDArray[np.uint8]  # [..., H, W, 3] in RGB, or [H, W] in gray
