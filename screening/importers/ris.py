"""RIS, in every dialect seen: one or two blanks before the dash, two after it, indented or lower-case tags, no closing ER,
repeated tags, values over several lines, numbers or provider headers between entries, two tags on one line.
"""

import re

from screening.importers.build import Entry, Spec
from screening.importers.exact import MARK
from screening.importers.formats import Format, Source, Stream
from screening.importers.identifiers import find_pmcid, find_pmid
from screening.importers.names import NameStyle
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAGS = frozenset(
    first + second for first in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)
_LONG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,5}) {2,4}-(?: |$)(.*)")
_LOOSE_START = re.compile(r"^\ufeff?([ \t]*)([Tt][Yy])([ \t]{1,4})-(?:[ \t]|$)(.*)")
_LOOSE_END = re.compile(r"^\ufeff?[ \t]*[Ee][Rr][ \t]*-[ \t]*$")
_INLINE = re.compile(r"\s+([A-Z][A-Z0-9])  - ")

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("TI", "T1", "CT", "BT", "@title"),
        "original_title": ("OT", "TT", "OP@title"),
        "author": ("AU", "A1"),
        "editor": ("A2", "ED", "A3", "A4"),
        "year": ("PY", "Y1", "YR"),
        "date": ("DA", "Y1", "PY", "PD", "DP@date"),
        "journal": ("JF", "T2", "JO", "@journal", "JA", "J2", "J1"),
        "journal_abbreviation": ("J2", "JA", "J1", "JO"),
        "volume": ("VL", "VO"),
        "issue": ("IS",),
        "pages": ("@pages",),
        "start_page": ("SP",),
        "end_page": ("EP",),
        "abstract": ("AB", "N2"),
        "doi": ("DO", "DI", "DOI", "M3@doi"),
        "pmid": ("PMID", "PM", "@pmid"),
        "pmcid": ("PMCID", "@pmcid"),
        "accession": ("AN", "U2@embase", "ID@ovid"),
        "serial": ("SN",),
        "keyword": ("KW",),
        "publication_type": ("PT", "M3", "TY"),
        "language": ("LA",),
        "url": ("UR", "L2", "LK"),
        "notes": ("N1",),
    },
    accession_sources={"U2@embase": "Embase", "ID@ovid": "Ovid"},
    ignored=frozenset({"TY", "ER"}),
    doi_hints=("M3", "L3", "UR", "L2", "LK", "N1", "AN", "U1"),
)


TYPES = {
    "JOUR": "Journal article", "EJOUR": "Journal article", "MGZN": "Magazine article", "NEWS": "Newspaper article", "BOOK": "Book",
    "EBOOK": "Book", "EDBOOK": "Edited book", "CHAP": "Book chapter", "ECHAP": "Book chapter", "CONF": "Conference proceedings",
    "CPAPER": "Conference paper", "THES": "Thesis", "RPRT": "Report", "GEN": "Generic", "ELEC": "Web page", "BLOG": "Blog",
    "UNPB": "Unpublished work", "INPR": "In press", "ABST": "Abstract", "DATA": "Data set", "PAT": "Patent", "STAND": "Standard",
    "SER": "Serial", "GOVDOC": "Government document", "LEGAL": "Legal rule", "CASE": "Case", "BILL": "Bill", "STAT": "Statute",
    "VIDEO": "Video", "ICOMM": "Personal communication", "ENCYC": "Encyclopedia", "DICT": "Dictionary", "PCOMM": "Personal communication",
}  # fmt: skip
"""Of the format's own codes, in words."""


class _Splitter:
    """Tells tag lines from text. The opening line of each entry decides how loosely its tags may be written."""

    def __init__(self) -> None:
        self.loose: re.Pattern[str] | None = None

    def __call__(self, line: str) -> tuple[str, str] | None:
        if line[2:6] == "  - " and line[:2] in _TAGS:
            if self.loose is not None and line.startswith("TY"):
                self.loose = None
            return line[:2], line[6:]
        if not line:
            return None
        return self._unusual(line)

    def _unusual(self, line: str) -> tuple[str, str] | None:
        start = _LOOSE_START.match(line)
        if start:
            return self._start(start)
        if _LOOSE_END.match(line):
            return "ER", ""
        if self.loose is not None:
            match = self.loose.match(line)
            if match:
                return match.group(1).upper(), match.group(2)
        match = _LONG.match(line)
        return (match.group(1), match.group(2)) if match else None

    def _start(self, match: re.Match[str]) -> tuple[str, str]:
        indent, tag, gap, value = match.groups()
        self.loose = None
        if indent or gap != "  " or tag.islower():
            letters = "[A-Za-z][A-Za-z0-9]" if tag.islower() else "[A-Z][A-Z0-9]"
            self.loose = re.compile(rf"^[ \t]{{0,{max(len(indent), 1)}}}({letters}){gap}-(?:[ \t]|$)(.*)")
        return "TY", value


def _split() -> Split:
    return _Splitter()


_NUMBERS = ("U1", "C3", "C5", "C2", "AN", "M1", "N1")
_NUMBERED = frozenset(_NUMBERS)


def _prepare(entry: Entry) -> None:
    fields = entry.fields
    if "C8" in fields:
        entry.take_exact("C8", MARK)
    for name in ("UR", "XP", "L2"):
        values = fields.get(name)
        if values and any("  - " in value for value in values):
            _inline_tags(entry, name)
    if not _NUMBERED.isdisjoint(fields):
        for name in _NUMBERS:
            for value in fields.get(name, ()):
                _pubmed_numbers(entry, name, value)
    _vendor_fields(entry)
    kind = entry.first("TY").strip().upper()
    if kind:
        fields["TY"] = [TYPES.get(kind, kind)]
    if not entry.first(*SPEC.targets["title"]):
        _title_of_last_resort(entry)


def _vendor_fields(entry: Entry) -> None:
    """Fields that mean one thing here and another there: by the company they keep."""
    fields = entry.fields
    if entry.raw.lstrip("\ufeff \t")[:2] == "ty":
        entry.warnings.append("The tags are written in lower case; they were read all the same.")
    if "BT" in fields and ("TI" in fields or "T1" in fields):
        fields["@journal"] = fields["BT"]
    if "U2" in fields and "embase" in entry.first("UR", "DB").lower():
        fields["U2@embase"] = fields.pop("U2")
    if "ID" in fields and "DB" in fields and "PT" in fields:
        fields["ID@ovid"] = fields.pop("ID")
    if "M3" in fields and fields["M3"][0].lstrip().startswith("10."):
        fields["M3@doi"] = fields.pop("M3")


def _title_of_last_resort(entry: Entry) -> None:
    """T2 or T3 of a book or a series without a title of its own; ST only when nothing else names the work."""
    for name in ("T2", "T3", "ST"):
        if entry.first(name):
            entry.add("@title", entry.first(name))
            entry.warnings.append(f"The title was taken from {name}.")
            return


def _inline_tags(entry: Entry, name: str) -> None:
    """``UR  - http://… OP  - Publisher``: the second tag gets a field of its own."""
    kept = []
    for value in entry.fields[name]:
        pieces = _INLINE.split(f" {value}")
        kept.append(pieces[0].strip())
        for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
            if tag == name:
                kept.append(text.strip())
            else:
                entry.add(tag, text.strip())
    entry.fields[name] = kept


def _pubmed_numbers(entry: Entry, name: str, value: str) -> None:
    lowered = value.lower()
    if "pmc" in lowered and find_pmcid(value):
        entry.add("@pmcid", value)
    elif (name == "C5" and value.strip().isdigit() and "embase" in entry.first("UR", "DB").lower()) or (
        name == "C2" and value.strip().isdigit() and 5 <= len(value.strip()) <= 8
    ):
        entry.add("@pmid", value)
    elif ("pubmed" in lowered or "pmid" in lowered) and name != "N1":
        entry.add("@pmid", find_pmid(value))


DIALECT = Dialect(
    format_label="RIS",
    spec=SPEC,
    split=_split,
    fixed_tags=_TAGS,
    starts=frozenset({"TY"}),
    ends=frozenset({"ER"}),
    list_tags=frozenset({"AU", "A1", "A2", "KW"}),
    preamble=re.compile(
        r"^\ufeff?\s*(?:\d{1,7}\.?\s*$|Record #\d+ of \d+|Provider:|Database:|Content:|Content-Type:|%?EndRef|Export Date:|"
        r"Scopus\s*$|EXPORT DATE:)",
        re.IGNORECASE,
    ),
    prepare=_prepare,
    warn_missing_start="The entry does not begin with TY.",
)

_START = re.compile(r"^\ufeff?[ \t]*TY[ \t]{1,4}-(?:[ \t]|$)", re.MULTILINE | re.IGNORECASE)
_ANY = re.compile(r"^\ufeff?(?:AU|A1|TI|T1|PY|Y1|JO|JF|DO|AB|N2|UR|ER)  - ?", re.MULTILINE)
_OWN = re.compile(r"TY  - [A-Z]+\nID  - reviewapp-\d+\n")
_DIALECTS = (
    ("this app", _OWN),
    ("Ovid", re.compile(r"^\d+\. *\n(?:TY  - )", re.MULTILINE)),
    ("Cochrane Library", re.compile(r"^Provider: John Wiley", re.MULTILINE)),
    ("APA PsycNet", re.compile(r"^Provider: American Psychological", re.MULTILINE)),
    ("Rayyan", re.compile(r"^AN  - rayyan-", re.MULTILINE)),
    ("Covidence", re.compile(r"^(?:ID  - |U1  - )?.*covidence", re.MULTILINE | re.IGNORECASE)),
    ("Embase", re.compile(r"^(?:UR|LK|L2)  - .*embase\.com", re.MULTILINE)),
    ("Scopus", re.compile(r"^(?:UR  - .*scopus\.com|DB  - Scopus|N1  - Export Date:)", re.MULTILINE)),
    ("Web of Science", re.compile(r"^AN  - (?:WOS|ISI|MEDLINE|BCI|CSCD|KJD|SCIELO):", re.MULTILINE)),
    ("EBSCOhost", re.compile(r"^(?:UR|L3)  - .*(?:ebscohost|ebsco\.com)", re.MULTILINE)),
    ("ProQuest", re.compile(r"^(?:UR|L2)  - .*proquest\.com|^DP  - .*ProQuest", re.MULTILINE)),
    ("IEEE Xplore", re.compile(r"^VO  - [^\n]*\n(?:[A-Z][A-Z0-9]  -[^\n]*\n)*?JA  - IEEE|^JO  - .*IEEE", re.MULTILINE)),
    ("Dimensions", re.compile(r"^AN  - pub\.\d+", re.MULTILINE)),
    ("Lens", re.compile(r"^UR  - .*lens\.org", re.MULTILINE)),
    ("JSTOR", re.compile(r"^UR  - .*jstor\.org", re.MULTILINE)),
    ("Zotero", re.compile(r"^(?:DP  - (?!\d)|L1  - .*zotero|N1  - <p>)", re.MULTILINE)),
    ("EPPI-Reviewer", re.compile(r"^KW  - eppi-reviewer", re.MULTILINE)),
    ("Citavi", re.compile(r"^(?:N1  - .*Citavi|ID  - .*Citavi)", re.MULTILINE)),
    ("RefWorks", re.compile(r"^ID  - RefID:", re.MULTILINE)),
    ("Mendeley", re.compile(r"^(?:UR|L1)  - .*mendeley", re.MULTILINE)),
    ("EndNote", re.compile(r"^ST  - [^\n]*\n(?:T2|TI)  - ", re.MULTILINE)),
)


def _sniff(head: str) -> float:
    if _OWN.match(head):
        return 0.99
    if _START.search(head[:8192]) or _START.search(head):
        return 0.95
    return 0.5 if len(_ANY.findall(head)) >= 3 else 0.0


def _dialect(head: str) -> str:
    return next((name for name, pattern in _DIALECTS if pattern.search(head)), "")


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(name="ris", label="RIS", extensions=("ris", "txt"), sniff=_sniff, dialect=_dialect, parse=_parse)
