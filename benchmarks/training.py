"""Times training against the usual way to load pictures, and against what the arithmetic allows.

    python -m benchmarks.training                   # toy sizes; benchmarks/training.json
    python -m benchmarks.training --report-sizes    # benchmarks/training_report.json

In turns, so that what else the machine does falls on all alike, each in pictures a second:

    loop        real_or_ai.stages.train.fitting.fit, its checkpoints included
    usual       ImageFolder on JPEG files, torchvision's transforms a picture, DataLoader with a
                worker a core, the same network and optimizer
    ceiling     the same network, optimizer and augmentation on batches that are in place already
    network     the same without augmentation and resizing
    mapped      fit on a memory-mapped pixels file that the process could not hold: RLIMIT_DATA,
                which counts all memory but that of files, leaves it half of the file's size
    in_memory   fit on the same pixels, held in memory (a GPU that holds them takes both alike)

The pictures are drawn here. Rates of work are those of `loop`: floating point operations of the
network forward and backward, against a large matrix product in the same precision.
"""

import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2
from tqdm import tqdm

from benchmarks.measuring import write
from real_or_ai.conventions.params import read
from real_or_ai.conventions.sections import AugmentationParams, FitParams
from real_or_ai.experiments.parameters import Parameters
from real_or_ai.experiments.running import read_changes
from real_or_ai.experiments.set_params import changed
from real_or_ai.registry import NETWORKS
from real_or_ai.stages.train.batches import Batches
from real_or_ai.stages.train.checkpoint import Checkpoint
from real_or_ai.stages.train.fitting import fit, forward, layout
from real_or_ai.stages.train.network import find
from real_or_ai.tensors.augmentation import augment
from real_or_ai.tensors.device import find_device
from real_or_ai.tensors.preprocessing import Preprocessing, to_unit

TURNS = 5
PICTURES = {"toy": 160, "report": 768}  # that are drawn; as many as are trained on, about
SECONDS = 2.0  # a measurement takes at least, as the ceiling is fast
FILE_BYTES = 2**29  # of the pixels file that is larger than memory

Rates = dict[str, list[float]]  # what -> pictures a second, of each turn


@dataclass(frozen=True)
class Case:
    """One network, its parameters and the pixels it is trained on."""

    name: str
    params: FitParams
    augmentation: AugmentationParams
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    device: torch.device
    folder: Path  # holds the JPEG files, <class>/<number>.jpg

    def network(self) -> tuple[nn.Module, int]:
        """The network on the device as `fit` lays it out, and the side of its input in px."""
        network, size = find(self.name).build(self.params)
        return network.to(self.device).to(memory_format=layout(network, self.device)), size


def main() -> None:
    sizes = "report" if sys.argv[1:] == ["--report-sizes"] else "toy"
    values = read()
    if sizes == "report":
        values = changed(values, read_changes(Path("experiments/paper.txt")))
    params = Parameters.of(values)
    # The report's own augmentation is done before the split; what is timed here is ours.
    augmentation = Parameters.of(read()).train.augmentation
    size = params.decode.size
    device = find_device()
    result: dict[str, object] = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
        "sizes": sizes,
        "stored_px": size,
        "turns": TURNS,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pixels, labels = drawn(folder / "pictures", size, PICTURES[sizes])
        for network in NETWORKS:
            part = getattr(params.train, network)
            case = Case(network, part, augmentation, pixels, labels, device, folder / "pictures")
            result[network] = measured(case)
            print(network, result[network])
            if network == "lenet5":  # the fastest: the one whose loading would show
                result["larger_than_memory"] = larger_than_memory(case, folder / "pixels.npy")
                print(result["larger_than_memory"])
    write("training" if sizes == "toy" else "training_report", result)


def drawn(folder: Path, size: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Smooth pictures uint8 [count, size, size, 3] and labels; also as JPEG files by class."""
    labels = np.arange(count) % 2
    pixels = np.empty((count, size, size, 3), np.uint8)
    for row, label in enumerate(labels):
        coarse = np.random.default_rng(row).integers(0, 256, (17, 17, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        pixels[row] = image
        path = folder / str(label) / f"{row:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, quality=85)
    return pixels, labels


def measured(case: Case) -> dict[str, object]:
    """Rates in turns, their ratios, and the share of the machine's rate of arithmetic."""
    ways: dict[str, Callable[[], float]] = {
        "loop": lambda: loop_rate(case, case.pixels, np.arange(len(case.pixels))),
        "usual": usual(case),
        "ceiling": lambda: bare_rate(case, augmented=True),
        "network": lambda: bare_rate(case, augmented=False),
    }
    rates: Rates = {way: [] for way in ways}
    products = []
    for _ in tqdm(range(TURNS), desc=case.name, disable=None):
        for way, rate in ways.items():
            rates[way].append(rate())
        products.append(product_flops(case.device))
    flops = network_flops(case)
    shares = [flops * rate / product for rate, product in zip(rates["loop"], products, strict=True)]
    return {
        "batch_size": case.params.batch_size,
        "input_px": case.network()[1],
        "pictures_per_second": medians(rates),
        "loop_to_ceiling": ratio(rates, "loop", "ceiling"),
        "loop_to_usual": ratio(rates, "loop", "usual"),
        "loop_to_network": ratio(rates, "loop", "network"),
        "network_flops_a_picture": flops,
        "product_flops_per_second": round(statistics.median(products)),
        "share_of_product": round(statistics.median(shares), 3),
    }


def loop_rate(case: Case, pixels: NDArray[np.uint8], train: NDArray[np.intp]) -> float:
    """Of `fit`, in which two pictures to validate on count as pictures too."""
    seconds, done, epochs = 0.0, 0, 1
    while seconds < SECONDS:
        network, size = case.network()
        with tempfile.TemporaryDirectory() as folder:
            begun = now(case.device)
            fit(
                network,
                Batches(pixels, np.resize(case.labels, len(pixels)), case.device),
                train=train,
                val=train[:2],
                size=size,
                params=case.params.model_copy(update={"epochs": epochs, "patience": None}),
                augmentation=case.augmentation,
                device=case.device,
                seed=1,
                checkpoint=Checkpoint(Path(folder, "network.pt"), {}),
            )
            seconds = now(case.device) - begun
        done, epochs = epochs * (len(train) + 2), epochs * 4
    return done / seconds


def usual(case: Case) -> Callable[[], float]:
    """What times epochs of the usual loop, whose workers are kept from turn to turn."""
    network, size = case.network()
    strengths = case.augmentation
    flip = {"horizontal": v2.RandomHorizontalFlip, "vertical": v2.RandomVerticalFlip}
    operations = [
        v2.Identity(),
        flip[strengths.flip](1),
        v2.RandomRotation(strengths.rotate_degrees, v2.InterpolationMode.BILINEAR),
        v2.RandomResizedCrop(case.pixels.shape[1:3], (strengths.crop_scale, 1), (1, 1)),
        v2.Compose(
            [
                v2.PILToTensor(),
                v2.ToDtype(torch.float32, scale=True),
                v2.GaussianNoise(sigma=strengths.noise_sigma),
                v2.ToPILImage(),
            ]
        ),
    ]
    transform = v2.Compose(
        [
            v2.RandomChoice(operations),
            v2.Resize((size, size)),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    loader = DataLoader(
        ImageFolder(str(case.folder), transform),
        case.params.batch_size,
        shuffle=True,
        num_workers=torch.get_num_threads(),
        persistent_workers=True,
        pin_memory=case.device.type == "cuda",
    )
    step = stepping(case, network)
    for images, targets in loader:  # starts the workers
        step(images.to(case.device), targets.to(case.device))

    def rate() -> float:
        begun, done = now(case.device), 0
        while now(case.device) - begun < SECONDS:
            loss = 0.0
            for images, targets in loader:
                loss += step(images.to(case.device), targets.to(case.device)).item()
                done += len(targets)
        return done / (now(case.device) - begun)

    return rate


def bare_rate(case: Case, *, augmented: bool) -> float:
    """Steps over batches that are on the device before the clock starts."""
    network, size = case.network()
    network.train()
    step, preprocess = stepping(case, network), Preprocessing(size)
    chance = torch.Generator(case.device).manual_seed(0)
    pixels = torch.from_numpy(case.pixels).to(case.device).split(case.params.batch_size)
    labels = torch.from_numpy(case.labels).to(case.device).split(case.params.batch_size)
    ready = [preprocess(to_unit(batch)) for batch in pixels]

    def epoch() -> None:
        for batch, images, targets in zip(pixels, ready, labels, strict=True):
            if augmented:
                images = preprocess(augment(to_unit(batch), case.augmentation, chance))
            step(images, targets)

    epoch()
    begun, done = now(case.device), 0
    while now(case.device) - begun < SECONDS:
        for _ in range(1 if case.device.type == "cpu" else 20):  # between waits for a GPU
            epoch()
            done += len(case.pixels)
    return done / (now(case.device) - begun)


def stepping(case: Case, network: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """A step of Adam on a batch, in the precision and the layout of `fit`."""
    optimizer = torch.optim.Adam(network.parameters(), case.params.learning_rate, fused=True)

    def step(images: Tensor, targets: Tensor) -> Tensor:
        loss = F.cross_entropy(forward(network, images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def larger_than_memory(case: Case, path: Path) -> dict[str, object]:
    """Rates on pictures spread over a file of FILE_BYTES, held in memory and mapped."""
    count = FILE_BYTES // case.pixels[0].nbytes
    shape = (count, *case.pixels.shape[1:])
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, count, len(case.pixels)):
        file[start : start + len(case.pixels)] = case.pixels[: count - start]
    file.flush()
    del file
    rows = np.random.default_rng(0).permutation(count)[: max(case.params.batch_size, count // 8)]
    rates: Rates = {"mapped": [], "in_memory": []}
    headroom = FILE_BYTES // 2
    for _ in tqdm(range(TURNS), desc="larger than memory", disable=None):
        rates["in_memory"].append(loop_rate(case, np.load(path), rows))
        with memory_limited(headroom):
            demand_too_large(path)
            rates["mapped"].append(loop_rate(case, np.load(path, mmap_mode="r"), rows))
    return {
        "file_mb": round(path.stat().st_size / 1e6),
        "memory_left_mb": round(headroom / 1e6),
        "pictures_per_second": medians(rates),
        "mapped_to_in_memory": ratio(rates, "mapped", "in_memory"),
    }


@contextmanager
def memory_limited(more: int) -> Iterator[None]:
    """The process may take `more` bytes than it has, not counting mapped files."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    held = int(re.findall(r"VmData:\s+(\d+) kB", status)[0]) * 1024
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def demand_too_large(path: Path) -> None:
    """Raises SystemExit if the file can be held in memory: nothing would be measured then."""
    try:
        np.load(path)
    except MemoryError:
        return
    raise SystemExit(f"{path} fits into memory in spite of its limit")


def network_flops(case: Case) -> int:
    """Floating point operations of a picture, forward and backward."""
    network, size = case.network()
    images = torch.zeros(2, 3, size, size, device=case.device)  # two, for batch norm
    with FlopCounterMode(display=False) as counter:
        forward(network, images).sum().backward()
    return int(counter.get_total_flops()) // 2


def product_flops(device: torch.device) -> float:
    """Floating point operations a second of a matrix product, in the precision of `fit`.

    On a CPU the better of two libraries': MKL's, and oneDNN's, which computes convolutions and, on
    some processors, uses wider registers; a convolution of single pixels is a product, too.
    """
    side, kind = (8192, torch.bfloat16) if device.type == "cuda" else (2048, torch.float32)
    left, right = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    products: list[Callable[[], object]] = [lambda: left @ right]
    if device.type == "cpu":
        pixels, weights = left.reshape(1, side, -1, 64), right[:, :, None, None]
        products.append(lambda: F.conv2d(pixels, weights))
    return max(_flops_per_second(product, 2 * side**3, device) for product in products)


def _flops_per_second(product: Callable[[], object], flops: int, device: torch.device) -> float:
    product()
    begun, done = now(device), 0
    while now(device) - begun < SECONDS / 4:
        product()
        done += flops
    return done / (now(device) - begun)


def now(device: torch.device) -> float:
    """Seconds, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def medians(rates: Rates) -> dict[str, float]:
    return {way: round(statistics.median(values), 1) for way, values in rates.items()}


def ratio(rates: Rates, first: str, second: str) -> dict[str, object]:
    """The median of the turns' ratios, and each of them."""
    turns = [round(a / b, 3) for a, b in zip(rates[first], rates[second], strict=True)]
    return {"median": statistics.median(turns), "of_each_turn": turns}


if __name__ == "__main__":
    main()
