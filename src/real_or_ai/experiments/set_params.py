"""Changes of parameters, read as `dvc exp run -S` reads them: by Hydra's grammar."""

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, cast

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString, ValueType
from hydra.errors import HydraException
from omegaconf import OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from real_or_ai.conventions.errors import ParamsError

Changes = Mapping[str, str]  # key -> value; +key adds, ++key adds or changes, ~key removes


def changed(values: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The parameters with the changes made, as DVC would write them.

    Raises ParamsError for a key that is not there, a value that DVC cannot read, and a grid.
    """
    (result,) = _combinations(values, changes, grids=False)
    return result


def alternatives(values: Mapping[str, Any], changes: Changes) -> Iterator[dict[str, Any]]:
    """The parameters with each combination of the values in a grid, as `--queue` runs them.

    Raises as `changed` does, but for a grid.
    """
    return _combinations(values, changes, grids=True)


def assigned(key: str, value: str) -> str:
    """`key=value` as a word for a shell, whatever the text holds, that -S reads as that text."""
    quoted = QuotedString(value, quote=_quote(value)).with_quotes()
    return shlex.quote(f"{key}={value}" if _is_plain(value) else f"{key}={quoted}")


def _combinations(
    values: Mapping[str, Any], changes: Changes, *, grids: bool
) -> Iterator[dict[str, Any]]:
    read = [(_line(key, text), _parsed(key, text)) for key, text in changes.items()]
    choices = []
    for line, override in read:
        if override.is_sweep_override() and not grids:
            raise ParamsError(f"{line}: is a grid of values; give one")
        choices.append(_values(line, override))
    for chosen in product(*choices):
        result = OmegaConf.create(dict(values))
        OmegaConf.set_struct(result, True)
        for (line, override), value in zip(read, chosen, strict=True):
            _apply(result, line, override, value)
        try:
            container = OmegaConf.to_container(result, resolve=True)
        except OmegaConfBaseException as error:
            said = " ".join(str(error).split())
            raise ParamsError(
                f"params.yaml: DVC takes ${{...}} for a reference ({said})"
            ) from error
        yield cast(dict[str, Any], container)


def _parsed(key: str, text: str) -> Override:
    line = _line(key, text)
    shown = line if line.isprintable() else ascii(line)[1:-1]
    if not re.fullmatch(r"[+~]*[A-Za-z_][\w./@:-]*", key, re.ASCII):
        raise ParamsError(f"{shown}: params.yaml has no {_shown(key)}; correct the key")
    if ":" in key:
        raise ParamsError(f"{shown}: names another file; only params.yaml has parameters")
    try:
        override = OverridesParser.create().parse_override(line)
    except HydraException as error:
        quoted = f"{key}={QuotedString(text, quote=_quote(text)).with_quotes()}"
        raise ParamsError(
            f"{shown}: `dvc exp run -S` cannot read the value; put it into quotes: "
            f"-S {shlex.quote(quoted)}"
        ) from error
    if override.package is not None:
        raise ParamsError(f"{shown}: @ names a package, which params.yaml has none of; remove it")
    return override


def _values(line: str, override: Override) -> list[Any]:
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        raise ParamsError(f"{line}: DVC takes no glob; name the values")
    if not override.is_sweep_override():
        return [override.value()]
    parser = OverridesParser.create()
    texts = override.sweep_string_iterator()
    return [parser.parse_override(f"x={text}").value() for text in texts]


def _apply(values: Any, line: str, override: Override, value: Any) -> None:
    key = override.key_or_group
    there = OmegaConf.select(values, key, default=...) is not ...
    if override.is_add() and there and not isinstance(value, (dict, list)):
        raise ParamsError(f"{line}: params.yaml has {key} already; write it without +")
    adds = override.is_add() or override.is_force_add()
    if not there and not adds:
        raise ParamsError(f"{line}: params.yaml has no {_shown(key)}; correct the key")
    try:
        if override.is_delete():
            above, _, last = key.rpartition(".")
            with open_dict(values):
                del (OmegaConf.select(values, above) if above else values)[last]
        else:
            # Whatever a section is given: validation says better what it may hold.
            OmegaConf.update(values, key, value, merge=True, force_add=True)
    except OmegaConfBaseException as error:
        said = " ".join(str(error).split())
        raise ParamsError(f"{line}: cannot be set ({said}); correct it") from error


def _line(key: str, text: str) -> str:
    return key if key.startswith("~") and not text else f"{key}={text}"


def _shown(key: str) -> str:
    """With what cannot be seen, as a mark from an editor, written out."""
    return key if key.isprintable() else ascii(key)[1:-1]


def _is_plain(value: str) -> bool:
    try:
        override = OverridesParser.create().parse_override(f"x={value}")
    except HydraException:
        return False
    return override.value_type is ValueType.ELEMENT and override.value() == value


def _quote(value: str) -> Quote:
    return Quote.single if '"' in value else Quote.double
