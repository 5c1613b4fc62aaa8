"""BibTeX and BibLaTeX, entry by entry as a stream.

Our own small reader rather than bibtexparser: that one holds the whole file, gives up an entry for a repeated field or a joined
``@string``, and lets one unbalanced brace swallow the next entry. Here an entry ends at the next line that begins one, whatever its braces
say. bibtexparser is the cross-check in the tests.
"""

import re
from collections.abc import Iterator

from screening.importers.bibtex_fields import SPEC as SPEC
from screening.importers.bibtex_fields import BibError, prepare, read_entry
from screening.importers.build import Entry, build
from screening.importers.decoding import Lines
from screening.importers.foreign import foreign_format
from screening.importers.formats import Format, Source, Stream
from screening.importers.types import Parsed, ParseWarning, RejectedEntry

_KINDS_IN_PARENTHESES = "article|book|booklet|comment|conference|in[a-z]+|m[a-z]+|phdthesis|preamble|proceedings|string|techreport|unpublished"
_START = re.compile(rf"^\ufeff?\s*@\s*(?:([A-Za-z][\w-]*)\s*(?=\{{)|((?i:{_KINDS_IN_PARENTHESES}))\s*(?=\())")
_SKIPPED = frozenset({"comment", "preamble"})
_MAX_CROSSREFS = 20_000
_REJECTED_RAW = 10_000
OWN = "this app"


class _Reader:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.strings: dict[str, str] = {}
        self.parents: dict[str, Entry] = {}
        self.waiting: list[Entry] = []

    def block(self, line: int, lines: list[str]) -> Iterator[Parsed]:
        """One block: from a line that begins an entry up to the next such line."""
        match = _START.match(lines[0])
        if match is None:
            return
        kind = (match.group(1) or match.group(2)).lower()
        if kind in _SKIPPED:
            return
        text = "\n".join(lines)
        try:
            entry, rest = read_entry(text, line, kind, self.strings)
        except BibError as error:
            yield RejectedEntry(error.line or line, str(error), text[:_REJECTED_RAW])
            return
        if kind == "string":
            return
        entry.raw = self.lines.in_source(entry.raw)
        self._resolve(entry)
        prepare(entry, kind)
        yield build(entry, SPEC)
        yield from _rest(rest, entry.end_line)

    def _resolve(self, entry: Entry) -> None:
        """Fields a child inherits. BibTeX wants the parent after its children, biblatex anywhere: a parent seen before is used."""
        key = entry.first("@key").casefold()
        if key and len(self.parents) < _MAX_CROSSREFS and key not in self.parents:
            self.parents[key] = Entry(
                entry.line, {name: values for name, values in entry.fields.items() if name in _INHERITED}
            )
        wanted = entry.first("crossref", "xdata").strip().casefold()
        parent = self.parents.get(wanted) if wanted else None
        if parent is None:
            return
        for name, values in parent.fields.items():
            target = "booktitle" if name == "title" else name
            if target not in entry.fields:
                entry.fields[target] = values


_INHERITED = frozenset(
    {"title", "booktitle", "year", "date", "publisher", "editor", "volume", "series", "isbn", "issn", "journal"}
)


def _rest(rest: str, line: int) -> Iterator[Parsed]:
    """Text after the closing brace: comments are usual, another format is told."""
    foreign = foreign_format(rest) if rest and not rest.isspace() else ""
    if foreign and foreign != "BibTeX":
        reason = f"From here on the file is {foreign}, not BibTeX. Import that part as a file of its own."
        yield RejectedEntry(line + 1, reason, rest[:_REJECTED_RAW])


def _parse(source: Source) -> Stream:
    lines = source.lines()
    reader = _Reader(lines)
    block: list[str] = []
    start = number = 0
    told = 0
    for batch in lines.batches():
        for line, message in lines.remarks[told:]:
            yield ParseWarning(line, message)
        told = len(lines.remarks)
        for text in batch:
            number += 1
            if "@" in text and _START.match(text):
                if block:
                    yield from reader.block(start, block)
                block, start = [text], number
            elif block:
                block.append(text)
    if block:
        yield from reader.block(start, block)


def _sniff(head: str) -> float:
    starts = [line for line in head.split("\n") if "@" in line and _START.match(line)]
    if not starts:
        return 0.0
    if head.lstrip("\ufeff \r\n\t").startswith("@") and _dialect(head) == OWN:
        return 0.99
    return 0.93 if re.search(r"^[^\n]*[@,\n]\s*[\w-]+\s*=\s*[{\"\w]", head, re.MULTILINE) else 0.7


def _dialect(head: str) -> str:
    signs = (
        (OWN, "reviewapp-number = {"),
        ("Scopus", "source={Scopus}"), ("Web of Science", "Unique-ID"), ("ACM", "https://doi.org/10.1145"), ("IEEE Xplore", "ISSN={"),
        ("Zotero", "urldate = {"), ("Mendeley", "Mendeley"), ("JabRef", "jabref-meta"), ("ProQuest", "proquest"),
    )  # fmt: skip
    return next((name for name, sign in signs if sign in head), "")


FORMAT = Format(
    name="bibtex", label="BibTeX", extensions=("bib", "bibtex", "txt"), sniff=_sniff, dialect=_dialect, parse=_parse
)
