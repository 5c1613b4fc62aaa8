"""What became of a file: read = stored + rejected, which fields came, which are kept but not shown."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from screening.importers.types import Detection, Parsed, ParsedRecord, ParseWarning, RejectedEntry

COUNTED = (
    "title", "original_title", "authors", "year", "date", "journal", "journal_abbreviation", "volume", "issue", "pages", "abstract",
    "doi", "pmid", "pmcid", "accession_numbers", "issn", "isbn", "keywords", "publication_type", "language", "urls", "notes", "votes",
)  # fmt: skip
_values = attrgetter(*COUNTED)
KEPT_MESSAGES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``read == stored + rejected`` by construction. Counts of fields are numbers of records that have the field."""

    format: str = ""
    label: str = ""
    encoding: str = ""
    newline: str = ""
    hint: str = ""
    read: int = 0
    stored: int = 0
    rejected: int = 0
    fields: tuple[tuple[str, int], ...] = ()
    elsewhere: tuple[tuple[str, str, int], ...] = ()
    """Verdicts without a reviewer: (stage, verdict, records). Counted here, and nobody's vote."""
    not_shown: tuple[tuple[str, int], ...] = ()
    """Fields of the source that are kept with the record but have no place of their own: (name in the source, records)."""
    rejections: tuple[tuple[int, str], ...] = ()
    """(line, reason), the first thousand."""
    warnings: tuple[tuple[int, str], ...] = ()
    """(line, message), the first thousand, those of single records included."""
    warning_count: int = 0


@dataclass(slots=True)
class ReceiptTaker:
    """Counts items while they pass; :meth:`receipt` may be asked at any time."""

    detection: Detection | None = None
    stored: int = 0
    rejected: int = 0
    warning_count: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    """Corrections to what follows from ``patterns``."""
    patterns: dict[tuple[bool, ...], int] = field(default_factory=dict)
    """Which fields of COUNTED are there → in how many records: most records of a file have the same."""
    not_shown: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejections: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)

    def watch(self, stream: Iterable[Parsed]) -> Iterator[Parsed]:
        """Passes the stream on, counting."""
        for item in stream:
            self.take(item)
            yield item

    def take(self, item: Parsed) -> None:
        """Counts one item."""
        if isinstance(item, ParsedRecord):
            self.stored += 1
            pattern = tuple(map(bool, _values(item)))
            self.patterns[pattern] = self.patterns.get(pattern, 0) + 1
            if item.votes:
                self._take_unnamed(item)
            if item.other:
                for name in {name for name, _ in item.other}:
                    self.not_shown[name] += 1
            for message in item.warnings:
                self._warn(item.line, message)
        elif isinstance(item, RejectedEntry):
            self.rejected += 1
            if len(self.rejections) < KEPT_MESSAGES:
                self.rejections.append((item.line, item.reason))
        elif isinstance(item, ParseWarning):
            self._warn(item.line, item.message)

    def _take_unnamed(self, item: ParsedRecord) -> None:
        unnamed = {(vote.stage, vote.verdict) for vote in item.votes if not vote.reviewer}
        self.elsewhere.update(unnamed)
        if all(not vote.reviewer for vote in item.votes):
            self.fields["votes"] -= 1

    def _warn(self, line: int, message: str) -> None:
        self.warning_count += 1
        if len(self.warnings) < KEPT_MESSAGES:
            self.warnings.append((line, message))

    def _field_counts(self) -> tuple[tuple[str, int], ...]:
        counts = self.fields.copy()
        for pattern, number in self.patterns.items():
            counts.update({name: number for name, present in zip(COUNTED, pattern, strict=True) if present})
        return tuple((name, counts[name]) for name in COUNTED if counts[name])

    def receipt(self) -> Receipt:
        """What was counted so far."""
        told = self.detection
        return Receipt(
            format=told.format if told else "",
            label=told.label if told else "",
            encoding=told.encoding if told else "",
            newline=told.newline if told else "",
            hint=told.hint if told else "",
            read=self.stored + self.rejected,
            stored=self.stored,
            rejected=self.rejected,
            fields=self._field_counts(),
            elsewhere=tuple((*key, number) for key, number in sorted(self.elsewhere.items())),
            not_shown=tuple(self.not_shown.most_common()),
            rejections=tuple(self.rejections),
            warnings=tuple(self.warnings),
            warning_count=self.warning_count,
        )


def take_receipt(stream: Iterable[Parsed], detection: Detection | None = None) -> Receipt:
    """Reads a stream to its end only for its receipt."""
    taker = ReceiptTaker(detection)
    for item in stream:
        taker.take(item)
    return taker.receipt()
