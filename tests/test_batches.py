import numpy as np
import pytest
import torch

from real_or_ai.stages.train.batches import Batches

CPU = torch.device("cpu")


def numbered(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels [count, 2, 2, 3] that hold their row's number, and labels that are it."""
    numbers = np.arange(count)
    return np.broadcast_to(numbers[:, None, None, None], (count, 2, 2, 3)).astype("u1"), numbers


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (4, [4]), (5, [5]), (6, [4, 2]), (9, [4, 5]), (12, [4, 4, 4])]
)
def test_a_last_batch_of_one_joins_the_one_before(count, sizes):
    got = list(Batches(*numbered(count), CPU).of(torch.arange(count), 4))
    assert [len(labels) for _, labels in got] == sizes
    assert torch.equal(torch.cat([labels for _, labels in got]), torch.arange(count))


def test_rows_come_in_their_order_with_their_labels():
    rows = torch.tensor([7, 3, 3, 0, 9])
    for pixels, labels in Batches(*numbered(10), CPU).of(rows, 2):
        assert pixels.dtype == torch.uint8
        assert torch.equal(pixels[:, 1, 1, 2].long(), labels)
    assert torch.equal(
        torch.cat([labels for _, labels in Batches(*numbered(10), CPU).of(rows, 2)]), rows
    )


def test_each_picture_is_changed_by_its_place():
    rows = torch.tensor([7, 3, 3, 0, 9])
    got = Batches(*numbered(10), CPU).of(rows, 2, lambda picture, place: picture + 10 * place)
    assert torch.cat([pixels[:, 1, 1, 2] for pixels, _ in got]).tolist() == [7, 13, 23, 30, 49]


def test_a_file_that_is_only_readable_serves(tmp_path):
    pixels, labels = numbered(6)
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    ((batch, _),) = Batches(mapped, labels, CPU).of(torch.tensor([5, 2]), 8)
    assert batch[:, 0, 0, 0].tolist() == [5, 2]


def test_one_may_stop_in_the_middle():
    batches = Batches(*numbered(100), CPU).of(torch.arange(100), 2)
    next(batches)
    del batches
    assert len(list(Batches(*numbered(4), CPU).of(torch.arange(4), 2))) == 2
