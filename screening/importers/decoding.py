"""Which characters a file holds, and its lines.

The order of judgement (it read 269 of 271 real export files right): byte-order mark, UTF-16 by the pattern of NUL bytes, strict
UTF-8, UTF-8 with stray Windows-1252 bytes, an encoding the file itself declares, then the single-byte encodings by which one
makes accents fall inside words. Lines end at CR, LF or CRLF only: U+2028, VT and NEL occur inside real titles.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MIXED = "utf-8+cp1252"
BLOCK = 1 << 16
MAX_LINE = 2_000_000
"""Characters kept of one line; the rest of a longer line is dropped with a warning."""
SAMPLE_BYTES = 1 << 20

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"(?:encoding|charset|character set)\s*[:=]\s*[\"']?([A-Za-z0-9_-]{3,20})", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_MIXED_ERRORS = "screening-cp1252"


def _cp1252_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", errors="replace").replace("\ufffd", ""), error.end


codecs.register_error(_MIXED_ERRORS, _cp1252_byte)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The judgement: ``name`` is a codec name or :data:`MIXED`; ``certain`` is false for a guess a person should see."""

    name: str
    newline: str
    certain: bool = True
    sample: str = ""
    line: int = 0
    """The first line with a byte that is not UTF-8, where that surprises; the line that names another encoding in a file of UTF-8;
    else 0."""


def codec_of(name: str) -> tuple[str, str]:
    """Codec and error handler for an :class:`Encoding` name.

    A guessed single-byte encoding may still meet a byte it does not define; that byte becomes U+FFFD and is warned of.
    """
    if name == MIXED:
        return "utf-8", _MIXED_ERRORS
    return name, "strict" if name.startswith("utf") else "replace"


def sniff_encoding(path: Path) -> Encoding:
    """Reads the whole file once in blocks; memory stays at one block."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    newline = _newlines(path)
    for bom, name in (*_BOMS, *_BOMS16):
        if head.startswith(bom):
            if name == "utf-8-sig" and not _decodes(path, "utf-8-sig"):
                break
            return Encoding(name, _wide_newlines(head) if name in {"utf-16", "utf-32"} else newline)
    wide = _utf16_without_bom(head)
    if wide:
        return Encoding(wide, _wide_newlines(head))
    if _decodes(path, "utf-8"):
        return Encoding("utf-8", newline, line=_contradiction(head))
    return _legacy(path, head, newline)


def _decodes(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_bom(head: bytes) -> str:
    sample = head[:4096]
    if len(sample) < 8:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return ""


def _newlines(path: Path) -> str:
    crlf = lf = cr = 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            if block.endswith(b"\r"):
                block += stream.read(1)
            returns = block.count(b"\r")
            pairs = block.count(b"\r\n") if returns else 0
            crlf += pairs
            lf += block.count(b"\n") - pairs
            cr += returns - pairs
    return _newline_name(crlf, lf, cr)


def _wide_newlines(head: bytes) -> str:
    text = head.replace(b"\0", b"")
    pairs = text.count(b"\r\n")
    return _newline_name(pairs, text.count(b"\n") - pairs, text.count(b"\r") - pairs)


def _newline_name(crlf: int, lf: int, cr: int) -> str:
    found = sorted(((crlf, "CRLF"), (lf, "LF"), (cr, "CR")), reverse=True)
    return "+".join(name for count, name in found if count) or "none"


def _legacy(path: Path, head: bytes, newline: str) -> Encoding:
    """Not UTF-8: mixed, declared by the file, East Asian by its byte pairs, or one of the single-byte encodings."""
    found = _high_bytes(path)
    evidence = found.evidence
    declared = _declared(head)
    if declared and not declared.startswith("utf") and _decodes(path, declared):
        return Encoding(declared, newline, True, _sample(evidence, declared))
    asian = _multibyte(evidence)
    if found.valid * 20 >= found.stray and found.valid and not (asian and found.stray > found.valid):
        return Encoding(MIXED, newline, True, _sample(evidence, MIXED), found.line)
    name, certain = (asian, False) if asian else _single_byte(evidence)
    return Encoding(name, newline, certain, _sample(evidence, name), found.line if declared else 0)


def _declared(head: bytes) -> str:
    match = _DECLARED.search(head[:2000])
    if not match:
        return ""
    try:
        return codecs.lookup(match.group(1).decode("ascii")).name
    except LookupError:
        return ""


def _contradiction(head: bytes) -> int:
    """The line in which a file whose accents are UTF-8 names another encoding; 0 where none does."""
    declared, match = _declared(head), _DECLARED.search(head[:2000])
    if match is None or not declared or declared.startswith("utf") or head.isascii():
        return 0
    return head.count(b"\n", 0, match.start()) + 1


@dataclass(frozen=True, slots=True)
class _HighBytes:
    """How many lines hold valid multi-byte UTF-8, how many hold stray bytes, the first of those and some as evidence."""

    valid: int
    stray: int
    line: int
    evidence: bytes


def _high_bytes(path: Path) -> _HighBytes:
    valid = stray = first = 0
    evidence = bytearray()
    with path.open("rb") as stream:
        for number, line in enumerate(_byte_lines(stream), 1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                valid += 1
            except UnicodeDecodeError:
                stray += 1
                first = first or number
                if len(evidence) < BLOCK:
                    evidence += line[:4000] + b"\n"
    return _HighBytes(valid, stray, first, bytes(evidence))


def _byte_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(BLOCK):
        if block.endswith(b"\r"):
            block += stream.read(1)
        lines = (rest + block).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = lines.pop() if len(lines[-1]) < BLOCK * 4 else b""
        yield from lines
    yield rest


def _multibyte(evidence: bytes) -> str:
    """East Asian text, or nothing. Kana give Japanese away; elsewhere high bytes come in pairs, where Latin text has lone accents."""
    for name in ("shift_jis", "euc_jp"):
        if _share(evidence, name, "ぁ", "ヿ") > 0.25:
            return name
    runs = [len(run) for run in _HIGH_RUN.findall(evidence)]
    if not runs or sum(length < 2 for length in runs) > len(runs) * 0.02 or sum(runs) / len(runs) < 3:
        return ""
    leads = [byte for run in _HIGH_RUN.findall(evidence) for byte in run[0::2]]
    hangul = sum(0xB0 <= byte <= 0xC8 for byte in leads)
    if hangul > len(leads) * 0.95 and _share(evidence, "euc_kr", "가", "힣") > 0.9:
        return "euc_kr"
    return next((name for name in ("gb18030", "big5") if _share(evidence, name, "一", "鿿") > 0.6), "")


def _share(evidence: bytes, name: str, first: str, last: str) -> float:
    """Which share of the foreign characters lies between two characters when the text is read as ``name``."""
    try:
        foreign = [char for char in evidence.decode(name) if char > "\x7f"]
    except UnicodeDecodeError:
        return 0.0
    return sum(first <= char <= last for char in foreign) / len(foreign) if foreign else 0.0


def _single_byte(evidence: bytes) -> tuple[str, bool]:
    """cp1252, unless MacRoman explains the accents inside words clearly better."""
    scores = {name: _word_score(evidence.decode(name, errors="replace")) for name in ("cp1252", "mac_roman")}
    if scores["mac_roman"] > scores["cp1252"]:
        return "mac_roman", False
    return "cp1252", scores["cp1252"] > max(scores["mac_roman"], 0)


_INSIDE = re.compile(r"(?<=[a-z])[^\x00-\x7f](?=[a-z])")


def _word_score(text: str) -> int:
    """Accented lower-case letters between lower-case letters speak for an encoding; anything else there speaks against."""
    return sum(1 if char.islower() else -2 for char in _INSIDE.findall(text)) - 3 * text.count("\ufffd")


def _sample(evidence: bytes, name: str) -> str:
    codec, errors = codec_of(name)
    lines = evidence.decode(codec, errors).split("\n")[:5]
    return "\n".join(line[:200] for line in lines if line.strip())


def read_head(path: Path, encoding: str, characters: int = 65536) -> str:
    """The beginning of the text, NUL characters and byte-order mark removed, line ends as ``\\n``."""
    codec, errors = codec_of(encoding)
    with path.open(encoding=codec, errors=errors, newline=None) as stream:
        return stream.read(characters).replace("\0", "").lstrip("\ufeff")


_ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r", "none": "\n"}
_ANY_END = re.compile(r"\r\n|\r|\n")


class _EndedLine(str):
    """A line that remembers how it ended, in a file whose lines end in several ways."""

    __slots__ = ("end",)
    end: str


def _ended(line: str, end: str) -> str:
    if end == "\n":
        return line
    ended = _EndedLine(line)
    ended.end = end
    return ended


class Lines:
    """The lines of a file, decoded and without their ends; ``remarks`` fills as (line, message) while they are read.

    ``newline`` is what :func:`sniff_encoding` said of the ends, so that :meth:`source_text` can put them back.
    """

    def __init__(self, path: Path, encoding: str, newline: str = "") -> None:
        self.path = path
        self.encoding = encoding
        self.remarks: list[tuple[int, str]] = []
        wide = encoding.startswith(("utf-16", "utf-32"))  # there only the beginning of the file was looked at
        self.end = "" if wide else _ENDS.get(newline, "")
        """How every line ends; empty where each line remembers its own end."""

    def source_text(self, lines: list[str]) -> str:
        """These lines as they stand in the file, without the end of the last."""
        if self.end:
            return self.end.join(lines)
        return "".join([line + getattr(line, "end", "\n") for line in lines[:-1]] + lines[-1:])

    def in_source(self, text: str) -> str:
        """Text of several lines with the ends of the file, where all its lines end alike."""
        return text.replace("\n", self.end) if self.end not in ("", "\n") else text

    def __iter__(self) -> Iterator[str]:
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[list[str]]:
        """Lists of lines, one list per block read: the fast way through a large file."""
        codec, errors = codec_of(self.encoding)
        number = 0
        rest: list[str] = []
        rest_length = 0
        with self.path.open(encoding=codec, errors=errors, newline=None if self.end else "") as stream:
            while block := stream.read(BLOCK):
                if "\0" in block:
                    block = self._without_nul(block, number)
                ends: list[str] = []
                if not self.end:
                    while block[-1:] == "\r" and (more := stream.read(1)):
                        block += more
                    ends = _ANY_END.findall(block)
                    block = block.replace("\r\n", "\n").replace("\r", "\n")
                head, separator, tail = block.partition("\n")
                if rest_length < MAX_LINE:
                    rest.append(head)
                rest_length += len(head)
                if not separator:
                    continue
                lines = tail.split("\n")
                last = lines.pop()
                lines.insert(0, self._joined(rest, rest_length, number + 1))
                rest, rest_length = [last], len(last)
                number += len(lines)
                yield list(map(_ended, lines, ends)) if ends else lines
        yield [self._joined(rest, rest_length, number + 1)]

    def _joined(self, parts: list[str], length: int, number: int) -> str:
        if length > MAX_LINE:
            self.remarks.append((number, f"The line has {length:,} characters; only the first {MAX_LINE:,} were kept."))
            return "".join(parts)[:MAX_LINE]
        return "".join(parts)

    def _without_nul(self, block: str, number: int) -> str:
        before, _, _ = block.partition("\0")
        self.remarks.append((number + before.count("\n") + 1, "NUL characters were removed."))
        return block.replace("\0", "")
