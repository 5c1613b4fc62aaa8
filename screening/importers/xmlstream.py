"""Element by element through an XML file, safely: no entity is expanded, nothing is fetched, memory holds one record.

The file is decoded by our own judgement of its encoding and handed to the parser as UTF-8, so a wrong declaration does no harm.

The source entry that is kept is the record's element written anew: the same elements, attributes and text, but quotes, entities,
empty tags and line ends as XML allows them to be written otherwise. The parser does not tell where in the file an element began, and
finding the tags a second time by their text would not be safe inside CDATA and comments. The file itself is kept unchanged.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

from screening.importers.decoding import BLOCK, codec_of, read_head
from screening.importers.foreign import ENTITY_MESSAGE, entity_line
from screening.importers.formats import Source
from screening.importers.types import ImportFileError, Parsed, ParsedRecord, RejectedEntry

_ILLEGAL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));"
)
MAX_TREE = 50_000_000
MAX_DEPTH_MESSAGE = "The XML nests its elements too deeply to be an export file."


@dataclass(frozen=True, slots=True)
class XmlFormat:
    """Which elements are records and how one becomes a :class:`ParsedRecord`."""

    record_tags: frozenset[str]
    build: Callable[[etree._Element, int], ParsedRecord]
    label: str
    accepts: Callable[[etree._Element], bool] | None = None
    """Which elements with such a tag are records; all when ``None``."""
    keeps_tree: bool = False
    """Records refer to nodes anywhere in the file: the tree stays whole, and the file may be 50 MB at most."""


def parse_xml(source: Source, form: XmlFormat) -> Iterator[Parsed]:
    """Records in file order. A break in the XML after the first record is told as a refused entry with its line."""
    _refuse_entities(source)
    reader = _Utf8Reader(source)
    found = 0
    try:
        for record in _whole_tree(reader, form) if form.keeps_tree else _elements(reader, form.record_tags):
            if form.accepts is not None and not form.accepts(record):
                continue
            found += 1
            line = record.sourceline
            yield form.build(record, line if isinstance(line, int) else 1)
    except etree.XMLSyntaxError as error:
        broken_at = error.lineno or 1
        reason = _in_words(error)
        if not found:
            raise ImportFileError(f"{reason} No record could be read.", line=broken_at) from error
        yield RejectedEntry(broken_at, f"{reason} The {found:,} records before it were read; what follows was not.", "")
    finally:
        reader.close()


def _in_words(error: etree.XMLSyntaxError) -> str:
    text = str(error.msg or "").split(", line")[0]
    if "depth" in text.lower():
        return MAX_DEPTH_MESSAGE
    if "Premature end" in text or "EndTag" in text or "not closed" in text:
        return "The XML breaks off here: the file is not complete."
    return f"The XML is broken here ({text})."


def _refuse_entities(source: Source) -> None:
    head = read_head(source.path, source.detection.encoding, 1 << 17)
    line = entity_line(head)
    if line:
        raise ImportFileError(ENTITY_MESSAGE, line)


def _elements(reader: "_Utf8Reader", tags: frozenset[str]) -> Iterator[etree._Element]:
    context = etree.iterparse(
        cast("etree._FileReadSource", reader),
        events=("end",),
        tag=tuple(tags),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in context:
        if any(True for _ in element.iterancestors(*tags)):
            continue
        yield element
        element.clear()
        while element.getprevious() is not None:
            parent = element.getparent()
            if parent is None:
                break
            del parent[0]


def _whole_tree(reader: "_Utf8Reader", form: XmlFormat) -> Iterator[etree._Element]:
    if reader.size > MAX_TREE:
        raise ImportFileError(f"{form.label} is read up to {MAX_TREE // 1_000_000} MB; export in parts, or as RIS.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8")
    tree = etree.parse(cast("etree._FileReadSource", reader), parser)
    yield from (child for child in tree.getroot() if child.tag in form.record_tags)


class _Utf8Reader:
    """A binary stream of UTF-8 made from the decoded file, without characters that XML forbids."""

    def __init__(self, source: Source) -> None:
        codec, errors = codec_of(source.detection.encoding)
        self.stream = source.path.open(encoding=codec, errors=errors, newline=None)
        self.started = False
        self.size = source.path.stat().st_size

    def read(self, size: int = -1) -> bytes:
        text = self.stream.read(BLOCK)
        if not self.started:
            self.started = True
            text = text.lstrip("\ufeff \n\r\t")
        while "&" in text[-8:]:
            more = self.stream.read(16)
            if not more:
                break
            text += more
        return _ILLEGAL.sub("", text).encode("utf-8", "replace")

    def close(self) -> None:
        self.stream.close()


def text_of(element: etree._Element | None) -> str:
    """All text inside, markup dropped; superscript digits after a digit are kept as such."""
    if element is None:
        return ""
    if len(element) == 0:
        return element.text or ""
    return "".join(cast("Iterator[str]", element.itertext()))


def inner_markup(element: etree._Element | None) -> str:
    """The content with its inline markup, for :mod:`screening.importers.clean` to render."""
    if element is None:
        return ""
    if len(element) == 0:
        return _escaped(element.text or "")
    parts = [_escaped(element.text or "")]
    parts += [etree.tostring(child, encoding="unicode", with_tail=True) for child in element]
    return "".join(parts)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;") if "&" in text or "<" in text else text
