"""How generators write down what they were asked: forms that nobody writes by hand.

In free text a recipe has steps and seeds too, and an airline's JSON a class_type: only forms count
that have several marks at once, each with a value of its kind.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from real_or_ai.claims import within

LONGEST = 200_000  # characters of a text that are looked at


# --- as text ------------------------------------------------------------------------------------

_STEPS = r"steps: *\d{1,5}"
_SETTINGS = (
    r"sampler(?: name)?: *(?:\[forge\] *)?(?:k_)?(?:euler|dpm|ddim|ddpm|lms|heun|plms|uni_?pc|lcm|"
    r"deis|restart|tcd|res_|er_sde|ipndm|sa_solver|undefined)[\w+ .-]*",
    r"(?:cfg scale|guidance scale): *\d+(?:\.\d+)?",
    r"seed: *-?\d+",
)
_JOB = r"(?i)\bjob id: *[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_FLAG = (
    r"(?<!\S)--(?:(?:v|version|niji|s|stylize|chaos|c|weird|q|quality|iw) \d|ar \d+:\d+|"
    r"(?:style|sref|cref|oref|profile|p) \w|(?:raw|tile)\b)"
)


def writes_parameters(text: str, *, least: int = 2) -> bool:
    """Whether a text holds a generator's parameters: `Steps: 20, Sampler: Euler a, Seed: 1, ...`.

    Pairs that follow one another in a line, steps and `least` of sampler, scale and seed among
    them; or a Midjourney job beside its flags, as `--v 6`.
    """
    text = text[:LONGEST]
    for line in text.splitlines():
        steps, found = False, set[str]()
        for pair in re.split("[,;|]", line):
            if ":" not in pair:
                steps, found = False, set()
                continue
            said = {one for one in (_STEPS, *_SETTINGS) if _ending(one).search(pair)}
            steps, found = steps or _STEPS in said, found | (said - {_STEPS})
            if steps and len(found) >= least:
                return True
    return bool(re.search(_JOB, text) and re.search(_FLAG, text))


@cache
def _ending(setting: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){setting}\s*$", re.IGNORECASE)


# --- as keys: JSON, and PNG texts of one key each -----------------------------------------------

_PROMPTS = {"prompt", "positiveprompt", "originalprompt", "fullprompt", "prompts", "inputprompt"}
# Names that nothing else has, and words that settings of anything may have.
_COMPOUND = {
    *("numinferencesteps", "inferencesteps", "samplingsteps", "samplername", "samplermethod"),
    *("schedulername", "noiseschedule", "cfgscale", "guidancescale", "negativeprompt", "uc"),
    *("uncond", "clipskip", "denoisingstrength"),
}
_PLAIN = {"seed", "steps", "sampler", "scheduler", "basemodel", "loras", "modelhash"}
_SCALES = {"cfg", "guidance"}
# One of these keys alone is a generator's own: prefixes and names that nothing else has.
_OWN = {
    "suiimageparams": "SwarmUI",
    "invokeaimetadata": "InvokeAI",
    "invokeaigraph": "InvokeAI",
    "invokeaiworkflow": "InvokeAI",
    "sdmetadata": "InvokeAI",
    "fooocusscheme": "Fooocus",
    "dreammeta": "Draw Things",
    "moldparameters": "mold",
    "usestablediffusionmodel": "Easy Diffusion",
}


def of_json(text: str) -> str:
    """Whose parameters a JSON text holds, known by its keys; empty if it holds none."""
    begin = within.start(text)
    if begin < 0:
        return ""
    try:
        value = within.value(text, begin)
    except ValueError:
        # Cut off by its writer, as EXIF's short texts are: a graph's nodes say enough.
        cut = text[begin : begin + LONGEST]
        several = cut.count('"class_type"') > 1 and cut.count('"inputs"') > 1
        return "ComfyUI" if several or ('"last_node_id"' in cut and '"last_link_id"' in cut) else ""
    for one in within.dictionaries(value):
        if owner := of_keys(one):
            return owner
    return ""


def of_graph(text: str) -> str:
    """ComfyUI, where a maker's name should stand and one of its savers put a graph."""
    return "ComfyUI" if re.match(r"\s*(?:prompt|workflow) *: *\{", text, re.IGNORECASE) else ""


def of_keys(keys: Mapping[str, Any]) -> str:
    """Whose parameters these keys are; empty if they are nobody's."""
    normal = {re.sub(r"[^a-z0-9]", "", str(key).lower()): said for key, said in keys.items()}
    for own in _OWN.keys() & normal:
        return _OWN[own]
    if _is_comfys(keys):
        return "ComfyUI"
    if not (normal.keys() & _PROMPTS or {"c", "uc"} <= normal.keys()):
        return ""
    compound, plain = normal.keys() & _COMPOUND, normal.keys() & _PLAIN
    scaled = any(_is_number(normal[key]) for key in normal.keys() & _SCALES)
    recipe = all(_is_number(normal.get(key)) for key in ("seed", "steps")) and scaled
    return "a generator" if (compound and len(compound | plain) > 1) or recipe else ""


def _is_comfys(keys: Mapping[str, Any]) -> bool:
    """A prompt of several nodes, a workflow, or both side by side."""
    if _nodes(keys) > 1 or _is_workflow(keys):
        return True
    prompt, workflow = keys.get("prompt"), keys.get("workflow")
    return (
        isinstance(prompt, dict)
        and _nodes(prompt) > 0
        and isinstance(workflow, dict)
        and {"nodes", "links"} <= workflow.keys()
    )


def _nodes(keys: Mapping[str, Any]) -> int:
    """How many nodes of a prompt there are: each with its class and its inputs."""
    return sum(
        isinstance(one, dict)
        and isinstance(one.get("class_type"), str)
        and isinstance(one.get("inputs"), dict)
        for one in keys.values()
    )


def _is_workflow(keys: Mapping[str, Any]) -> bool:
    nodes, links = keys.get("nodes"), keys.get("links")
    if not (isinstance(nodes, list) and nodes and isinstance(links, list)):
        return False
    whole = "last_node_id" in keys or _is_number(keys.get("version"))
    return whole and all(isinstance(one, dict) and {"id", "type"} <= one.keys() for one in nodes)


def _is_number(value: object) -> bool:
    """A number, or one as text, as PNG's texts are."""
    return not isinstance(value, bool) and bool(re.fullmatch(r"-?\d+(?:\.\d+)?", str(value)))
