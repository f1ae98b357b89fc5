"""Strict, frozen parameters: params.yaml holds every value, the code holds none."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from real_or_ai.conventions.errors import ParamsError
from real_or_ai.conventions.handwritten import read_text

PARAMS_YAML = Path("params.yaml")


# What NumPy, scikit-learn and torch all take.
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Params(BaseModel):
    """A section of params.yaml; unknown keys and wrong types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


P = TypeVar("P", bound=Params)


def read(path: Path = PARAMS_YAML) -> dict[str, Any]:
    """The whole file as a dictionary of sections.

    Raises ParamsError if it is missing or not a YAML mapping.
    """
    from ruamel.yaml.error import YAMLError  # who checks a picture reads no YAML

    try:
        values = parse(read_text(path))
    except FileNotFoundError:
        raise ParamsError(
            f"{path}: not found in {Path.cwd()}; run from the repository's root"
        ) from None
    except YAMLError as error:
        where = " ".join(str(error).split())
        raise ParamsError(f"{path}: not readable as YAML ({where}); mend that line") from error
    if not isinstance(values, dict):
        raise ParamsError(f"{path}: holds no sections; restore it with git checkout {path}")
    return values


def parse(text: str) -> Any:
    """YAML 1.2, by the library that DVC itself reads it with. Raises ruamel's YAMLError.

    PyYAML reads `1e-05`, as DVC writes it after -S, as text.
    """
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(text)


def load(kind: type[P], section: str, values: Mapping[str, Any] | None = None) -> P:
    """The section (dots go deeper: `train.lenet5`) as a `kind`.

    values: the whole file's content, read from params.yaml if None.
    Raises ParamsError that names the section, the key, the value found and what is allowed.
    """
    found: P = load_value(kind, section, values)
    return found


def load_value(form: Any, key: str, values: Mapping[str, Any] | None = None) -> Any:
    """One value, or one section, in the form of a type; raises as `load` does."""
    node: Any = read() if values is None else values
    for name in key.split("."):
        if not isinstance(node, Mapping) or name not in node:
            raise ParamsError(f"{PARAMS_YAML}: section {key} is missing; add it")
        node = node[name]
    return validated(form, key, node)


def validated(form: Any, key: str, node: Any) -> Any:
    """What stands at a key (empty: the whole file) in the form of a type; raises as `load` does."""
    try:
        # JSON, because strict Python input would refuse YAML's lists for tuples.
        return TypeAdapter(form).validate_json(json.dumps(node))
    except TypeError as error:  # YAML's dates and sets have no JSON form
        raise ParamsError(f"{PARAMS_YAML}: section {key}: {error}") from error
    except ValidationError as error:
        raise ParamsError(_sentence(form, key, error)) from error


def _sentence(kind: Any, section: str, error: ValidationError) -> str:
    errors = error.errors()
    first = errors[0]
    location = _without_tags(first["loc"])
    key = ".".join(filter(None, [section, *location]))
    # The alternatives of a union fail each for itself: they are one mistake.
    same = [one for one in errors if _without_tags(one["loc"]) == location]
    more = len(errors) - len(same)
    tail = f" (and {more} more)" if more else ""
    if first["type"] == "extra_forbidden":
        allowed = f"allowed there: {', '.join(_keys(kind, first['loc'][:-1]))}"
        return f"{PARAMS_YAML}: {key} is not a parameter; {allowed}{tail}"
    if first["type"] == "missing":
        return f"{PARAMS_YAML}: {key} is missing; add it{tail}"
    found = json.dumps(first["input"], ensure_ascii=False)
    wanted = " or ".join(dict.fromkeys(one["msg"][0].lower() + one["msg"][1:] for one in same))
    return f"{PARAMS_YAML}: {key} is {found}: {wanted}{tail}"


def _without_tags(location: tuple[int | str, ...]) -> list[str]:
    """The path of keys that a person sees: without pydantic's names of union members."""
    return [
        str(part)
        for part in location
        if not str(part).startswith(("constrained-", "[")) and part not in ("int", "float")
    ]


def _keys(kind: type[Params], location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at a location: those of the deepest Params class on the way there."""
    for part in location:
        field = kind.model_fields.get(str(part))
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, Params):
                kind = candidate
    return sorted(kind.model_fields)
