"""What a C2PA manifest store claims, from its JUMBF boxes and their CBOR.

Read after the C2PA specification 2.1 (clauses 8 to 11 and A). Whether it holds, signature.py says.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from real_or_ai.claims.boxed import boxes

DEPTH = 12  # of boxes in boxes, and of values in values
LARGEST = 1_000_000  # bytes of one CBOR value
VALUES = 20_000  # of one box
BOXES = 2_000  # of a store
KEPT = 16  # claims of a kind


@dataclass(frozen=True)
class Action:
    """What was done: as `c2pa.created`, the source type's last word, by which software."""

    action: str
    source_type: str
    agent: str


@dataclass(frozen=True)
class Store:
    """Who claims to have made the manifests of a store, and what they say was done."""

    generators: tuple[str, ...]
    actions: tuple[Action, ...]


def read(jumbf: bytes) -> Store | None:
    """What a store claims; None if these boxes are none of C2PA's. Never raises."""
    labels = set()
    generators: dict[str, None] = {}
    actions: dict[Action, None] = {}
    for label, kind, body in _leaves(jumbf, DEPTH, iter(range(BOXES))):
        labels.add(label.partition(".")[0])
        if kind not in (b"cbor", b"json") or len(body) > LARGEST:
            continue
        value = decoded(body) if kind == b"cbor" else _json(body)
        if label.startswith("c2pa.claim"):
            generators |= dict.fromkeys(_generators(value) if isinstance(value, dict) else ())
        else:
            actions |= dict.fromkeys(_actions(value, label))
    if "c2pa" not in labels:
        return None
    return Store(tuple(generators)[:KEPT], tuple(actions)[:KEPT])


def last_word(code: str) -> str:
    """Of an address or a code such as `digsrctype:print`."""
    return code.strip().rstrip("/").rpartition("/")[2].rpartition(":")[2].strip()


def _json(body: bytes) -> object:
    try:
        value: object = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def _leaves(data: bytes, depth: int, budget: Iterator[int]) -> Iterator[tuple[str, bytes, bytes]]:
    """Label, type and body of each box that holds no others; budget: of boxes, shared by all."""
    label = ""
    for _, (kind, body) in zip(budget, boxes(data), strict=False):
        if kind == b"jumb" and depth:
            yield from _leaves(body, depth - 1, budget)
        elif kind == b"jumd":  # describes its siblings: 16 bytes of type, toggles, then the label
            label = body[17:].partition(b"\0")[0][:200].decode("utf-8", "replace")
            yield label, kind, b""
        else:
            yield label, kind, body


def _generators(claim: dict[object, object]) -> Iterator[str]:
    """Version 1 has a text and perhaps a list of maps, version 2 one map."""
    info = claim.get("claim_generator_info")
    named = False
    for one in info if isinstance(info, list) else [info]:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            named = True
            yield f"{one['name']} {one.get('version') or ''}".strip()
    if not named and isinstance(claim.get("claim_generator"), str):
        yield str(claim["claim_generator"])


def _actions(assertion: object, label: str) -> Iterator[Action]:
    """What was done, and every source type however deep it stands: in an action's parameters, in
    its changes, on an ingredient, in JSON-LD.
    """
    agents: list[object] = []
    if isinstance(assertion, dict) and isinstance(assertion.get("softwareAgents"), list):
        agents = assertion["softwareAgents"]
    # Values to look into, and the action and agent that they belong to.
    todo: list[tuple[object, str, str, int]] = [(assertion, "", "", 0)]
    for count, (value, action, agent, depth) in enumerate(todo):
        if count > VALUES or depth > DEPTH:
            return
        if isinstance(value, dict):
            done = value.get("action")
            action = done if isinstance(done, str) else action
            agent = _agent(value, agents) or agent
            types = list(_source_types(value))
            for source_type in types:
                yield Action(action or label, source_type, agent)
            if isinstance(done, str) and not types:
                yield Action(done, "", agent)
            inner: list[object] = list(value.values())
        else:
            inner = value if isinstance(value, list) else []
        todo.extend(
            (one, action, agent, depth + 1) for one in inner if isinstance(one, dict | list)
        )


def _source_types(value: dict[object, object]) -> Iterator[str]:
    """Of one map: its key may have a prefix, its value be a list or a map with an address."""
    for key, said in value.items():
        if isinstance(key, str) and key.lower().endswith("digitalsourcetype"):  # of any prefix
            for one in said if isinstance(said, list) else [said]:
                if isinstance(one, dict):
                    one = one.get("@id") or one.get("@value")
                if isinstance(one, str) and last_word(one):
                    yield last_word(one)


def _agent(value: dict[object, object], agents: list[object]) -> str:
    """The software that did it: by name, as a map, or as a number in the assertion's list."""
    agent = value.get("softwareAgent")
    index = value.get("softwareAgentIndex")
    if agent is None and isinstance(index, int) and 0 <= index < len(agents):
        agent = agents[index]
    if isinstance(agent, dict):
        agent = agent.get("name")
    return agent if isinstance(agent, str) else ""


def decoded(data: bytes) -> object:
    """A CBOR value (RFC 8949) as dict, list, text, bytes, number or None; None if damaged.

    Tags are dropped. Our own few lines, for libraries also build what tags ask for, such as
    compiled patterns and numbers of any size, and this comes from strangers.
    """
    try:
        value = _Cbor(data).value(DEPTH)
        return None if value is _BREAK else value
    except (IndexError, ValueError, struct.error):
        return None


_BREAK = object()


class _Cbor:
    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._left = data, 0, VALUES

    def value(self, depth: int) -> object:
        self._left -= 1
        if not depth or not self._left:
            raise ValueError("too deep or too much")
        first = self._take(1)[0]
        major, minor = first >> 5, first & 31
        if major == 7:
            return self._simple(minor)
        size = self._size(minor)
        if major in (2, 3):
            return self._string(size, text=major == 3)
        if major in (4, 5):
            return self._collection(size, depth, pairs=major == 5)
        if size is None:
            raise ValueError("no length")
        if major == 6:
            return self.value(depth - 1)
        return size if major == 0 else -1 - size

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise IndexError
        self._at += count
        return taken

    def _size(self, minor: int) -> int | None:
        """The length that follows; None for one that a break ends."""
        if minor < 24:
            return minor
        if minor == 31:
            return None
        if minor > 27:
            raise ValueError("reserved")
        return int.from_bytes(self._take(1 << minor - 24), "big")

    def _simple(self, minor: int) -> object:
        if minor == 31:
            return _BREAK
        if minor in (25, 26, 27):
            code = {25: ">e", 26: ">f", 27: ">d"}[minor]
            return struct.unpack(code, self._take(struct.calcsize(code)))[0]
        if minor == 24:
            self._take(1)
        return {20: False, 21: True}.get(minor)

    def _string(self, size: int | None, *, text: bool) -> str | bytes:
        if size is None:
            parts = []
            while (part := self.value(2)) is not _BREAK:
                if not isinstance(part, bytes | str):
                    raise ValueError("no string")
                parts.append(part.encode() if isinstance(part, str) else part)
            whole = b"".join(parts)
        else:
            whole = self._take(size)
        return whole.decode("utf-8", "replace") if text else whole

    def _collection(self, size: int | None, depth: int, *, pairs: bool) -> object:
        values: list[object] = []
        count = None if size is None else size * (2 if pairs else 1)
        while count is None or len(values) < count:
            value = self.value(depth - 1)
            if value is _BREAK:
                if count is None:
                    break
                raise ValueError("a break inside")
            values.append(value)
        if not pairs:
            return values
        keys = (key if isinstance(key, str | int) else None for key in values[::2])
        return dict(zip(keys, values[1::2], strict=False))
