"""A person's word on which column of a table is which: what can be said, what is guessed, and what cannot stand."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence

from screening.importers.build import FIRST
from screening.importers.columns import MEANINGS, normal_heading
from screening.importers.types import ImportFileError

TARGETS: dict[str, str] = {
    "title": "Title",
    "abstract": "Abstract",
    "author": "Authors",
    "year": "Year",
    "date": "Date",
    "journal": "Journal",
    "journal_abbreviation": "Journal abbreviation",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "start_page": "First page",
    "end_page": "Last page",
    "doi": "DOI",
    "pmid": "PubMed identifier",
    "pmcid": "PubMed Central identifier",
    "accession": "Other accession number",
    "serial": "ISSN or ISBN",
    "keyword": "Keywords",
    "publication_type": "Publication type",
    "language": "Language",
    "url": "Link",
    "notes": "Notes",
    "original_title": "Original title",
    "collective": "Group as author",
    "editor": "Editors",
    "reviewer": "Vote made elsewhere: reviewer",
    "verdict": "Vote made elsewhere: include, exclude or maybe",
    "stage": "Vote made elsewhere: stage",
    "reason": "Vote made elsewhere: reason",
}
"""Everything a column can feed, in words, the commonest first."""
SINGLE = FIRST | {"reviewer", "verdict", "stage", "reason"}
"""Targets that take one column only."""
_MEANING_WORDS: tuple[tuple[str, str], ...] = (
    (r"\bdoi\b", "doi"),
    (r"\bpmcid\b|\bpmc\b", "pmcid"),
    (r"\bpmid\b|\bpubmed\b", "pmid"),
    (r"\bissn\b|\bisbn\b", "serial"),
    (r"\babstract\b|\bsummary\b|\brésumé\b|\bresumen\b|\bzusammenfassung\b", "abstract"),
    (r"\b(?:journal|source|publication|book|periodical)\b.*\b(?:title|name)\b|\bjournal\b|\bzeitschrift\b", "journal"),
    (r"\boriginal title\b", "original_title"),
    (r"\btitle\b|\btitel\b|\btitre\b|\btítulo\b|\btitolo\b", "title"),
    (r"\bauthors?\b|\bautor(?:en|es)?\b|\bauteurs?\b", "author"),
    (r"\byear\b|\bjahr\b|\bannée\b|\baño\b", "year"),
    (r"\bdate\b|\bdatum\b", "date"),
    (r"\bkeywords?\b|\bmesh\b|\bschlagwörter\b", "keyword"),
    (r"\bvolume\b", "volume"),
    (r"\bpages?\b|\bseiten\b", "pages"),
    (r"\blanguage\b|\bsprache\b|\blangue\b", "language"),
    (r"\burls?\b|\b(?:web)?links?\b", "url"),
    (r"\bnotes?\b|\bcomments?\b|\bremarks?\b", "notes"),
    (r"\b(?:document|publication|article)?\s*type\b", "publication_type"),
)


def signature_of(columns: Sequence[str]) -> str:
    """SHA-256 of the headings in order: by it a table of the same kind is known again."""
    return hashlib.sha256("\x1f".join(columns).encode()).hexdigest()


def guess_mapping(columns: Sequence[str]) -> dict[str, str]:
    """For each column a target, or ``""``. Known headings first, then words in them; nothing that takes one column twice."""
    found = dict.fromkeys(columns, "")
    taken: set[str] = set()
    for guess in (_known, _by_words):
        for column in columns:
            target = guess(column)
            if target and not found[column] and target not in taken:
                found[column] = target
                if target in SINGLE or target == "author":
                    taken.add(target)
    return found


def _known(column: str) -> str:
    return MEANINGS.get(normal_heading(column), "")


def _by_words(column: str) -> str:
    heading = re.sub(r"[_./-]+", " ", normal_heading(column))
    return next((target for pattern, target in _MEANING_WORDS if re.search(pattern, heading)), "")


def mapping_faults(mapping: Mapping[str, str]) -> list[str]:
    """In words, why a mapping cannot stand: a title is needed, and most targets take one column. Empty: it can."""
    faults = [f"There is no field “{target}”." for target in sorted(set(mapping.values()) - {*TARGETS, ""})]
    if "title" not in mapping.values():
        faults.append("Say which column holds the title.")
    for target, words in TARGETS.items():
        columns = [f"“{column}”" for column, chosen in mapping.items() if chosen == target]
        if target in SINGLE and len(columns) > 1:
            named = f"{', '.join(columns[:-1])} and {columns[-1]}"
            faults.append(f"{words} can come from one column only, but {named} are both set to it.")
    if ("reviewer" in mapping.values()) != ("verdict" in mapping.values()):
        faults.append("A vote made elsewhere needs two columns: who voted, and include, exclude or maybe.")
    return faults


def mapping_of_text(text: str) -> dict[str, str]:
    """``Paper=title,"Who, when"=author`` as a mapping; a column with a comma stands in quotes.

    Raises :class:`ImportFileError` for text of another form and for a mapping that cannot stand.
    """
    parts = next(csv.reader(io.StringIO(_quotes_around_pairs(text)), skipinitialspace=True), [])
    pairs = [part.rpartition("=") for part in parts]
    if not pairs or any(not column.strip() or not target.strip() for column, _, target in pairs):
        raise ImportFileError("Write the mapping as column=field,column=field.")
    mapping = {column.strip(): target.strip().lower() for column, _, target in pairs}
    faults = mapping_faults(mapping)
    if faults:
        raise ImportFileError(f"{' '.join(faults)} The fields are: {', '.join(TARGETS)}.")
    return mapping


def _quotes_around_pairs(text: str) -> str:
    """``"a, b"=title`` as ``"a, b=title"``, which is how CSV quotes."""
    return re.sub(r'"((?:[^"]|"")*)"\s*=\s*([^,"]*)', r'"\1=\2"', text)


def mapping_in_words(mapping: Mapping[str, str]) -> str:
    """``Title from “Paper”, Authors from “Who”``, in the order of the fields."""
    order = list(TARGETS)
    used = sorted((pair for pair in mapping.items() if pair[1]), key=lambda pair: order.index(pair[1]))
    return ", ".join(f"{TARGETS[target]} from “{column}”" for column, target in used)
