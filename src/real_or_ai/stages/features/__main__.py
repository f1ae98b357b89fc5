"""Stage `features`: what a frozen network makes of every picture."""

import sys
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing
from real_or_ai.conventions.params import load
from real_or_ai.conventions.sections import FeaturesParams
from real_or_ai.networks.frozen import Frozen
from real_or_ai.tensors.device import find_device
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

BATCH = 32  # pictures; on two cores larger ones are no faster
RESIZED = 8  # of them at a time: memory of that size is used again, larger is asked for anew


def run(pixels_npy: Path, features_npz: Path, params: FeaturesParams) -> None:
    """Writes `features`, float32 [N, K], in the order of the pixels, and the layers' `widths`."""
    pixels = np.load(pixels_npy, mmap_mode="c")
    device = find_device()
    network = Frozen(params)
    network = network.to(device).to(memory_format=torch.channels_last)
    preprocess = Preprocessing(params.size)
    features = np.empty((len(pixels), sum(network.widths)), dtype=np.float32)
    progress = tqdm(total=len(pixels), desc="features", unit=" pictures", disable=None)
    with torch.inference_mode(), progress:
        for start in range(0, len(pixels), BATCH):
            batch = torch.from_numpy(pixels[start : start + BATCH]).to(device)
            images = torch.cat([preprocess(to_unit(part)) for part in torch.split(batch, RESIZED)])
            images = images.contiguous(memory_format=torch.channels_last)
            features[start : start + BATCH] = network(images).cpu().numpy()
            progress.update(len(batch))
    with replacing(features_npz) as temporary, temporary.open("wb") as file:
        np.savez(file, features=features, widths=np.array(network.widths))


if __name__ == "__main__":
    with told_in_one_sentence():
        pixels_npy, features_npz = map(Path, sys.argv[1:])
        run(pixels_npy, features_npz, load(FeaturesParams, "features"))
