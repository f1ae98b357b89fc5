"""Which texts could be a camera's make and model."""

import re

from real_or_ai.claims.generators import names_a_distinct_one, names_itself

_MAKER = re.compile(r"(?:[<(]|\[\w{1,20}\] ?)?\w[\w .,&()/+*'’®™°<>#-]{0,63}")


def is_a_cameras(make: str, model: str) -> bool:
    """Whether a maker could have written both, one of which may be empty.

    Short words, no markup, no prompt, no generator's name. A model may be a number, and a make
    or model alone an everyday word.
    """
    given = [text for text in (make.strip(), model.strip()) if text]
    if not given or not all(_MAKER.fullmatch(one) and len(one.split()) <= 7 for one in given):
        return False
    if not any(c.isalpha() for one in given for c in one):
        return False
    if any(map(names_a_distinct_one, given)):
        return False
    return not all(map(names_itself, given)) and not names_itself(" ".join(given))
