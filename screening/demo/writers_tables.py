"""Two tables: Scopus's CSV (layout of 2024 and later) and the Google Scholar CSV of Publish or Perish."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from screening.demo.types import Copy, Kind, Person

_SCOPUS_COLUMNS: Final = (
    "Authors|Author full names|Author(s) ID|Title|Year|Source title|Volume|Issue|Art. No.|Page start|Page end|"
    "Page count|Cited by|DOI|Link|Affiliations|Authors with affiliations|Abstract|Author Keywords|Index Keywords|"
    "Molecular Sequence Numbers|Chemicals/CAS|Tradenames|Manufacturers|Funding Details|Funding Texts|References|"
    "Correspondence Address|Editors|Publisher|Sponsors|Conference name|Conference date|Conference location|"
    "Conference code|ISSN|ISBN|CODEN|PubMed ID|Language of Original Document|Abbreviated Source Title|Document Type|"
    "Publication Stage|Open Access|Source|EID"
)
SCOPUS_COLUMNS: Final = tuple(_SCOPUS_COLUMNS.split("|"))
_SCOPUS_TYPES: Final = {
    Kind.ARTICLE: "Article",
    Kind.REVIEW: "Review",
    Kind.ERRATUM: "Erratum",
    Kind.CONFERENCE: "Conference paper",
}
_SCHOLAR_COLUMNS: Final = (
    "Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI,ISSN,CitationURL,Volume,Issue,"
    "StartPage,EndPage,ECC,CitesPerYear,CitesPerAuthor,AuthorCount,Age,Abstract,FullTextURL,RelatedURL"
)
SCHOLAR_COLUMNS: Final = tuple(_SCHOLAR_COLUMNS.split(","))
QUERY_YEAR: Final = 2025
_QUERY_DATE: Final = f"{QUERY_YEAR}-01-15 10:00:00"


def scopus_csv(copies: Sequence[Copy]) -> bytes:
    """Every cell quoted, byte order mark, 46 columns."""
    rows = [_quoted_row([*SCOPUS_COLUMNS])]
    for copy in copies:
        cells = _scopus_cells(copy)
        rows.append(_quoted_row([cells.get(column, "") for column in SCOPUS_COLUMNS]))
    return ("\ufeff" + "".join(rows)).encode()


def _scopus_cells(copy: Copy) -> dict[str, str]:
    conference = copy.kind is Kind.CONFERENCE
    doi = f"&doi={quote(copy.doi, safe='')}" if copy.doi else ""
    return {
        "Authors": "; ".join(f"{a.family} {_dotted(a)}" for a in copy.authors),
        "Author full names": "; ".join(f"{a.family}, {a.given or _dotted(a)}" for a in copy.authors),
        "Title": copy.title,
        "Year": str(copy.year),
        "Source title": copy.journal_text,
        "Volume": copy.volume,
        "Issue": copy.issue,
        "Art. No.": "" if copy.last_page else copy.first_page,
        "Page start": copy.first_page if copy.last_page else "",
        "Page end": copy.last_page,
        "Cited by": str(citations(copy)),
        "DOI": copy.doi,
        "Link": f"https://scopus.example.org/inward/record.uri?eid={copy.accession}{doi}&partnerID=40",
        "Abstract": copy.abstract,
        "Author Keywords": "; ".join(copy.keywords),
        "Publisher": copy.journal.publisher,
        "Conference name": copy.journal.name.removeprefix("Proceedings of the ") if conference else "",
        "ISSN": copy.journal.issn.replace("-", ""),
        "Language of Original Document": "English",
        "Abbreviated Source Title": " ".join(f"{word}." for word in copy.journal.abbreviation.split()),
        "Document Type": _SCOPUS_TYPES[copy.kind],
        "Publication Stage": "Final",
        "Source": "Scopus",
        "EID": copy.accession,
    }


def _dotted(person: Person) -> str:
    return "".join(f"{letter}." for letter in person.initials)


def scholar_csv(copies: Sequence[Copy]) -> bytes:
    """Text quoted and numbers bare, byte order mark, 26 columns; ranks follow the order of the file."""
    rows = [",".join(SCHOLAR_COLUMNS) + "\n"]
    for rank, copy in enumerate(copies, start=1):
        cells = _scholar_cells(copy, rank)
        rows.append(",".join(cells.get(column, "") for column in SCHOLAR_COLUMNS) + "\n")
    return ("\ufeff" + "".join(rows)).encode()


def _scholar_cells(copy: Copy, rank: int) -> dict[str, str]:
    """Cells by column as they stand in the file; volume, issue and pages are never given."""
    names = [f"{a.initials} {a.family}" for a in copy.authors] + (["..."] if copy.more_authors else [])
    cites, age = citations(copy), max(1, QUERY_YEAR - (copy.year or QUERY_YEAR))
    number = copy.accession.rsplit("/", 1)[-1]
    bare = {
        "Cites": str(cites),
        "Year": str(copy.year or ""),
        "GSRank": str(rank),
        "ECC": str(cites),
        "CitesPerYear": f"{cites / age:.2f}",
        "CitesPerAuthor": str(round(cites / max(1, len(copy.authors)))),
        "AuthorCount": str(len(names)),
        "Age": str(age) if copy.year else "",
    }
    text = {
        "Authors": ", ".join(names),
        "Title": copy.title,
        "Source": copy.journal_text,
        "Publisher": copy.journal.publisher,
        "ArticleURL": copy.accession,
        "CitesURL": f"https://scholar.example.org/scholar?cites={number}",
        "QueryDate": _QUERY_DATE,
        "Type": "",
        "DOI": copy.doi,
        "ISSN": "",
        "CitationURL": "",
        "Abstract": copy.abstract,
        "FullTextURL": "",
        "RelatedURL": f"https://scholar.example.org/scholar?q=related:{number}",
    }
    return bare | {column: _quoted(value) for column, value in text.items()}


def citations(copy: Copy) -> int:
    """A made-up count of citations that depends on the report alone, larger for older ones."""
    return (sum(map(ord, copy.title)) % 23) * max(0, QUERY_YEAR - (copy.year or QUERY_YEAR))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _quoted_row(values: Sequence[str]) -> str:
    return ",".join(map(_quoted, values)) + "\n"
