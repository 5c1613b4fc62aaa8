"""The evidence on a pair in words for people."""

from __future__ import annotations

from screening.rules.matching.evidence import Evidence
from screening.rules.matching.names import Agreement


def _title_reason(e: Evidence) -> str:
    if e.title == "missing":
        return "a title is missing"
    return "same title" if e.title == "same" else f"title {e.title_percent} %"


_AUTHOR_WORDS = {
    Agreement.STRONG: "authors agree",
    Agreement.SOME: "authors agree in part",
    Agreement.WEAK: "authors hardly agree",
    Agreement.CONFLICT: "different authors",
    Agreement.MISSING: "",
}
_FIELD_WORDS: dict[str, dict[str, str]] = {
    "doi": {"same": "same DOI", "registrant": "different DOIs", "differ": "different DOIs"},
    "pmid": {"same": "same PubMed identifier", "differ": "different PubMed identifiers"},
    "journal": {
        "same": "same journal",
        "unclear": "same ISSN, journals named differently",
        "differ": "different journals",
    },
    "volume": {"same": "same volume", "differ": "different volumes"},
    "issue": {"differ": "different issues"},
    "pages": {
        "range": "same pages",
        "first": "same first page",
        "near": "pages close by",
        "differ": "different pages",
        "incomparable": "article number against pages",
    },
    "abstract": {
        "same": "same abstract",
        "close": "similar abstract",
        "some": "abstracts alike in part",
        "differ": "different abstracts",
    },
}


def reasons(e: Evidence) -> tuple[str, ...]:
    """The evidence in words, strongest fields first."""
    found = [_FIELD_WORDS[name].get(getattr(e, name), "") for name in ("doi", "pmid")]
    found += [_title_reason(e), _AUTHOR_WORDS[e.authors]]
    if e.year != "missing":
        found.append("same year" if not e.year_gap else f"year differs by {e.year_gap}")
    found += [
        _FIELD_WORDS[name].get(getattr(e, name), "") for name in ("journal", "volume", "issue", "pages", "abstract")
    ]
    return tuple(text for text in found if text)
