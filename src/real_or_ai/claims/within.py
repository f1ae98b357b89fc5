"""JSON as a text of a picture holds it: where it begins, and what it holds."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_DEPTH, _NODES = 4, 4000  # of a value, looked at
LONGEST = 4_000_000  # characters


def start(text: str) -> int:
    """Where its JSON begins; -1 if it holds none.

    What stands before its first brace may be a word and a colon, as in `Workflow: {...}`.
    """
    begin = text.find("{", 0, 60)
    if begin < 0 or not re.fullmatch(r"\s*(?:[\w .]{0,40}[:=])?\s*", text[:begin]):
        return -1
    return begin


def value(text: str, begin: int = 0) -> object:
    """What stands from `begin` on, whatever follows it. Raises ValueError if it is no JSON."""
    try:
        found: object = json.JSONDecoder().raw_decode(text[begin : begin + LONGEST])[0]
    except RecursionError as error:
        raise ValueError("too deep") from error
    return found


def dictionaries(value: object) -> Iterator[Mapping[str, Any]]:
    """A value's dictionaries, the outer ones first, as far as bounds go."""
    todo, seen = [(value, 0)], 0
    for one, depth in todo:
        seen += 1
        if seen > _NODES or depth > _DEPTH:
            continue
        if isinstance(one, dict):
            yield one
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        todo.extend((each, depth + 1) for each in inner if isinstance(each, dict | list))
