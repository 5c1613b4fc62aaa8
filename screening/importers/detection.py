"""What a file is, by its content. The name only serves for a hint when it says otherwise."""

from pathlib import Path, PurePath

from screening.importers.decoding import MIXED, Encoding, read_head, sniff_encoding
from screening.importers.foreign import ENTITY_MESSAGE, binary_kind, entity_line, foreign_format
from screening.importers.formats import Format
from screening.importers.registry import FORMATS
from screening.importers.types import Detection, ImportFileError
from screening.importers.workbook import is_workbook, workbook_detection
from screening.importers.zipped import check_zip, is_archive

SURE = 0.4
"""A format that scores less is not one."""
CERTAIN = 0.9
HEAD_BYTES = 8192
_WORDS = {"cp1252": "Windows-1252", "mac_roman": "MacRoman"}


def detect(path: Path, filename: str) -> Detection:
    """Judges the content of ``path``; ``filename`` is what the person called it. Raises :class:`ImportFileError`."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise ImportFileError("The file is empty (0 bytes).")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if is_workbook(path):
            return workbook_detection(path, filename)
        check_zip(path)
        if not is_archive(path):
            raise ImportFileError("This is an Office document, not an export file.")
        raise ImportFileError(
            "This is a ZIP archive, not an export file. Upload it as an archive, or unpack it and upload the files in it."
        )
    kind = binary_kind(head)
    if kind:
        raise ImportFileError(f"This is {kind}.")
    encoding = sniff_encoding(path)
    text = read_head(path, encoding.name)
    line = entity_line(text) if text.lstrip("\ufeff \r\n\t").startswith("<") else 0
    if line:
        raise ImportFileError(ENTITY_MESSAGE, line)
    best = _best_format(text, encoding)
    return _detection(best, text, encoding, filename)


def _best_format(text: str, encoding: Encoding) -> Format:
    if not text.strip("\ufeff \t\r\n"):
        raise ImportFileError("0 records found: the file holds only blank lines.")
    scores = [(item.sniff(text), -order, item) for order, item in enumerate(FORMATS)]
    score, _, best = max(scores, key=lambda row: row[:2])
    if score < CERTAIN and _is_binary(text[:4096], encoding):
        raise ImportFileError("This is not a text file, and its format was not recognised.", line=1)
    if score >= SURE:
        return best
    foreign = foreign_format(text[:2000])
    if foreign == "an HTML page":
        raise ImportFileError(
            "This is an HTML page, not an export file: the database session may have expired. Export again.", line=1
        )
    if foreign:
        raise ImportFileError(f"This looks like {foreign}, but no references were found in it: 0 records.", line=1)
    raise ImportFileError(
        "The format was not recognised: no export format that this app reads looks like this.", line=1
    )


def _is_binary(sample: str, encoding: Encoding) -> bool:
    """Many characters that no text has."""
    odd = sum(
        1
        for char in sample
        if (char < " " and char not in "\t\n\r\x0b\x0c") or char == "\ufffd" or "\x7f" <= char <= "\x9f"
    )
    return odd > len(sample) * 0.1 or (odd > 50 and not encoding.certain)


def _detection(item: Format, text: str, encoding: Encoding, filename: str) -> Detection:
    dialect = item.dialect(text)
    columns = item.columns(text) if item.columns is not None else ()
    return Detection(
        format=item.name,
        label=f"{item.label}, {dialect}" if dialect else item.label,
        dialect=dialect,
        encoding=encoding.name,
        newline=encoding.newline,
        confident=encoding.certain,
        hint=_hint(item, filename, encoding),
        sample=encoding.sample,
        remarks=_remarks(encoding),
        columns=columns,
        needs_mapping=item.needs_mapping(text) if item.needs_mapping is not None else False,
    )


def _remarks(encoding: Encoding) -> tuple[tuple[int, str], ...]:
    if not encoding.line:
        return ()
    if encoding.name == MIXED:
        return (
            (
                encoding.line,
                "Here and perhaps further on, characters are Windows-1252 in a file of UTF-8; both were read.",
            ),
        )
    if encoding.name == "utf-8":
        return (
            (encoding.line, "Here the file names another encoding, but its characters are UTF-8, and were read so."),
        )
    return (
        (
            encoding.line,
            f"The file says it is UTF-8, but this line is not; it was read as {_WORDS.get(encoding.name, encoding.name)}.",
        ),
    )


def _hint(item: Format, filename: str, encoding: Encoding) -> str:
    hints = []
    extension = PurePath(filename).suffix.lower().lstrip(".")
    if extension and extension not in item.extensions:
        hints.append(f"The name ends in .{extension}, but the content is {item.label}.")
    hints.append(encoding_hint(encoding.name, certain=encoding.certain))
    return " ".join(filter(None, hints))


def encoding_hint(name: str, *, certain: bool) -> str:
    """What is said of an encoding that we judged ourselves; empty where there is nothing odd about it."""
    if name == MIXED:
        return "The file mixes UTF-8 and Windows-1252 characters; each was read as what it is."
    return "" if certain else f"The characters were read as {name}, which is a guess: look at the sample."
