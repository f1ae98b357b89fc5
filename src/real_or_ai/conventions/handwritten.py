"""Text files that people write, with whatever editor: the right reading or a sentence."""

import codecs
import unicodedata
from pathlib import Path

from real_or_ai.conventions.errors import UserError

# The longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path, *, bytes_kept: bool = False) -> str:
    """The file's text, UTF-8 or what its byte order mark says, without that mark.

    bytes_kept: what is not UTF-8 comes as surrogates, as in names of files. Raises
    FileNotFoundError, and UserError for what is no text, or in another encoding without a mark.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); mend that") from error
    mark, encoding = next((one for one in _MARKS if data.startswith(one[0])), (b"", "utf-8"))
    errors = "surrogateescape" if bytes_kept and encoding == "utf-8" else "strict"
    try:
        text = data[len(mark) :].decode(encoding, errors)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, len(mark) + error.start) + 1
        raise UserError(
            f"{path}:{line}: is not {encoding.upper()} (byte {error.object[error.start]:#04x}); "
            "save it as UTF-8"
        ) from error
    if "\0" in text:  # UTF-16 without its mark, for one
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}:{line}: holds NUL bytes; save it as UTF-8")
    return text


def composed(name: str) -> str:
    """A name in the one form in which names are compared: é is one character in some file systems,
    an e and an accent in others, and people cannot see which.
    """
    return unicodedata.normalize("NFC", name)
