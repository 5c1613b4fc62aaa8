"""CSL-JSON of Zotero, Mendeley and others: an array of items, read item by item."""

import json
import re
from collections.abc import Iterator
from typing import Any

from screening.importers.build import Entry, Spec, build
from screening.importers.formats import Format, Source, Stream
from screening.importers.names import NameStyle
from screening.importers.types import ImportFileError, Parsed, ParsedRecord, RejectedEntry

MAX_ITEM = 4_000_000
_SOLID = re.compile(r"[^\s,\ufeff]")

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("title", "title-short"),
        "original_title": ("original-title",),
        "author": ("author",),
        "collective": ("@collective",),
        "editor": ("editor",),
        "year": ("issued",),
        "date": ("issued",),
        "journal": ("container-title", "event-title", "event"),
        "journal_abbreviation": ("container-title-short", "journalAbbreviation"),
        "volume": ("volume",),
        "issue": ("issue",),
        "pages": ("page", "page-first", "number"),
        "abstract": ("abstract",),
        "doi": ("DOI",),
        "pmid": ("PMID",),
        "pmcid": ("PMCID",),
        "serial": ("ISSN", "ISBN"),
        "keyword": ("keyword",),
        "publication_type": ("genre", "type"),
        "language": ("language",),
        "url": ("URL",),
        "notes": ("note",),
    },
    keyword_separators=";,",
    ignored=frozenset({"id", "citation-key", "type", "accessed", "citation-label"}),
    doi_hints=("URL", "note"),
)


class _Items:
    """The objects of a JSON array, or of the first array in a JSON object, without holding the file."""

    def __init__(self, source: Source) -> None:
        self.blocks = source.lines().batches()
        self.buffer = ""
        self.at = 0
        self.line = 1
        self.column = 1
        self.started = False
        self.decoder = json.JSONDecoder()

    def _more(self) -> bool:
        """Reads on; what was consumed leaves the buffer."""
        batch = next(self.blocks, None)
        if batch is None:
            return False
        joint = "\n" if self.started else ""
        self.started = True
        self.buffer = f"{self.buffer[self.at :]}{joint}" + "\n".join(batch)
        self.at = 0
        return True

    def _advance(self, to: int) -> None:
        breaks = self.buffer.count("\n", self.at, to)
        self.line += breaks
        self.column = to - self.buffer.rfind("\n", self.at, to) if breaks else self.column + to - self.at
        self.at = to

    def _skip_white(self) -> str:
        while True:
            found = _SOLID.search(self.buffer, self.at)
            if found is not None:
                self._advance(found.start())
                return found.group()
            self._advance(len(self.buffer))
            if not self._more():
                return ""

    def __iter__(self) -> Iterator[tuple[int, str, Any]]:
        """(line, source text, value) of each item."""
        first = self._skip_white()
        if first == "{":
            line, text, value = self._item()
            lists = [part for part in value.values() if isinstance(part, list)] if isinstance(value, dict) else []
            if not ({"title", "type", "DOI"} & value.keys()) and lists:
                for inner in lists[0]:
                    yield line, json.dumps(inner, ensure_ascii=False), inner
                return
            yield line, text, value
        elif first == "[":
            self._advance(self.at + 1)
        while (char := self._skip_white()) and char != "]":
            yield self._item()

    def _item(self) -> tuple[int, str, Any]:
        line = self.line
        while True:
            try:
                value, end = self.decoder.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                if len(self.buffer) - self.at > MAX_ITEM:
                    raise ImportFileError(
                        "One item is larger than any reference: this is not CSL-JSON.", line
                    ) from error
                if self._more():
                    continue
                self._advance(max(error.pos, self.at))
                message = (
                    f"The JSON breaks off or is broken here, column {self.column} ({error.msg.removesuffix(' at')})."
                )
                raise ImportFileError(message, self.line) from error
            except RecursionError as error:
                raise ImportFileError("The JSON nests too deeply to be an export file.", line) from error
            text = self.buffer[self.at : end]
            self._advance(end)
            return line, text, value


def _parse(source: Source) -> Stream:
    found = 0
    try:
        for line, text, value in _Items(source):
            record = _record(line, text, value)
            if record is not None:
                found += 1
                yield record
    except ImportFileError as error:
        if not found:
            raise
        yield RejectedEntry(error.line or 1, f"{error.message} The {found:,} records before it were read.", "")


def _record(line: int, text: str, value: Any) -> Parsed | None:
    if not isinstance(value, dict) or not (
        {"title", "author", "issued", "container-title", "DOI", "type"} & value.keys()
    ):
        return None
    entry = Entry(line, end_line=line + text.count("\n"), raw=text)
    for name, field in value.items():
        if name in {"author", "editor", "translator", "container-author"}:
            _names(entry, name, field)
        elif name in {"issued", "accessed"} and isinstance(field, dict):
            entry.add(name, _date(field))
        elif isinstance(field, list):
            for part in field:
                entry.add(name, str(part))
        elif isinstance(field, str | int | float) and not isinstance(field, bool):
            entry.add(name, str(field))
        elif isinstance(field, dict):
            entry.add(name, json.dumps(field, ensure_ascii=False))
    record: ParsedRecord = build(entry, SPEC)
    return record


def _names(entry: Entry, role: str, names: Any) -> None:
    for name in names if isinstance(names, list) else []:
        if not isinstance(name, dict):
            continue
        literal = str(name.get("literal") or "")
        if literal:
            entry.add("@collective" if role == "author" else role, literal)
            continue
        family = " ".join(str(name[key]) for key in ("non-dropping-particle", "family") if name.get(key))
        given = " ".join(str(name[key]) for key in ("given", "suffix", "dropping-particle") if name.get(key))
        if family or given:
            entry.add(role, f"{family}, {given}" if family and given else family or given)


def _date(value: dict[str, Any]) -> str:
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        return "-".join(str(part) for part in parts[0] if part not in (None, ""))
    return str(value.get("raw") or value.get("literal") or value.get("year") or "")


def _sniff(head: str) -> float:
    start = head.lstrip("\ufeff \r\n\t")
    if start[:1] not in {"[", "{"}:
        return 0.0
    keys = ('"title"', '"author"', '"issued"', '"container-title"', '"DOI"', '"type"', '"family"')
    found = sum(key in start for key in keys)
    return 0.9 if found >= 2 else 0.0


FORMAT = Format(name="csl_json", label="CSL-JSON", extensions=("json",), sniff=_sniff, parse=_parse)
