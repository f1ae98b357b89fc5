import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from real_or_ai.conventions.errors import NoRoomError, PictureError, UnwritableError

START = """
import hashlib, sys, time
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import told_in_one_sentence
with told_in_one_sentence():
    print("begun", flush=True)
    {0}
"""
CLEANING = """
import time
from real_or_ai.conventions.exits import ended_in_order, told_in_one_sentence
with told_in_one_sentence():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        {0}:
            time.sleep(3)
            print("cleaned", flush=True)
"""
IMPORTING = """
import time
import real_or_ai.stages
print("begun", flush=True)
{0}
"""


def started(body: str, start: str = START) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", start.format(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def test_a_mistake_is_one_sentence_and_code_2():
    process = started("raise UserError('params.yaml: wrong')")
    assert process.communicate() == ("", "error: params.yaml: wrong\n")
    assert process.returncode == 2


def test_a_bug_keeps_its_traceback():
    process = started("raise RuntimeError('bug')")
    assert "Traceback" in process.communicate()[1]
    assert process.returncode == 1


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(60)",
        "hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9)",  # C code that looks at no signal
    ],
)
def test_ctrl_c_ends_with_one_line_within_two_seconds(body):
    process = started(body)
    time.sleep(0.2)  # it is inside by then
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "stopped\n")
    assert time.monotonic() - begun < 2
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("manner", "said", "least", "most"),
    [("with ended_in_order()", "cleaned\n", 3, 30), ("if True", "", 0, 2)],
)
def test_ctrl_c_waits_for_what_is_to_end_in_order_alone(manner, said, least, most):
    process = started(manner, CLEANING)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.communicate() == (said, "stopped\n")
    assert least <= time.monotonic() - begun < most
    assert process.returncode == 130


@pytest.mark.parametrize(
    "error",
    [
        PictureError("damaged", "it ends early"),
        NoRoomError(Path("a.csv"), "No space left on device"),
        UnwritableError(Path("a.csv"), "Is a directory"),
    ],
)
def test_an_error_of_another_process_arrives_whole(error):
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert (str(arrived), vars(arrived)) == (str(error), vars(error))


def test_ctrl_c_while_a_stage_imports_is_one_line():
    process = started("time.sleep(60)", IMPORTING)
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "stopped\n")
    assert process.returncode == 130


def test_a_bug_while_a_stage_imports_keeps_its_traceback():
    process = started("raise RuntimeError('bug')", IMPORTING)
    assert "Traceback" in process.communicate()[1]
    assert process.returncode == 1


def test_what_ends_well_is_left_alone():
    process = started("pass")
    assert process.communicate() == ("", "")
    assert process.returncode == 0
