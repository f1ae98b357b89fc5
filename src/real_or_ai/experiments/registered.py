"""Whether registry.py, dvc.yaml and params.yaml name the same detectors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from real_or_ai import registry
from real_or_ai.conventions.errors import UserError
from real_or_ai.conventions.handwritten import read_text
from real_or_ai.conventions.params import PARAMS_YAML, parse

DVC_YAML = Path("dvc.yaml")
REGISTRY = "src/real_or_ai/registry.py"
SHARED = "augmentation"  # the one section below `train` that is no network's


def demand_alike(values: Mapping[str, Any]) -> None:
    """Raises UserError that names the file where a detector is missing, and what to write there.

    values: of params.yaml.
    """
    networks, detectors = set(registry.NETWORKS), set(registry.DETECTORS)
    train = values.get("train")
    sections = (
        {name for name in train if name != SHARED} if isinstance(train, Mapping) else networks
    )
    named = _named()
    for name in sorted((sections | named.get("networks", set())) - networks):
        where = PARAMS_YAML if name in sections else DVC_YAML
        raise UserError(
            f"{REGISTRY}: has no row for {name}, which {where} names; add "
            f'Row("{name}", "its title", "weighted"), or take {name} out of {where}'
        )
    for name in sorted(networks - sections):
        raise UserError(
            f"{PARAMS_YAML}: train.{name} is missing, which {REGISTRY} has a row for; add its "
            "values, or take the row out"
        )
    for key, known in (("networks", networks), ("detectors", detectors)):
        if (there := named.get(key)) is not None and there != known:
            wrong = ", ".join(sorted(there ^ known))
            raise UserError(
                f"{DVC_YAML}: its {key} and the rows of {REGISTRY} differ in {wrong}; write "
                f"{key}: [{', '.join(name for name in registry.DETECTORS if name in known)}]"
            )


def _named() -> dict[str, set[str]]:
    """What the first lines of dvc.yaml name; empty without that file."""
    try:
        first = parse(read_text(DVC_YAML))["vars"][0]
        return {key: set(first[key]) for key in ("networks", "detectors")}
    except FileNotFoundError:
        return {}
    except (YAMLError, KeyError, IndexError, TypeError) as error:
        raise UserError(
            f"{DVC_YAML}: does not begin with vars that name networks and detectors; mend it, or "
            f"git checkout {DVC_YAML}"
        ) from error
