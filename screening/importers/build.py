"""From the fields of one source entry to a :class:`ParsedRecord`. Every format ends here, so every rule stands once.

A format names, for each target, which of its own fields feed it. ``FIRST`` targets take the first that is not empty, in the
order given; what was passed over, and every field nobody asked for, goes to ``other``, so nothing is lost silently.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from screening.importers.clean import MAX_TEXT, abstract_text, is_plain, one_line, paragraphs, readable
from screening.importers.exact import restored
from screening.importers.identifiers import (
    find_doi,
    find_pmcid,
    find_pmid,
    find_serials,
    find_urls,
    find_year,
    iso_date,
    join_pages,
)
from screening.importers.names import NameStyle, parse_author, parse_collective
from screening.importers.ownvotes import START as VOTE_START
from screening.importers.ownvotes import take_vote_lines
from screening.importers.rayyan import votes_in_notes
from screening.importers.types import Author, ParsedRecord, ParsedVote

MAX_AUTHORS = 5_000
MAX_OTHER = 2_000
MAX_RAW = 2_000_000
FIRST = frozenset(
    "title original_title year date journal journal_abbreviation volume issue pages start_page end_page abstract doi pmid pmcid "
    "publication_type language".split()
)
ALL = frozenset(["author", "collective", "editor", "accession", "serial", "keyword", "url", "notes"])


@dataclass(slots=True)
class Entry:
    """One entry as found: fields by their name in the source, each with its values in order."""

    line: int
    fields: dict[str, list[str]] = field(default_factory=dict)
    end_line: int = 0
    raw: str = ""
    warnings: list[str] = field(default_factory=list)
    votes: list[ParsedVote] = field(default_factory=list)
    accessions: list[tuple[str, str]] = field(default_factory=list)
    """(source, identifier) where one field of the source held both."""
    exact: str = ""
    """The line of exact values of our own exports (:mod:`screening.importers.exact`)."""

    def take_exact(self, name: str, mark: str) -> None:
        """Takes the line of exact values out of the field ``name``, if it is one."""
        values = self.fields.get(name)
        if values and values[0].lstrip().startswith(mark):
            self.exact = values.pop(0)
            if not values:
                del self.fields[name]

    def add(self, name: str, value: str) -> None:
        """Appends; an empty value is still a field of the source."""
        if name in self.fields:
            self.fields[name].append(value)
        else:
            self.fields[name] = [value]

    def first(self, *names: str) -> str:
        """The first value that is not blank."""
        for name in names:
            for value in self.fields.get(name, ()):
                if value and not value.isspace():
                    return value
        return ""

    def all(self, *names: str) -> list[str]:
        """All values of these fields."""
        return [value for name in names for value in self.fields.get(name, ())]


@dataclass(frozen=True, slots=True)
class Spec:
    """How one format's fields become ours: target → names in the source, best first."""

    targets: Mapping[str, Sequence[str]]
    name_style: NameStyle = NameStyle.FAMILY_FIRST
    keyword_separators: str = ""
    """Characters that part keywords inside one value, e.g. ``;``. A newline always does."""
    accession_sources: Mapping[str, str] = field(default_factory=dict)
    """Field name → what its number is called, e.g. ``UT`` → ``Web of Science``."""
    ignored: frozenset[str] = frozenset()
    """Fields of the format itself that carry no fact about the record."""
    doi_hints: Sequence[str] = ()
    """Other fields in which a DOI address may stand when the proper field is empty."""
    used: frozenset[str] = field(init=False, default=frozenset())
    plan: Mapping[str, tuple[tuple[str, int], ...]] = field(init=False, default_factory=dict)
    """Field name → the ``FIRST`` targets it feeds, each with its rank."""
    shapes: "dict[tuple[str, ...], _Shape]" = field(init=False, default_factory=dict, compare=False)
    """What was worked out for entries with these fields: most entries of a file have the fields of the one before."""
    cleaner: Callable[[str], str] | None = None
    """Applied to each value before everything else: LaTeX, markup of the format."""

    def __post_init__(self) -> None:
        unknown = set(self.targets) - FIRST - ALL
        if unknown:
            raise ValueError(f"no such target: {sorted(unknown)}")
        used = {name for target, names in self.targets.items() if target in ALL for name in names}
        object.__setattr__(self, "used", frozenset(used) | self.ignored)
        plan: dict[str, tuple[tuple[str, int], ...]] = {}
        for target, names in self.targets.items():
            if target in FIRST:
                for rank, name in enumerate(names):
                    plan[name] = (*plan.get(name, ()), (target, rank))
        object.__setattr__(self, "plan", plan)


_NONE: tuple[str, ...] = ()
MAX_SHAPES = 1_000


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the targets of an entry come from when none of its fields is blank."""

    sources: dict[str, str]
    """Target → field name."""
    planned: tuple[str, ...]
    """Fields that feed such targets."""
    unused: tuple[str, ...]
    """Fields of which something may be left for ``other``."""
    lists: dict[str, tuple[str, ...]]
    """Target that takes every value → the fields it has here."""

    @classmethod
    def of(cls, names: tuple[str, ...], spec: Spec) -> "_Shape":
        """Looks up each target once for all entries with fields of these names."""
        ranked: dict[str, tuple[int, str]] = {}
        for name in names:
            for target, rank in spec.plan.get(name, ()):
                if target not in ranked or rank < ranked[target][0]:
                    ranked[target] = (rank, name)
        return cls(
            {target: name for target, (_, name) in ranked.items()},
            tuple(name for name in names if name in spec.plan),
            tuple(name for name in names if name not in spec.used),
            {target: tuple(name for name in spec.targets.get(target, ()) if name in names) for target in ALL | {"doi"}},
        )


def _shape(names: tuple[str, ...], spec: Spec) -> _Shape:
    shape = spec.shapes.get(names)
    if shape is None:
        if len(spec.shapes) >= MAX_SHAPES:
            spec.shapes.clear()
        shape = spec.shapes[names] = _Shape.of(names, spec)
    return shape


class _Values(dict[str, str]):
    """Target → value; empty for a target that the entry does not have."""

    def __missing__(self, target: str) -> str:
        return ""


class _Draft:
    """The targets of one entry while they are looked up; remembers which source fields were read."""

    __slots__ = ("best", "entry", "fields", "first", "positions", "shape", "sources", "spec")

    def __init__(self, entry: Entry, spec: Spec) -> None:
        self.entry = entry
        self.spec = spec
        self.fields = entry.fields
        self.shape = _shape(tuple(entry.fields), spec)
        self.best = _Values()
        self.first = self.best.__getitem__
        self.sources: dict[str, str] = {}
        self.positions: dict[str, int] = {}
        fields = self.fields
        for name in self.shape.planned:
            value = fields[name][0]
            if not value or value.isspace():
                self._choose()
                return
        self.sources = self.shape.sources.copy()
        for target, name in self.sources.items():
            self.best[target] = fields[name][0]

    def _choose(self) -> None:
        """One walk over the fields of the entry: for each target the value of the best rank that is not blank."""
        best, sources, plan = self.best, self.sources, self.spec.plan
        ranks: dict[str, int] = {}
        for name, values in self.fields.items():
            wanted = plan.get(name)
            if wanted is None:
                continue
            value = values[0]
            if not value or value.isspace():
                position = next((at for at, text in enumerate(values) if text and not text.isspace()), -1)
                if position < 0:
                    continue
                self.positions[name] = position
                value = values[position]
            for target, rank in wanted:
                if target not in ranks or rank < ranks[target]:
                    ranks[target] = rank
                    best[target] = value
                    sources[target] = name

    def all(self, target: str) -> list[str]:
        found: list[str] = []
        for name in self.shape.lists[target]:
            found += self.fields[name]
        return found


def build(entry: Entry, spec: Spec) -> ParsedRecord:
    """One record. An entry of the source is one even when it says nothing: it is kept, with a warning."""
    if spec.cleaner is not None:
        clean = spec.cleaner
        entry.fields = {name: [clean(value) for value in values] for name, values in entry.fields.items()}
    draft = _Draft(entry, spec)
    warnings = entry.warnings
    title = one_line(draft.first("title"))
    if not title:
        warnings.append("No title.")
    abstract = abstract_text(draft.first("abstract"))
    if len(abstract) > MAX_TEXT:
        warnings.append(f"The abstract was cut at {MAX_TEXT:,} characters.")
    authors = _authors(draft)
    year, date = _dates(draft)
    journal = one_line(draft.first("journal"))
    abbreviation = one_line(draft.first("journal_abbreviation"))
    issn, isbn = _serials(draft.all("serial"))
    notes = paragraphs("\n".join(draft.all("notes")))
    if VOTE_START in notes:
        notes, voted = take_vote_lines(notes)
        entry.votes += voted
    record = ParsedRecord(
        title=title,
        original_title=one_line(draft.first("original_title")),
        authors=authors,
        year=year,
        date=date,
        journal=journal,
        journal_abbreviation="" if abbreviation == journal else abbreviation,
        volume=one_line(draft.first("volume")),
        issue=one_line(draft.first("issue")),
        pages=_pages(draft),
        abstract=abstract,
        doi=_doi(draft),
        pmid=find_pmid(draft.first("pmid")),
        pmcid=find_pmcid(draft.first("pmcid")),
        accession_numbers=_accessions(draft),
        issn=issn,
        isbn=isbn,
        keywords=_keywords(draft),
        publication_type=one_line(draft.first("publication_type")),
        language=one_line(draft.first("language")),
        urls=_urls(draft),
        notes=notes,
        other=_other(draft),
        raw=_raw(entry),
        line=entry.line,
        end_line=entry.end_line or entry.line,
        warnings=tuple(warnings),
        votes=(*entry.votes, *votes_in_notes(notes)),
    )
    return restored(record, entry.exact) if entry.exact else record


def _authors(draft: _Draft) -> tuple[Author, ...]:
    style = draft.spec.name_style
    found = [parse_author(name, style) for name in draft.all("author")]
    found += [parse_collective(name) for name in draft.all("collective")]
    authors = [author for author in found if author is not None]
    if not authors:
        editors = (parse_author(name, style) for name in draft.all("editor"))
        authors = [editor for editor in editors if editor is not None]
    if len(authors) > MAX_AUTHORS:
        draft.entry.warnings.append(f"{len(authors):,} authors; the first {MAX_AUTHORS:,} were kept.")
        del authors[MAX_AUTHORS:]
    return tuple(authors)


def _dates(draft: _Draft) -> tuple[int | None, str]:
    """The year of the year field, else of the date; the fullest date the source gives for that year."""
    stated = draft.first("year")
    date_text = draft.first("date")
    year = find_year(stated) if stated else None
    if year is None and date_text:
        year = find_year(date_text)
    if stated and year is None:
        draft.entry.warnings.append(f"No year in “{stated.strip()[:40]}”.")
    fullest = stated
    if date_text and (year is None or find_year(date_text) in (year, None)):
        fullest = date_text if not stated or len(iso_date(date_text)) > len(iso_date(stated)) else stated
    date = iso_date(one_line(fullest))
    if date and year is not None and find_year(date) is None:
        date = f"{year} {date}"
    return year, date


def _pages(draft: _Draft) -> str:
    whole = draft.first("pages")
    if whole:
        return one_line(whole).replace("--", "-").replace("–", "-")
    return one_line(join_pages(draft.first("start_page"), draft.first("end_page")))


def _doi(draft: _Draft) -> str:
    for name in draft.shape.lists["doi"]:
        for value in draft.fields[name]:
            doi = find_doi(value)
            if doi:
                draft.sources["doi"] = name
                return doi
    for name in draft.spec.doi_hints:
        for value in draft.fields.get(name, _NONE):
            if "10." in value:
                doi = find_doi(value)
                if doi:
                    return doi
    return ""


def _accessions(draft: _Draft) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = dict.fromkeys(draft.entry.accessions)
    for name in draft.shape.lists["accession"]:
        source = draft.spec.accession_sources.get(name, name)
        for value in draft.fields[name]:
            number = one_line(value).rstrip(".")
            if number:
                found[(source, number)] = None
    return tuple(found)


def _serials(values: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not values:
        return (), ()
    if len(values) == 1:
        return find_serials(values[0])
    issns: dict[str, None] = {}
    isbns: dict[str, None] = {}
    for value in values:
        some_issn, some_isbn = find_serials(value)
        issns.update(dict.fromkeys(some_issn))
        isbns.update(dict.fromkeys(some_isbn))
    return tuple(issns), tuple(isbns)


def _keywords(draft: _Draft) -> tuple[str, ...]:
    separators = draft.spec.keyword_separators
    found: dict[str, None] = {}
    for value in draft.all("keyword"):
        if not separators and is_plain(value):
            found[value.strip()] = None
            continue
        parts = [value]
        for separator in ("\n", *separators):
            if separator in value:
                parts = [piece for part in parts for piece in part.split(separator)]
        for part in parts:
            keyword = part.strip() if is_plain(part) else one_line(part)
            if keyword:
                found[keyword] = None
    found.pop("", None)
    return tuple(found)


def _urls(draft: _Draft) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in draft.all("url"):
        urls = find_urls(value)
        for url in urls:
            found[url] = None
        if not urls and value.strip() and ":" in value:
            draft.entry.warnings.append(f"Not a web address, kept out: “{readable(value.strip())[:60]}”.")
    return tuple(found)


def _other(draft: _Draft) -> tuple[tuple[str, str], ...]:
    """What is left: fields of no target, and values that a better one outranked."""
    taken, positions, fields = set(draft.sources.values()), draft.positions, draft.fields
    shown = draft.best.values()
    rest: list[tuple[str, str]] = []
    for name in draft.shape.unused:
        values = fields[name]
        position = positions.get(name, 0) if name in taken else -1
        if position == 0 and len(values) == 1:
            continue
        kept = [value.strip() for at, value in enumerate(values) if at != position]
        text = "; ".join(value for value in kept if value and value not in shown)
        if text:
            rest.append((name, readable(text[:MAX_OTHER])))
    return tuple(rest)


def _raw(entry: Entry) -> str:
    if len(entry.raw) > MAX_RAW:
        entry.warnings.append(f"The source entry was kept up to {MAX_RAW:,} characters.")
        return entry.raw[:MAX_RAW]
    return entry.raw
