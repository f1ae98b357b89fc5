"""Files that are a picture and something else too, made to be taken for the other elsewhere.

A picture needs none of it, so such a file is refused, although nothing here would run it. What
telephones and cameras put behind a picture (a film, a second picture) is none of it.
"""

import re

# Byte patterns long enough not to turn up by chance in 25 MB of compressed pixels.
_OTHERS = {
    "an archive": re.compile(
        # ZIP's local file header: low version, known flags, known method; RAR; 7z; its own ends.
        rb"PK\x03\x04[\0-\x3f][\0-\x03]..[\0-\x62]\0|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c",
        re.DOTALL,
    ),
    "a PDF": re.compile(rb"%PDF-[12]\.[0-9]"),
    "a web page or script": re.compile(
        rb"<(?:script|html|iframe|!doctype html|\?php)[\s>/]|<svg\s[^>]{0,500}xmlns", re.IGNORECASE
    ),
}


def also(data: bytes) -> str | None:
    """What else is in a picture's bytes, as in `holds ... as well`; None if nothing is found."""
    return next((name for name, sign in _OTHERS.items() if sign.search(data)), None)
