import os
import time

import pytest
from joblib import cpu_count

from real_or_ai.pictures.parallel import in_order


def slow_square(number: int) -> tuple[int, int]:
    time.sleep(0.02 if number % 3 == 0 else 0)
    return number * number, os.getpid()


@pytest.mark.parametrize(("count", "threads"), [(5, False), (40, False), (40, True)])
def test_results_come_in_order_whatever_finishes_first(count, threads, capfd):
    results = list(in_order(slow_square, list(range(count)), "square", threads=threads))
    assert [square for square, _ in results] == [number * number for number in range(count)]
    elsewhere = {process for _, process in results} - {os.getpid()}
    assert bool(elsewhere) == (count >= 32 and not threads and cpu_count() > 1)
    assert capfd.readouterr().err == ""  # no bar where there is no terminal


def test_an_error_is_not_swallowed():
    def fail(number: int) -> int:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(in_order(fail, [0, 1], "fail"))
