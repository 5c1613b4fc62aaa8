"""A second, small corpus left half-way: exercise for chronic low back pain in adults, all of it synthetic.

34 reports in 40 records from two sources; six were found in both. Some of the votes are cast, so that a visitor has
something to screen, something to adjudicate, and something to read at once.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from screening.demo.abstracts import SYNTHETIC_MARK
from screening.demo.cards import card_rows
from screening.demo.copies import vary
from screening.demo.people import JOURNALS, draw_authors
from screening.demo.types import Copy, DemoCorpus, Kind, Report, Source, SourceFile, Vote
from screening.demo.votes import EXCLUDE, INCLUDE

SMALL_SEED: Final = 1904
TITLE: Final = "Exercise for chronic low back pain in adults"
FILES: Final = (
    SourceFile(Source.PUBMED, "PubMed", "back_pain_pubmed.nbib", 24),
    SourceFile(Source.CINAHL, "EBSCOhost", "back_pain_cinahl.ris", 16),
)
DUPLICATES: Final = 6
_FIRST_VOTES: Final = 16
_SECOND_VOTES: Final = 12
_CONFLICTS: Final = 3
_KINDS: Final = {"review": Kind.REVIEW}


@dataclass(frozen=True)
class SmallCorpus:
    """The small review: its files, and the votes already cast.

    ``votes`` holds, by report key, the first and the second reviewer's vote, None where that person has not voted yet;
    reports that nobody has seen are absent.
    """

    corpus: DemoCorpus
    votes: Mapping[str, tuple[Vote | None, Vote | None]]


def build_small(seed: int = SMALL_SEED) -> SmallCorpus:
    """The small corpus for ``seed``: 34 reports, 40 records, votes on 16 and 12 of them, three in conflict."""
    rng = random.Random(seed)
    rows = card_rows("low_back_pain")
    reports = tuple(_report(f"B{number:02d}", row, rng) for number, row in enumerate(rows, start=1))
    fits = {report.key: row["fits"] == "yes" for report, row in zip(reports, rows, strict=True)}
    copies = _spread(reports, rng)
    return SmallCorpus(DemoCorpus(seed=seed, files=FILES, reports=reports, copies=copies), _votes(fits, rng))


def _report(key: str, row: Mapping[str, str], rng: random.Random) -> Report:
    year = rng.randint(2012, 2024)
    first = rng.randint(5, 900)
    return Report(
        key=key,
        title=row["title"],
        authors=draw_authors(rng, most=6),
        journal=rng.choice(JOURNALS["back"]),
        year=year,
        volume=str(year - 1987),
        issue=str(rng.randint(1, 6)),
        first_page=str(first),
        last_page=str(first + rng.randint(6, 14)),
        doi=f"10.5555/back.{year}.{rng.randint(1000, 9999)}{key[1:]}",
        abstract=_abstract(row, rng),
        keywords=("low back pain", row["arm"], row["outcome"]),
        synthetic=True,
        subject="back",
        kind=_KINDS.get(row["kind"], Kind.ARTICLE),
    )


_METHODS: Final = {
    "trial": (
        "We assigned {n} {people} at random to {arm} or to {control}. The main outcome was {outcome}. Assessors did "
        "not know the groups, and everyone who had been assigned was analysed.",
        "In this trial, {n} {people} were allocated by computer to {arm} or {control}. The main outcome was {outcome}, "
        "and the analysis followed a published plan.",
        "{n} {people} took part. Concealed allocation led to {arm} in one group and to {control} in the other; the "
        "main outcome was {outcome}, recorded by staff who did not know the groups.",
    ),
    "cohort": (
        "We followed {n} {people}. {Arm} was set against {control}, with adjustment for age, sex, pain at the start "
        "and work. The outcome was {outcome}.",
    ),
    "interview": (
        "We held {k} conversations of about an hour with {people} and asked about {arm}. Two researchers read the "
        "transcripts and grouped them into themes, with the {outcome} at the centre.",
    ),
    "review": (
        "We searched six databases without limits of language and judged {k} publications that compared {arm} with "
        "{control} in {people}. The outcome was {outcome}; certainty was rated for each comparison.",
    ),
    "protocol": (
        "We plan to assign {n} {people} to {arm} or to {control} and to measure {outcome}. Recruitment runs for two "
        "years; patients helped to choose the outcome and wrote the invitation.",
    ),
}
_HEADS: Final = (
    ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS"),
    ("Background", "Methods", "Results", "Conclusion"),
)


def _abstract(row: Mapping[str, str], rng: random.Random) -> str:
    """Background, results and conclusion stand in the card, so that they agree; methods are composed."""
    slots = {name: row[name] for name in ("people", "arm", "control", "outcome")}
    slots["Arm"] = slots["arm"][:1].upper() + slots["arm"][1:]
    numbers = {"n": str(rng.randint(58, 420)), "k": str(rng.randint(14, 38))}
    methods = rng.choice(_METHODS[row["kind"]]).format_map(slots | numbers)
    parts = (row["background"], methods, row["results"], f"{row['closing']} {SYNTHETIC_MARK}")
    return " ".join(f"{head}: {part}" for head, part in zip(rng.choice(_HEADS), parts, strict=True))


def _spread(reports: Sequence[Report], rng: random.Random) -> dict[Source, tuple[Copy, ...]]:
    keys = [report.key for report in reports]
    rng.shuffle(keys)
    both, rest = keys[:DUPLICATES], keys[DUPLICATES:]
    alone = FILES[0].records - DUPLICATES
    found = {Source.PUBMED: both + rest[:alone], Source.CINAHL: both + rest[alone:]}
    by_key = {report.key: report for report in reports}
    return {source: _file(source, [by_key[key] for key in chosen], rng) for source, chosen in found.items()}


def _file(source: Source, reports: list[Report], rng: random.Random) -> tuple[Copy, ...]:
    rng.shuffle(reports)
    base = 99_500_000 if source is Source.PUBMED else 995_000_000
    return tuple(
        replace(vary(report, source, rng), accession=str(base + 11 * place))
        for place, report in enumerate(reports, start=1)
    )


def _votes(fits: Mapping[str, bool], rng: random.Random) -> dict[str, tuple[Vote | None, Vote | None]]:
    """Votes by two reviewers: three conflicts, the rest agreeing; the second reviewer is four reports behind."""
    seen = rng.sample(sorted(fits), k=_FIRST_VOTES)
    votes: dict[str, tuple[Vote | None, Vote | None]] = {}
    for place, key in enumerate(seen):
        opinion, other = (INCLUDE, EXCLUDE) if fits[key] else (EXCLUDE, Vote("MAYBE"))
        second = other if place < _CONFLICTS else opinion
        votes[key] = (opinion, second if place < _SECOND_VOTES else None)
    return votes
