"""China's label of generated content (GB 45438-2025, TC260), as JSON `{"Label": "1", ...}`."""

import json

from real_or_ai.claims import within

LONGEST = 200_000  # characters of a text that are looked at
_LABELS = {"1": "generated", "2": "possibly generated", "3": "suspected to be generated"}


def of_label(text: str) -> str:
    """What a label says; empty if it is none."""
    try:
        value = within.value(text[:LONGEST].lstrip())
    except ValueError:
        return ""
    for one in within.dictionaries(value):
        label = str(next((said for key, said in one.items() if str(key).lower() == "label"), ""))
        if label in _LABELS:
            producer = one.get("ContentProducer") or one.get("contentProducer") or ""
            return f"{_LABELS[label]}" + (f", by {producer}" if producer else "")
    return ""


def labels_within(text: str) -> str:
    """The same, where a key AIGC holds it in JSON of something else."""
    begin = text.find("{", 0, 60)
    if begin < 0 or "aigc" not in text[:LONGEST].lower():
        return ""
    try:
        value = within.value(text[:LONGEST], begin)
    except ValueError:
        return ""
    for one in within.dictionaries(value):
        for key, said in one.items():
            if str(key).lower().rpartition(":")[2] == "aigc":
                return of_label(said if isinstance(said, str) else json.dumps(said))
    return ""
