"""The inside of one BibTeX entry: its fields, with ``@string`` names and ``#`` resolved, and what they mean for a record."""

import re

from screening.importers.build import Entry, Spec
from screening.importers.exact import MARK
from screening.importers.latex import plain_latex
from screening.importers.names import NameStyle

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("@title",),
        "original_title": ("origtitle", "titleaddon@original"),
        "author": ("@author",),
        "collective": ("@collective",),
        "editor": ("@editor",),
        "year": ("year", "@year"),
        "date": ("date", "@date", "publicationdate", "published"),
        "journal": ("journal", "journaltitle", "@journal", "booktitle", "series"),
        "journal_abbreviation": ("shortjournal", "journal-iso", "abbrev_source_title", "journalsubtitle@abbr"),
        "volume": ("volume",),
        "issue": ("number", "issue"),
        "pages": ("pages", "article-number", "art_number", "eid", "articleno", "elocation-id"),
        "abstract": ("abstract",),
        "doi": ("doi",),
        "pmid": ("pmid", "pubmed_id"),
        "pmcid": ("pmcid", "pmc"),
        "accession": ("unique-id", "eprint@arxiv", "accession_number", "lccn@none"),
        "serial": ("issn", "isbn", "eissn"),
        "keyword": ("keywords", "author_keywords", "keywords-plus", "keyword", "index_keywords", "mendeley-tags"),
        "publication_type": ("document_type", "type", "@kind"),
        "language": ("language", "langid"),
        "url": ("url", "link", "bdsk-url-1"),
        "notes": ("note", "annote", "annotation"),
    },
    keyword_separators=";,",
    accession_sources={"unique-id": "Web of Science", "eprint@arxiv": "arXiv", "accession_number": "Accession number"},
    ignored=frozenset({"@key", "@kind", "author", "editor"}),
    doi_hints=("url", "note", "link", "eprint"),
)
_MONTHS = {
    name: name.title() for name in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
}
_NAME = re.compile(r"\s*,?\s*([^\s=,{}\"#]+)\s*=\s*")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_VERBATIM = frozenset({"url", "doi", "link", "file", "eprint", "bdsk-url-1", "unique-id", "reviewapp-exact"})


MAX_DEPTH = 500


class BibError(Exception):
    """The entry cannot be read; the message says why. ``line`` is where, if that is known better than by the entry's beginning."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def read_entry(text: str, line: int, kind: str, strings: dict[str, str]) -> tuple[Entry, str]:
    """One entry and the text that follows it. ``strings`` holds the ``@string`` definitions and takes new ones."""
    opening = re.search(r"[{(]", text)
    if opening is None:
        raise BibError("The entry has no opening brace.")
    closing = "}" if opening.group() == "{" else ")"
    scanner = _Scanner(text, opening.end(), closing, strings)
    scanner.line = line
    entry = Entry(line)
    if kind != "string":
        entry.add("@key", scanner.key())
    try:
        for name, value in scanner.fields():
            if kind == "string":
                strings[name] = value
            else:
                entry.add(name, value if name in _VERBATIM or name in {"author", "editor"} else plain_latex(value))
    except BibError as error:
        if kind == "string" or len(entry.fields) < 2:
            raise
        if not entry.first("title", "author"):
            raise
        entry.warnings.append(f"{error} The fields before it were read.")
    repeated = [name for name, values in entry.fields.items() if len(values) > 1]
    if repeated:
        entry.warnings.append(f"Fields stand twice and were joined: {', '.join(repeated)}.")
    if scanner.undefined:
        entry.warnings.append(f"No @string defines “{'”, “'.join(scanner.undefined[:5])}”; the words were kept.")
    entry.raw = text[: scanner.at].strip("\n")
    entry.end_line = line + entry.raw.count("\n")
    return entry, text[scanner.at :]


class _Scanner:
    def __init__(self, text: str, at: int, closing: str, strings: dict[str, str]) -> None:
        self.text = text
        self.at = at
        self.closing = closing
        self.line = 1
        self.undefined: list[str] = []
        self.strings = strings

    def key(self) -> str:
        """The citation key; some writers leave it out."""
        match = re.compile(r"\s*([^,={}\"]*?)\s*(,|(?=[})])|$)").match(self.text, self.at)
        if match is None or "\n" in match.group(1).strip():
            return ""
        self.at = match.end()
        return match.group(1)

    def fields(self) -> "list[tuple[str, str]] | _Fields":
        return _Fields(self)

    def next_field(self) -> tuple[str, str] | None:
        text = self.text
        match = _NAME.match(text, self.at)
        if match is None:
            self._close()
            return None
        self.at = match.end()
        return match.group(1).lower(), self._value()

    def _close(self) -> None:
        rest = re.compile(r"[\s,]*").match(self.text, self.at)
        at = rest.end() if rest else self.at
        if at < len(self.text) and self.text[at] == self.closing:
            self.at = at + 1
            return
        if at >= len(self.text):
            self.at = at
            raise BibError("The entry is not closed: the braces do not balance.")
        skipped = self.text.find(",\n", at)
        found = self.text.find(self.closing, at)
        if skipped >= 0 and _NAME.match(self.text, skipped + 1):
            self.at = skipped + 1
            return
        self.at = found + 1 if found >= 0 else len(self.text)
        if found < 0:
            raise BibError("The entry is not closed: the braces do not balance.")

    def _value(self) -> str:
        parts = [self._part()]
        joiner = re.compile(r"\s*#\s*")
        while (match := joiner.match(self.text, self.at)) is not None:
            self.at = match.end()
            parts.append(self._part())
        return "".join(parts)

    def _part(self) -> str:
        text, at = self.text, self.at
        char = text[at : at + 1]
        if char == "{":
            return self._braced()
        if char == '"':
            return self._quoted()
        match = re.compile(r"[^\s,#{}\"]+").match(text, at)
        if match is None:
            return ""
        self.at = match.end()
        word = match.group()
        known = self.strings.get(word.lower(), _MONTHS.get(word.lower()))
        if known is None and not word.isdigit():
            self.undefined.append(word)
        return word if known is None else known

    def _braced(self) -> str:
        depth = 0
        for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(self.text, self.at):
            found = match.group()
            if found == "{":
                depth += 1
                if depth > MAX_DEPTH:
                    line = self.line + self.text.count("\n", 0, match.start())
                    raise BibError(
                        f"The braces in line {line} nest deeper than {MAX_DEPTH}: no export does that.", line
                    )
            elif found == "}":
                depth -= 1
                if depth == 0:
                    value = self.text[self.at + 1 : match.start()]
                    self.at = match.end()
                    return value
        return self._unbalanced()

    def _quoted(self) -> str:
        depth = 0
        for match in re.compile(r"\\.|[{}\"]", re.DOTALL).finditer(self.text, self.at + 1):
            found = match.group()
            if found == "{":
                depth += 1
            elif found == "}":
                depth -= 1
            elif found == '"' and depth <= 0:
                value = self.text[self.at + 1 : match.start()]
                self.at = match.end()
                return value
        return self._unbalanced()

    def _unbalanced(self) -> str:
        line = self.line + self.text.count("\n", 0, self.at)
        self.at = len(self.text)
        raise BibError(f"The braces or quotes opened in line {line} are never closed.")


class _Fields:
    """Iterates over the fields until the entry closes."""

    def __init__(self, scanner: _Scanner) -> None:
        self.scanner = scanner

    def __iter__(self) -> "_Fields":
        return self

    def __next__(self) -> tuple[str, str]:
        before = -1
        while True:
            found = self.scanner.next_field()
            if found is not None:
                return found
            if (
                self.scanner.at == before
                or self.scanner.text[self.scanner.at - 1 : self.scanner.at] == self.scanner.closing
            ):
                raise StopIteration
            before = self.scanner.at


def prepare(entry: Entry, kind: str) -> None:
    """Names, a title for entries that only have a larger work's, month, and arXiv numbers."""
    fields = entry.fields
    entry.add("@kind", kind)
    entry.take_exact("reviewapp-exact", MARK)
    for role in ("author", "editor"):
        names = [name for value in fields.get(role, ()) for name in _AND.split(" ".join(value.split()))]
        for name in names:
            _name(entry, role, name.strip())
    if entry.first("title"):
        fields["@title"] = fields.pop("title")
    elif entry.first("booktitle", "maintitle"):
        fields["@title"] = [entry.first("booktitle", "maintitle")]
    month, year = entry.first("month"), entry.first("year")
    if month and year:
        fields["@date"] = [f"{year} {month}" if not month.isdigit() else f"{year}-{month}"]
    if "arxiv" in entry.first("archiveprefix", "eprinttype").lower():
        fields["eprint@arxiv"] = fields.pop("eprint", [])


def _name(entry: Entry, role: str, name: str) -> None:
    if not name or name.lower() == "others":
        return
    target = f"@{role}"
    if (
        name.startswith("{")
        and name.endswith("}")
        and name.count("{") == 1
        and " " in name
        and "," not in name
        and role == "author"
    ):
        entry.add("@collective" if "@author" not in entry.fields else target, plain_latex(name))
        return
    entry.add(target, plain_latex(name))
