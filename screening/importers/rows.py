"""From the rows of a table, whatever file they came from, to records."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from screening.importers.build import Entry, Spec, build
from screening.importers.columns import ACCESSION_SOURCES, MEANINGS, Vendor, normal_heading, targets_of, vendor_of
from screening.importers.names import NameStyle, split_names
from screening.importers.own import LIST_SEPARATOR, prepare_row
from screening.importers.types import Parsed, ParseWarning, RejectedEntry
from screening.importers.votes import grouped, is_vote_table, record_key, take_votes
from screening.importers.wos import SPEC as WOS_SPEC
from screening.importers.wos import prepare as prepare_wos

_EXCEL_ESCAPE = re.compile(r'^="(.*)"$', re.DOTALL)
_PUBMED_CITATION = re.compile(
    r"^.+?\. \d{4}[^;:]*;(?P<volume>[^:(;.]*)(?:\((?P<issue>[^)]*)\))?(?::(?P<pages>[^.;]+))?"
)
"""``Eur J Med Genet. 2020 Feb;63(2):103640. doi: …``"""
_SCOPUS_ID = re.compile(r"\s*\(\d{6,}\)")
_EMBASE_SOURCE = re.compile(
    r"^(?P<journal>.+?)\s+\((?P<year>\d{4})\)\s*(?P<volume>[^:\s(]*)?(?::(?P<issue>\S+))?\s*(?:\((?P<pages>[^)]*)\))?"
)
_RUN_TOGETHER = re.compile(
    r"(?<=[a-zß-ÿ.])(?<!Mc)(?<!Mac)(?<!De)(?<!Di)(?<!La)(?<!Le)(?<!Du)(?<!Van)(?<!Fitz)(?<! ll)(?<!Prof\.)(?<!Dr\.)(?=[A-ZÀ-Þ][\w.'-]* )"
)
_TITLES = re.compile(r"^(?:(?:Prof|Dr|Ph\.?D|Eng|Assoc|Asst|Univ)\.?\s*(?:-Ing\.?)?\s+)+", re.IGNORECASE)
_WOS_COLUMNS = frozenset({"pt", "au", "ti", "so", "ut"})
_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row and where they stood."""

    line: int
    end_line: int
    cells: list[str]
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The headings of a table and what they feed."""

    headings: tuple[str, ...]
    names: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]
    vendor: Vendor | None
    known: int
    line: int
    position: int
    """How many rows come before the first row of data."""
    delimiter: str = ","

    @classmethod
    def of(cls, cells: list[str], position: int, line: int) -> "Header":
        """Judges one row as a header."""
        names = tuple(normal_heading(cell) for cell in cells)
        vendor = vendor_of(frozenset(names))
        targets = targets_of(names, vendor)
        if set(names) >= _WOS_COLUMNS:
            targets = {**targets, "title": ("ti",)}
        return cls(
            headings=tuple(cell.strip("\ufeff \r\n") for cell in cells),
            names=names,
            targets=targets,
            vendor=vendor,
            known=len({name for name in names if name in MEANINGS or name in WOS_COLUMN_NAMES}) + is_vote_table(names),
            line=line,
            position=position + 1,
        )

    def with_delimiter(self, delimiter: str) -> "Header":
        """The same header, found with this delimiter."""
        return replace(self, delimiter=delimiter)

    @property
    def is_wos(self) -> bool:
        """Web of Science's two-letter columns."""
        return set(self.names) >= _WOS_COLUMNS


WOS_COLUMN_NAMES = frozenset(
    [
        "pt",
        "au",
        "ba",
        "be",
        "gp",
        "af",
        "bf",
        "ca",
        "ti",
        "so",
        "se",
        "bs",
        "la",
        "dt",
        "ct",
        "cy",
        "cl",
        "sp",
        "ho",
        "de",
        "id",
        "ab",
        "c1",
        "rp",
        "em",
        "ri",
        "oi",
        "fu",
        "fx",
        "cr",
        "nr",
        "tc",
        "z9",
        "pu",
        "pi",
        "pa",
        "sn",
        "ei",
        "bn",
        "j9",
        "ji",
        "pd",
        "py",
        "vl",
        "is",
        "pn",
        "su",
        "si",
        "ma",
        "bp",
        "ep",
        "ar",
        "di",
        "d2",
        "pg",
        "wc",
        "sc",
        "ga",
        "ut",
        "pm",
        "oa",
        "hc",
        "hp",
        "da",
    ]
)


def spec_of(header: Header) -> Spec:
    """How the columns of this table become a record."""
    if header.is_wos:
        return WOS_SPEC
    vendor = header.vendor
    targets = {target: names if target != "author" else ("@author",) for target, names in header.targets.items()}
    targets["author"] = ("@author",)
    targets.setdefault("collective", ())
    extra = {"journal": "@journal", "volume": "@volume", "issue": "@issue", "pages": "@pages", "year": "@year"}
    for target, name in extra.items():
        targets[target] = (name, *targets.get(target, ()))
    return Spec(
        targets=targets,
        name_style=vendor.name_style if vendor else NameStyle.GIVEN_FIRST,
        keyword_separators=vendor.keyword_separators if vendor else ";|",
        accession_sources=ACCESSION_SOURCES,
        ignored=frozenset(header.targets.get("author", ())),
        doi_hints=tuple(header.targets.get("url", ())),
    )


def parse_rows(rows: Iterable[Row | RejectedEntry], header: Header) -> Iterator[Parsed]:
    """Records of all rows after the header. ``known`` headings that repeat are told once: the first value not empty wins."""
    spec = spec_of(header)
    repeated = sorted({name for name in header.names if name and header.names.count(name) > 1 and name in MEANINGS})
    if repeated:
        yield ParseWarning(
            header.line, f"Headings stand twice ({', '.join(repeated)}); the first value that is not empty is used."
        )
    body = _body(rows, header.position)
    if is_vote_table(header.names):
        yield from _voted(body, header, spec)
        return
    for row in body:
        yield row if isinstance(row, RejectedEntry) else _record([row], header, spec)


def _body(rows: Iterable[Row | RejectedEntry], skip: int) -> Iterator[Row | RejectedEntry]:
    """The rows of data: without the header and what precedes it, blank rows and footers."""
    for row in rows:
        if skip > 0:
            skip -= 1
            continue
        if isinstance(row, Row) and (not any(cell.strip() for cell in row.cells) or _is_footer(row)):
            continue
        yield row


def _voted(body: Iterable[Row | RejectedEntry], header: Header, spec: Spec) -> Iterator[Parsed]:
    """Records of a table with one row per vote: the rows of one record are one record with several votes."""
    refused: list[RejectedEntry] = []

    def keyed() -> Iterator[tuple[bytes | None, list[object]]]:
        for row in body:
            if isinstance(row, RejectedEntry):
                refused.append(row)
            else:
                fits = len(row.cells) == len(header.names)
                yield (
                    record_key(header.names, row.cells) if fits else None,
                    [row.line, row.end_line, row.cells, row.raw],
                )

    read = made = 0
    for group in grouped(keyed()):
        read, made = read + len(group), made + 1
        yield _record([Row(*values) for values in group], header, spec)
    yield from refused
    if read > made:
        yield ParseWarning(header.line, f"One row per vote: {read:,} rows hold the votes on {made:,} records.")


def _is_footer(row: Row) -> bool:
    return sum(1 for cell in row.cells if cell.strip()) == 1 and row.cells[0].startswith(
        ("(c)", "©", "Copyright", "-----")
    )


def _record(rows: Sequence[Row], header: Header, spec: Spec) -> Parsed:
    """The record of a row; further rows hold only more votes on it."""
    row = rows[0]
    cells, wanted = row.cells, len(header.names)
    if any(cell.strip() for cell in cells[wanted:]):
        return RejectedEntry(row.line, f"The row has {len(cells)} columns, the header {wanted}.", row.raw[:10_000])
    entry = Entry(row.line, end_line=row.end_line, raw="\n".join(one.raw for one in rows))
    if len(cells) < wanted:
        if len(cells) < _FEWEST_CELLS:
            return RejectedEntry(row.line, f"The row has {len(cells)} columns, the header {wanted}.", row.raw[:10_000])
        entry.warnings.append(
            f"The row has {len(cells)} columns, the header {wanted}; the last ones were taken as empty."
        )
    if header.is_wos:
        for name, cell in zip(header.names, cells, strict=False):
            _add_wos(entry, name.upper(), cell)
        prepare_wos(entry)
        return build(entry, spec)
    for name, cell in zip(header.names, cells, strict=False):
        entry.add(name, _cell(cell))
    _prepare(entry, header)
    take_votes(entry)
    for more in rows[1:]:
        other = Entry(more.line, dict(zip(header.names, ([_cell(cell)] for cell in more.cells), strict=False)))
        take_votes(other)
        entry.votes += other.votes
        entry.warnings += other.warnings
    return build(entry, spec)


def _cell(cell: str) -> str:
    if cell.startswith('="'):
        match = _EXCEL_ESCAPE.match(cell)
        return match.group(1) if match else cell
    return "" if cell.strip() in {"null", "NULL", "NaN", "nan"} else cell


def _add_wos(entry: Entry, name: str, cell: str) -> None:
    if not cell.strip():
        return
    if name in {"AU", "AF", "BA", "BF", "BE", "ED", "CA", "GP"}:
        for part in cell.split(";"):
            entry.add(name, part.strip())
    else:
        entry.add(name, cell)


def _prepare(entry: Entry, header: Header) -> None:
    vendor = header.vendor
    if vendor is not None and vendor.shape == "own":
        prepare_row(entry, header.headings, header.names)
    for column in header.targets.get("author", ()):
        for value in entry.fields.get(column, ()):
            for name in _author_names(value, vendor):
                entry.add("@author", name)
    shape = vendor.shape if vendor else ""
    if shape == "embase-source":
        _source_cell(entry, "source", _EMBASE_SOURCE)
    elif shape == "pubmed-citation":
        _source_cell(entry, "citation", _PUBMED_CITATION)
    if any(value.startswith("[") for values in entry.fields.values() for value in values[:1]):
        _python_lists(entry)


def _author_names(value: str, vendor: Vendor | None) -> list[str]:
    if not value.strip():
        return []
    if vendor is not None and vendor.shape == "own":
        return value.split(LIST_SEPARATOR)
    value = _SCOPUS_ID.sub("", value) if "(" in value else value
    if vendor is not None and vendor.shape == "run-together":
        return [_TITLES.sub("", name) for name in _RUN_TOGETHER.split(value)]
    if vendor is not None and vendor.author_separators and vendor.author_separators in value:
        names = [name.strip() for name in value.strip().rstrip(".").split(vendor.author_separators)]
        return [name for name in names if name not in {"...", "…", "et al"}]
    if value.startswith("["):
        return _list_literal(value)
    return split_names(value)


def _list_literal(value: str) -> list[str]:
    """``['Marx, Karl', 'Lindgren, Astrid']``, as pandas writes lists into cells."""
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return split_names(value.strip("[]"))
    return [str(item) for item in found] if isinstance(found, list) else [value]


def _python_lists(entry: Entry) -> None:
    for name, values in entry.fields.items():
        if name not in {"@author"} and len(values) == 1 and re.match(r"^\[(['\"]).*\1\]$", values[0], re.DOTALL):
            entry.fields[name] = ["\n".join(_list_literal(values[0]))]


def _source_cell(entry: Entry, column: str, pattern: re.Pattern[str]) -> None:
    """Journal, volume, issue and pages out of one column, unless they have columns of their own."""
    match = pattern.match(entry.first(column))
    if match is None or (entry.first("source title", "publication year", "volume") and column == "source"):
        return
    for name, value in match.groupdict().items():
        if value:
            entry.add(f"@{name}", value.rstrip("."))
