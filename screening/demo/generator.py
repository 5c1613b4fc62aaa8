"""Builds the worked example's five searches: 257 reports, 549 records, and the truth behind each.

The 27 included studies are real (``studies.csv``); the other 230 reports are synthetic and say so. The same seed gives
the same corpus.
"""

import csv
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from screening.demo.abstracts import compose_abstract
from screening.demo.cards import Card, load_cards
from screening.demo.clusters import FILES, spread
from screening.demo.copies import make_doubtful, vary
from screening.demo.early_titles import EARLY_TITLES
from screening.demo.people import JOURNALS, MEETING, draw_authors
from screening.demo.types import Copy, DemoCorpus, Fate, Journal, Kind, Person, Report, Source
from screening.demo.votes import full_text_votes, retrieval_notes, title_abstract_votes

DEFAULT_SEED: Final = 82310
CUT_COPIES: Final = 7
STUDIES: Final = Path(__file__).parent / "studies.csv"
TEST_DOI_PREFIX: Final = "10.5555"


def build_demo(seed: int = DEFAULT_SEED) -> DemoCorpus:
    """The whole demo corpus for ``seed``: 257 reports, 549 copies in file order, votes, and retrieval notes."""
    rng = random.Random(seed)
    real, in_pubmed = _real_reports()
    reports = (*real, *synthetic_reports(load_cards(), rng))
    found = spread(reports, in_pubmed, rng)
    copies = {file.source: _copies_of(file.source, found, reports, rng) for file in FILES}
    return DemoCorpus(
        seed=seed,
        files=FILES,
        reports=reports,
        copies=copies,
        title_abstract=title_abstract_votes(reports, rng),
        full_text=full_text_votes(reports, rng),
        retrieval_notes=retrieval_notes(reports, rng),
    )


def _real_reports() -> tuple[tuple[Report, ...], frozenset[str]]:
    """The 27 included studies, and the keys of those that PubMed holds."""
    with STUDIES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(map(_real_report, rows)), frozenset(row["key"] for row in rows if row["in_pubmed"] == "yes")


def _real_report(row: dict[str, str]) -> Report:
    return Report(
        key=row["key"],
        title=row["title"],
        authors=tuple(_known_author(name) for name in row["authors"].split("; ")),
        journal=Journal(row["journal"], row["journal_abbreviation"], row["publisher"], ""),
        year=int(row["year"]),
        volume=row["volume"],
        issue="",
        first_page=row["first_page"],
        last_page=row["last_page"],
        doi=row["doi"],
        abstract=row["abstract"],
        keywords=(),
        synthetic=False,
        subject="real",
        fate=Fate.INCLUDED,
        truncated_authors=row["authors_truncated"] == "yes",
    )


def _known_author(name: str) -> Person:
    family, _, initials = name.rpartition(" ")
    return Person(family, initials)


def synthetic_reports(cards: Sequence[Card], rng: random.Random) -> tuple[Report, ...]:
    """One report for each card; a near-miss pair shares its authors and, unless one is a talk, its journal."""
    reports: list[Report] = []
    pairs: dict[str, Report] = {}
    for number, card in enumerate(cards, start=1):
        report = _synthetic_report(f"S{number:03d}", card, rng)
        if card.pair:
            report = _liken(report, card, pairs.get(card.pair))
            pairs.setdefault(card.pair, report)
        reports.append(report)
    return tuple(reports)


def _synthetic_report(key: str, card: Card, rng: random.Random) -> Report:
    first = rng.randint(3, 2400)
    whole = rng.random() < 0.25
    year = rng.choice((2018, 2019, 2020, 2021, 2021, 2022, 2022, 2023, 2023, 2023, 2024, 2024))
    return Report(
        key=key,
        title=card.title,
        authors=draw_authors(rng),
        journal=rng.choice(JOURNALS[card.subject]),
        year=year,
        volume=str(rng.randint(3, 61)),
        issue=str(rng.randint(1, 12)),
        first_page=f"e{first + 10000}" if whole else str(first),
        last_page="" if whole else str(first + rng.randint(5, 19)),
        doi=f"{TEST_DOI_PREFIX}/demo.{year}.{rng.randint(1000, 9999)}{key[1:]}",
        abstract=compose_abstract(card, rng),
        keywords=_keywords(card),
        synthetic=True,
        subject=card.subject,
        fate=card.fate,
        reason=card.reason,
        near_miss=card.pair,
        kind=Kind.ERRATUM if card.role == "erratum" else Kind.REVIEW if card.family == "review" else Kind.ARTICLE,
    )


def _keywords(card: Card) -> tuple[str, ...]:
    words = [card.topic, card.method.split(" ", 1)[1], card.measure]
    return tuple(dict.fromkeys(words))


def _liken(report: Report, card: Card, first: Report | None) -> Report:
    """What makes a near miss near: the first one's authors and journal, a year that fits the role."""
    if card.role == "conference abstract":
        report = replace(report, journal=MEETING, kind=Kind.CONFERENCE, issue="")
    if first is None:
        return report
    journal = report.journal if first.kind is Kind.CONFERENCE else first.journal
    year = first.year + (1 if card.role in {"2022", "article"} else 0)
    doi = report.doi.replace(f"demo.{report.year}", f"demo.{year}")
    return replace(
        report,
        authors=first.authors,
        journal=journal,
        year=year,
        doi=doi,
        volume=str(int(first.volume) + year - first.year),
    )


def _copies_of(
    source: Source, found: dict[Source, list[str]], reports: Sequence[Report], rng: random.Random
) -> tuple[Copy, ...]:
    """The records of one file, shuffled, with accession numbers that follow the order of the file."""
    by_key = {report.key: report for report in reports}
    copies = [vary(by_key[key], source, rng) for key in found[source]]
    if source is Source.GOOGLE_SCHOLAR:
        copies = _with_doubts(copies, found, by_key, rng)
    rng.shuffle(copies)
    start = rng.randint(1, 400)
    return tuple(replace(copy, accession=_accession(source, start + 7 * n)) for n, copy in enumerate(copies))


def _with_doubts(
    copies: list[Copy], found: dict[Source, list[str]], by_key: dict[str, Report], rng: random.Random
) -> list[Copy]:
    """Some Google Scholar copies made doubtful, all of reports that another source holds as well."""
    other = {key for source, keys in found.items() if source is not Source.GOOGLE_SCHOLAR for key in keys}
    once = [
        n
        for n, c in enumerate(copies)
        if c.report_key in other and found[Source.GOOGLE_SCHOLAR].count(c.report_key) == 1
    ]
    plain = [n for n in once if not by_key[copies[n].report_key].near_miss and by_key[copies[n].report_key].synthetic]
    retitled = [n for n in plain if by_key[copies[n].report_key].title in EARLY_TITLES]
    long = [n for n in plain if n not in retitled and len(copies[n].title.split()) >= 11]
    for n in [*retitled, *rng.sample(long, k=CUT_COPIES)]:
        report = by_key[copies[n].report_key]
        copies[n] = make_doubtful(copies[n], report.abstract, EARLY_TITLES.get(report.title, ""), rng)
    return copies


def _accession(source: Source, number: int) -> str:
    """An identifier in the source's own form, in ranges that were not given out when this was written."""
    forms = {
        Source.PUBMED: f"{99_000_000 + number}",
        Source.WEB_OF_SCIENCE: f"WOS:0099{number:011d}",
        Source.SCOPUS: f"2-s2.0-99{number:09d}",
        Source.CINAHL: f"{990_000_000 + number}",
        Source.GOOGLE_SCHOLAR: f"https://scholar.example.org/demo/{number:06d}",
    }
    return forms[source]
