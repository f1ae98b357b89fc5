"""Stage `release`: the detector file that people use: the measured graph with its card inside."""

import sys
from pathlib import Path

import onnx

from real_or_ai import card
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.exits import told_in_one_sentence
from real_or_ai.conventions.outputs import replacing
from real_or_ai.detector_file import cost, graph
from real_or_ai.detector_file.session import Session


def run(measured: Path, card_json: Path, released: Path) -> None:
    """Writes the detector file again with its model card; the graph stays what was measured."""
    try:
        stored = card.Card.model_validate_json(card_json.read_bytes()).model_dump_json()
    except FileNotFoundError:
        raise UserError(
            f"{card_json}: not there; compare writes a card for each row of registry.py, so give "
            f"{card_json.stem} its row there and run again"
        ) from None
    description = Session(measured).description
    with replacing(released) as temporary:
        more = {card.METADATA_KEY: stored}
        graph.write(onnx.load(measured), temporary, description, more)
    print(f"{description.model}: {cost.measured(released)}")


if __name__ == "__main__":
    with told_in_one_sentence():
        run(*map(Path, sys.argv[1:]))
