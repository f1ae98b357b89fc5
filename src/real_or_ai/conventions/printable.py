"""What strangers named may stand in a line that people read."""


def printable(text: str) -> str:
    """Without what could play tricks on a terminal: a file may be named anything."""
    return "".join(one if one.isprintable() or _is_byte(one) else "?" for one in text)


def _is_byte(one: str) -> bool:
    """Whether it stands for a byte of a name that is no text: the output writes it as it was."""
    return "\udca0" <= one <= "\udcff"
