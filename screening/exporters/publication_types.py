"""Types of publication in the words of each format."""

from __future__ import annotations

from screening.importers.ris import TYPES

_WORDS = (
    ("conference abstract", "ABST"),
    ("conference", "CPAPER"),
    ("proceedings", "CONF"),
    ("chapter", "CHAP"),
    ("book", "BOOK"),
    ("thesis", "THES"),
    ("dissertation", "THES"),
    ("preprint", "UNPB"),
    ("unpublished", "UNPB"),
    ("report", "RPRT"),
    ("patent", "PAT"),
    ("data set", "DATA"),
    ("dataset", "DATA"),
    ("web page", "ELEC"),
    ("newspaper", "NEWS"),
)
_CODES: dict[str, str] = {}
for _code, _words in TYPES.items():
    _CODES.setdefault(_words, _code)
_ENDNOTE = {
    "JOUR": ("Journal Article", "17"),
    "BOOK": ("Book", "6"),
    "EDBOOK": ("Edited Book", "28"),
    "CHAP": ("Book Section", "5"),
    "CPAPER": ("Conference Paper", "47"),
    "CONF": ("Conference Proceedings", "10"),
    "THES": ("Thesis", "32"),
    "RPRT": ("Report", "27"),
    "ELEC": ("Web Page", "12"),
    "NEWS": ("Newspaper Article", "23"),
    "MGZN": ("Magazine Article", "19"),
    "PAT": ("Patent", "25"),
    "UNPB": ("Unpublished Work", "34"),
    "DATA": ("Dataset", "59"),
}
_BIBTEX = {
    "JOUR": "article",
    "MGZN": "article",
    "NEWS": "article",
    "ABST": "article",
    "BOOK": "book",
    "EDBOOK": "book",
    "CHAP": "incollection",
    "CPAPER": "inproceedings",
    "CONF": "inproceedings",
    "THES": "phdthesis",
    "RPRT": "techreport",
    "UNPB": "unpublished",
}


def ris_type(publication_type: str) -> str:
    """The two- to six-letter code of RIS; a journal article where nothing else is said."""
    code = _CODES.get(publication_type)
    if code is not None:
        return code
    lowered = publication_type.lower()
    return next((code for word, code in _WORDS if word in lowered), "JOUR")


def endnote_type(publication_type: str) -> tuple[str, str]:
    """(name, number) of EndNote's reference type; Generic where it has none."""
    return _ENDNOTE.get(ris_type(publication_type), ("Generic", "13"))


def bibtex_type(publication_type: str) -> str:
    """The kind of BibTeX entry."""
    return _BIBTEX.get(ris_type(publication_type), "misc")
