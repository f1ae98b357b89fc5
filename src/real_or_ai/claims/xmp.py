"""The properties of an XMP packet: names and values, however its RDF writes them.

By a SAX parser that refuses DTDs, entities and anything outside; what stands before a fault in the
XML is kept.
"""

import re
from contextlib import suppress

LARGEST = 1_000_000  # characters of a packet
PROPERTIES = 2_000
ELEMENTS = 50_000
DEPTH = 64
VALUE = 20_000  # characters of one value

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # its encoding is that of the bytes, not of this
# What only structures: a value belongs to the nearest element that is none of these.
_STRUCTURE = {"RDF", "Description", "Bag", "Seq", "Alt", "li", "value", "xmpmeta", "xapmeta"}
_NO_VALUE = {"about", "ID", "nodeID", "parseType", "lang", "datatype"}


def properties(packet: bytes) -> list[tuple[str, str]]:
    """Name without its prefix, and value, of each property, in order. Never raises.

    Attributes, elements, lists and resources alike; a list's property comes once an item.
    """
    from xml.sax import SAXException, handler, xmlreader

    from defusedxml import DefusedXmlException, sax  # who checks a picture without XMP needs none

    class Collector(handler.ContentHandler):
        def __init__(self) -> None:
            self.found: list[tuple[str, str]] = []
            self.names: list[str] = []
            self.parts: list[str] = []
            self.room = LARGEST  # characters that are still kept
            self.elements = 0

        def startElement(self, name: str, attrs: xmlreader.AttributesImpl) -> None:  # noqa: N802
            self.elements += 1
            if self.elements > ELEMENTS or len(self.names) > DEPTH or self._is_full():
                raise SAXException("too much")
            self.names.append(_local(name))
            self.parts = []
            for key, value in attrs.items():
                local = _local(key)
                if local == "resource":
                    self._add(self._property(), value)
                elif local not in _NO_VALUE and key != "xmlns" and not key.startswith("xmlns:"):
                    self._add(local, value)

        def endElement(self, _: str) -> None:  # noqa: N802
            self._add(self._property(), "".join(self.parts))
            self.parts = []
            self.names.pop()

        def characters(self, content: str) -> None:
            if self.room > 0:
                self.parts.append(content)
                self.room -= len(content)

        def _property(self) -> str:
            return next((name for name in reversed(self.names) if name not in _STRUCTURE), "")

        def _add(self, name: str, value: str) -> None:
            value = value.strip()
            if name and value and not self._is_full():
                self.found.append((name, value[:VALUE]))

        def _is_full(self) -> bool:
            return len(self.found) >= PROPERTIES

    collector = Collector()
    text = _DECLARATION.sub("", _decoded(packet).strip("\0\ufeff \r\n\t"))
    with suppress(SAXException, DefusedXmlException, ValueError):
        sax.parseString(text.encode(), collector, forbid_dtd=True)
    return collector.found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _decoded(packet: bytes) -> str:
    """XMP may be UTF-16, which its byte order mark tells."""
    code = "utf-16" if packet[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return packet[: 2 * LARGEST].decode(code, "replace")[:LARGEST]
