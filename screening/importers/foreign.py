"""What a piece of text looks like, said in words: for parts of a file in another format, and for files that are no export."""

import re

_TEXTS = (
    (re.compile(r"^\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE), "an HTML page"),
    (re.compile(r"^PMID ?- ?\d", re.MULTILINE), "MEDLINE (nbib)"),
    (re.compile(r"^\s*@[A-Za-z]+\s*[{(]", re.MULTILINE), "BibTeX"),
    (re.compile(r"^\s{0,8}TY {1,2}- {1,2}", re.MULTILINE), "RIS"),
    (re.compile(r"^PT [JBSPC]$", re.MULTILINE), "Web of Science (tagged)"),
    (re.compile(r"^%[0TA] \S", re.MULTILINE), "EndNote (enw)"),
    (re.compile(r"^\s*<\?xml|^\s*<(?:PubmedArticle|xml|records)\b", re.IGNORECASE), "XML"),
    (re.compile(r"^\s*[\[{]\s*[\[{\"]"), "JSON"),
)

_MAGIC = (
    (b"%PDF", "a PDF, not an export file. Export the search result as RIS, nbib, BibTeX or CSV"),
    (b"\x89PNG", "an image (PNG), not an export file"),
    (b"\xff\xd8\xff", "an image (JPEG), not an export file"),
    (b"GIF8", "an image (GIF), not an export file"),
    (
        b"SQLite format 3\0",
        "an EndNote or other SQLite library, not an export. Export it from the program as RIS or XML instead",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file (.doc, .xls). Save it as .xlsx or CSV instead"),
    (b"Rar!", "a RAR archive. Unpack it and upload the files in it"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it and upload the files in it"),
    (b"\x1f\x8b", "a gzip archive. Unpack it and upload the file in it"),
    (b"BZh", "a bzip2 archive. Unpack it and upload the file in it"),
    (b"\x7fELF", "a program, not an export file"),
    (b"MZ", "a program, not an export file"),
)


_ENTITY = re.compile(r"<!ENTITY\b")
ENTITY_MESSAGE = (
    "The XML declares entities of its own, which no export does and which can be an attack; it was not read."
)


def entity_line(text: str) -> int:
    """Line of the DOCTYPE in which XML declares entities of its own; 0 if it declares none."""
    declared = _ENTITY.search(text)
    if declared is None:
        return 0
    start = text.rfind("<!DOCTYPE", 0, declared.start())
    return text.count("\n", 0, start if start >= 0 else declared.start()) + 1


def foreign_format(text: str) -> str:
    """Name of the format ``text`` begins in; empty when it looks like none."""
    return next((name for pattern, name in _TEXTS if pattern.search(text)), "")


def binary_kind(head: bytes) -> str:
    """“a PDF, not an export file …” for known binary files, else empty."""
    if head[:2] == b"MZ" and b"\0" not in head[:200]:
        return ""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
