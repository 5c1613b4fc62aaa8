"""`manage.py dedupe_file records.csv --out clusters.csv`: find duplicates in a file of records, without a database."""

from __future__ import annotations

import csv
import gzip
import io
import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from screening.rules.matching import (
    DEFAULT,
    MatchInput,
    MatchSettings,
    RecordId,
    ScoredPair,
    Zone,
    cluster,
    find_pairs,
    open_questions,
    pick_kept,
)

_FIELD_LIMIT = 1 << 30
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


def match_input(row: dict[str, str | None]) -> MatchInput:
    """One record from a row with the columns id, title, authors, year, journal, volume, number, pages, abstract, doi,
    isbn, entrytype, booktitle, pmid, source; all but `id` may be missing or empty."""

    def field(name: str) -> str:
        return (row.get(name) or "").strip()

    year = _YEAR.search(field("year"))
    authors = field("authors")
    return MatchInput(
        id=field("id"),
        title=field("title"),
        authors=(authors,) if authors else (),
        year=int(year[0]) if year else None,
        journal=field("journal"),
        volume=field("volume"),
        issue=field("number"),
        pages=field("pages"),
        doi=field("doi"),
        pmid=field("pmid"),
        isbn=field("isbn"),
        abstract=field("abstract"),
        publication_type=field("entrytype"),
        booktitle=field("booktitle"),
        source=field("source"),
    )


def read_rows(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows of a csv or csv.gz file in UTF-8 with a header line. Raises OSError, UnicodeError or csv.Error."""
    csv.field_size_limit(_FIELD_LIMIT)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))


def read_records(path: Path) -> list[MatchInput]:
    """All records of a file. Raises ValueError for a file without the columns id and title, or a record without id."""
    records = []
    for number, row in enumerate(read_rows(path), start=2):
        if "id" not in row or "title" not in row:
            raise ValueError("the header line must name at least the columns id and title")
        record = match_input(row)
        if not record.id:
            raise ValueError(f"line {number}: the record has no id")
        records.append(record)
    return records


class Command(BaseCommand):
    help = "Find the records of the same report in a csv or csv.gz file and write one line id,cluster,kept for each."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("records", type=Path, help="csv or csv.gz, UTF-8, columns id,title,authors,year,journal,…")
        parser.add_argument("--out", type=Path, required=True, help="where to write id,cluster,kept")
        parser.add_argument(
            "--pairs", type=Path, help="also write every certain and doubtful pair with its reasons here"
        )
        parser.add_argument("--report", action="store_true", help="say what was found, with the most doubtful pairs")
        parser.add_argument("--certain", type=float, default=DEFAULT.certain, help="merge from this probability up")
        parser.add_argument("--doubtful", type=float, default=DEFAULT.doubtful, help="report as doubtful from here up")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            settings = MatchSettings(certain=options["certain"], doubtful=options["doubtful"])
            records = read_records(options["records"])
            pairs = find_pairs(records, settings=settings)
        except (OSError, UnicodeError, csv.Error, ValueError) as error:
            raise CommandError(f"{options['records']}: {error}") from error
        groups = cluster(pairs)
        _write(options["out"], ("id", "cluster", "kept"), _memberships(records, groups))
        if options["pairs"]:
            _write(options["pairs"], ("id1", "id2", "probability", "zone", "reasons", "vetoes"), map(_pair_row, pairs))
        if options["report"]:
            self.report(records, pairs, groups)

    def report(
        self, records: list[MatchInput], pairs: list[ScoredPair], groups: Sequence[tuple[RecordId, ...]]
    ) -> None:
        """The counts, then the doubtful pairs a person should look at, the most probable first."""
        removed = sum(len(group) - 1 for group in groups)
        questions = open_questions(pairs, groups)
        self.stdout.write(f"records            {len(records):>9,}")
        self.stdout.write(f"groups             {len(groups):>9,}")
        self.stdout.write(f"duplicates removed {removed:>9,}")
        self.stdout.write(f"records left       {len(records) - removed:>9,}")
        self.stdout.write(f"doubtful pairs     {len(questions):>9,}")
        titles = {record.id: record.title for record in records}
        for pair in questions:
            self.stdout.write(f"\n{pair.probability:.2f}  {'; '.join(pair.reasons)}")
            if pair.vetoes:
                self.stdout.write(f"      but: {'; '.join(pair.vetoes)}")
            for record_id in (pair.a, pair.b):
                self.stdout.write(f"      {record_id}  {titles[record_id]}")


def _memberships(records: list[MatchInput], groups: Iterable[tuple[RecordId, ...]]) -> Iterator[tuple[object, ...]]:
    by_id = {record.id: record for record in records}
    sources = list(dict.fromkeys(record.source for record in records))
    group_of: dict[RecordId, RecordId] = {}
    for group in groups:
        kept = pick_kept([by_id[member] for member in group], source_order=sources)
        group_of.update(dict.fromkeys(group, kept))
    for record in records:
        kept = group_of.get(record.id, record.id)
        yield record.id, kept, int(kept == record.id)


def _pair_row(pair: ScoredPair) -> tuple[object, ...]:
    return pair.a, pair.b, pair.probability, Zone(pair.zone).value, "; ".join(pair.reasons), "; ".join(pair.vetoes)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as error:
        raise CommandError(f"{path}: {error}") from error
