"""Three tagged dialects: PubMed's nbib, Web of Science's field-tagged file, and RIS as EBSCOhost writes it."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from screening.demo.types import Copy, Kind, Person

_PUBMED_TYPES: Final = {
    Kind.ARTICLE: ("Journal Article",),
    Kind.REVIEW: ("Journal Article", "Review"),
    Kind.ERRATUM: ("Published Erratum",),
    Kind.CONFERENCE: ("Meeting Abstract",),
}
_WOS_TYPES: Final = {
    Kind.ARTICLE: "Article",
    Kind.REVIEW: "Review",
    Kind.ERRATUM: "Correction",
    Kind.CONFERENCE: "Meeting Abstract",
}


def pubmed_nbib(copies: Sequence[Copy]) -> bytes:
    """MEDLINE tags as PubMed saves them: folded lines, a blank line between records."""
    return "\n".join("".join(_pubmed_lines(copy)) for copy in copies).encode()


def _pubmed_lines(copy: Copy) -> Iterator[str]:
    yield _nbib("PMID", copy.accession)
    yield _nbib("OWN", "NLM")
    yield _nbib("STAT", "MEDLINE")
    if copy.journal.issn:
        yield _nbib("IS", f"{copy.journal.issn} (Electronic)")
    yield from (_nbib(tag, text) for tag, text in (("VI", copy.volume), ("IP", copy.issue)) if text)
    yield _nbib("DP", str(copy.year))
    yield _nbib("TI", copy.title)
    if copy.first_page:
        yield _nbib("PG", short_pages(copy.first_page, copy.last_page))
    if copy.doi:
        yield _nbib("LID", f"{copy.doi} [doi]")
    yield _nbib("AB", copy.abstract)
    for author in copy.authors:
        yield _nbib("FAU", f"{author.family}, {author.given.replace('.', '') or ' '.join(author.initials)}")
        yield _nbib("AU", f"{author.family} {author.initials}")
    yield _nbib("LA", "eng")
    yield from (_nbib("PT", text) for text in _PUBMED_TYPES[copy.kind])
    yield _nbib("TA", copy.journal.abbreviation)
    yield _nbib("JT", copy.journal.name)
    yield from (_nbib("OT", keyword) for keyword in copy.keywords)
    if copy.doi:
        yield _nbib("AID", f"{copy.doi} [doi]")
    yield _nbib("PST", "ppublish")
    yield _nbib("SO", _pubmed_source(copy))


def _nbib(tag: str, text: str) -> str:
    lines = textwrap.wrap(text, width=82, break_long_words=False, break_on_hyphens=False)
    return f"{tag:<4}- " + " \n      ".join(lines) + "\n"


def short_pages(first: str, last: str) -> str:
    """``123``, ``129`` gives ``123-9``, as PubMed shortens ranges; page numbers with letters are left alone."""
    if not last:
        return first
    if len(first) != len(last) or not (first + last).isdigit():
        return f"{first}-{last}"
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), len(last) - 1)
    return f"{first}-{last[same:]}"


def _pubmed_source(copy: Copy) -> str:
    issue = f"({copy.issue})" if copy.issue else ""
    pages = f":{short_pages(copy.first_page, copy.last_page)}" if copy.first_page else ""
    doi = f" doi: {copy.doi}." if copy.doi else ""
    return f"{copy.journal.abbreviation}. {copy.year};{copy.volume}{issue}{pages}.{doi}"


def web_of_science_tagged(copies: Sequence[Copy]) -> bytes:
    """Two-letter tags with a byte order mark, a file head, and EF at the end."""
    records = "".join("".join(_wos_lines(copy)) + "ER\n\n" for copy in copies)
    return ("\ufeffFN Clarivate Analytics Web of Science\nVR 1.0\n" + records + "EF").encode()


def _wos_lines(copy: Copy) -> Iterator[str]:
    yield "PT C\n" if copy.kind is Kind.CONFERENCE else "PT J\n"
    yield _wos("AU", [f"{a.family}, {a.initials}" for a in copy.authors])
    yield _wos("AF", [_wos_full_name(a) for a in copy.authors])
    yield _wos("TI", textwrap.wrap(copy.title, width=74, break_long_words=False, break_on_hyphens=False))
    yield _wos("SO", [copy.journal_text])
    yield "LA English\n"
    yield f"DT {_WOS_TYPES[copy.kind]}\n"
    if copy.keywords:
        yield _wos("DE", textwrap.wrap("; ".join(copy.keywords), width=74, break_on_hyphens=False))
    yield f"AB {copy.abstract}\n"
    if copy.journal.publisher:
        yield f"PU {copy.journal.publisher.upper()}\n"
    if copy.journal.issn:
        yield f"SN {copy.journal.issn}\n"
    abbreviation = copy.journal.abbreviation
    yield f"J9 {abbreviation.upper()}\n"
    yield f"JI {' '.join(word if word.isupper() else word + '.' for word in abbreviation.split())}\n"
    yield f"PY {copy.year}\n"
    yield from (f"{tag} {text}\n" for tag, text in (("VL", copy.volume), ("IS", copy.issue)) if text)
    if copy.last_page:
        yield f"BP {copy.first_page}\nEP {copy.last_page}\n"
    elif copy.first_page:
        yield f"AR {copy.first_page}\n"
    if copy.doi:
        yield f"DI {copy.doi}\n"
    yield f"UT {copy.accession}\n"


def _wos(tag: str, lines: Sequence[str]) -> str:
    return f"{tag} " + "\n   ".join(lines) + "\n"


def _wos_full_name(author: Person) -> str:
    return f"{author.family}, {author.given or '. '.join(author.initials) + '.'}"


def ebsco_ris(copies: Sequence[Copy]) -> bytes:
    """RIS as EBSCOhost delivers CINAHL: T1, JO and JF, dates with slashes, the accession number in N1; CRLF."""
    records = ("".join(_ebsco_lines(copy)) + "ER  - \n" for copy in copies)
    return "\n".join(records).replace("\n", "\r\n").encode()


def _ebsco_lines(copy: Copy) -> Iterator[str]:
    yield _ris("TY", "JOUR")
    yield from (_ris("AU", f"{a.family}, {a.given or '.'.join(a.initials) + '.'}") for a in copy.authors)
    yield _ris("T1", copy.title)
    yield _ris("JO", copy.journal.name)
    yield _ris("JF", copy.journal.name)
    yield _ris("Y1", f"{copy.year}/{int(copy.issue):02d}//" if copy.issue else f"{copy.year}///")
    yield from (_ris(tag, text) for tag, text in (("VL", copy.volume), ("IS", copy.issue)) if text)
    yield _ris("M3", "Article")
    yield from (_ris(tag, text) for tag, text in (("SP", copy.first_page), ("EP", copy.last_page)) if text)
    if copy.journal.publisher:
        yield _ris("PB", copy.journal.publisher)
    if copy.journal.issn:
        yield _ris("SN", copy.journal.issn)
    yield _ris("AB", copy.abstract)
    yield from (_ris("KW", keyword[:1].upper() + keyword[1:]) for keyword in copy.keywords)
    yield _ris(
        "N1", f"Accession Number: {copy.accession}. Language: English. Publication Type: Article. Journal Subset: Demo."
    )
    if copy.doi:
        yield _ris("DO", copy.doi)
    yield _ris("UR", f"https://ebscohost.example.org/login.aspx?direct=true&db=ccm&AN={copy.accession}&site=ehost-live")
    yield _ris("DP", "EBSCOhost")
    yield _ris("DB", "ccm")


def _ris(tag: str, text: str) -> str:
    return f"{tag}  - {text}\n"
