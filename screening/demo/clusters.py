"""Decides which report was found in which of the five sources, with exact sums: 549 records of 257 reports."""

import random
from collections.abc import Sequence
from typing import Final

from screening.demo.types import Kind, Report, Source, SourceFile

FILES: Final = (
    SourceFile(Source.PUBMED, "PubMed", "pubmed.nbib", 78),
    SourceFile(Source.WEB_OF_SCIENCE, "Clarivate", "web_of_science.txt", 92),
    SourceFile(Source.SCOPUS, "Elsevier", "scopus.csv", 154),
    SourceFile(Source.CINAHL, "EBSCOhost", "cinahl.ris", 12),
    SourceFile(Source.GOOGLE_SCHOLAR, "Publish or Perish", "google_scholar.csv", 213),
)
TWICE_IN_SCHOLAR: Final = 7
_MEDICAL: Final = frozenset({"clin", "nurs", "info", "imag", "omic"})
_ONLY_IN_SCHOLAR: Final = "arXiv"


def spread(reports: Sequence[Report], in_pubmed: frozenset[str], rng: random.Random) -> dict[Source, list[str]]:
    """Report keys by source; a key stands twice in Google Scholar where two versions of the report were found.

    ``in_pubmed`` holds the keys of real reports that PubMed indexes; of the synthetic ones all medical subjects are
    eligible. Each report gets at least one source.
    """
    quota = {file.source: file.records for file in FILES}
    eligible = {source: [r.key for r in reports if _may_hold(source, r, in_pubmed)] for source in quota}
    found: dict[Source, list[str]] = {source: [] for source in quota}
    _place_what_scholar_missed(reports, eligible, found, quota, rng)
    for source in Source:
        if source is Source.GOOGLE_SCHOLAR:
            continue
        wanted = quota[source] - len(found[source])
        free = [key for key in eligible[source] if key not in set(found[source])]
        first = [key for key in free if key.startswith("R")]
        rest = [key for key in free if not key.startswith("R")]
        found[source] += first + rng.sample(rest, k=wanted - len(first))
    scholar = found[Source.GOOGLE_SCHOLAR]
    elsewhere = [key for key in scholar if sum(key in keys for keys in found.values()) > 1]
    scholar += rng.sample(elsewhere, k=TWICE_IN_SCHOLAR)
    return found


def _place_what_scholar_missed(
    reports: Sequence[Report],
    eligible: dict[Source, list[str]],
    found: dict[Source, list[str]],
    quota: dict[Source, int],
    rng: random.Random,
) -> None:
    """Draws the reports that Google Scholar did not show, and gives each of them another source first."""
    missing = len(reports) - (quota[Source.GOOGLE_SCHOLAR] - TWICE_IN_SCHOLAR)
    missed = set(rng.sample([r.key for r in reports if r.synthetic], k=missing))
    found[Source.GOOGLE_SCHOLAR] = [r.key for r in reports if r.key not in missed]
    for key in sorted(missed):
        choices = [s for s in (Source.SCOPUS, Source.SCOPUS, Source.WEB_OF_SCIENCE) if key in eligible[s]]
        if key in eligible[Source.PUBMED]:
            choices.append(Source.PUBMED)
        found[rng.choice(choices)].append(key)


def _may_hold(source: Source, report: Report, in_pubmed: frozenset[str]) -> bool:
    if source is Source.GOOGLE_SCHOLAR:
        return True
    if report.journal.abbreviation == _ONLY_IN_SCHOLAR:
        return False
    if source is Source.PUBMED:
        return (
            report.key in in_pubmed
            if not report.synthetic
            else report.subject in _MEDICAL and report.kind is not Kind.CONFERENCE
        )
    if source is Source.CINAHL:
        return report.synthetic and report.subject in {"nurs", "clin"} and not report.near_miss
    return True
