"""The encodings a person may choose for a file whose characters are a guess, and how the file reads in each."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from screening.importers.decoding import BLOCK, MIXED, codec_of, read_head
from screening.importers.detection import encoding_hint
from screening.importers.registry import BY_NAME
from screening.importers.types import Detection, ImportFileError

ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    MIXED: "UTF-8 with some Windows-1252",
    "cp1252": "Windows-1252 (Western European)",
    "iso8859-1": "Latin-1 (ISO 8859-1, Western European)",
    "mac_roman": "MacRoman (older Macintosh)",
    "cp1250": "Windows-1250 (Central European)",
    "iso8859-2": "Latin-2 (ISO 8859-2, Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp850": "DOS (code page 850)",
    "gb18030": "GB 18030 (simplified Chinese)",
    "big5": "Big5 (traditional Chinese)",
    "shift_jis": "Shift JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "euc_kr": "EUC-KR (Korean)",
    "utf-16": "UTF-16 with a byte-order mark",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
}
"""Names that ``Lines`` reads, in words; the likeliest first."""
SNIPPETS = 5
_BEFORE, _AFTER = 40, 80
_MAX_LINE = 4_000
_SCANNED = 8 << 20
_NO_BREAK_SPACE = frozenset([0xA0])
"""In most encodings; it shows nothing as long as there is anything else to show."""
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_NEVER_TEXT = re.compile("[\x80-\x84\x86-\x9f\u2500-\u259f\ue000-\uf8fe\ufffd]")
"""What no export holds: control characters (but NEL), lines for drawing boxes, private and undefined characters."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the doubtful places of a file read in one encoding."""

    encoding: str
    snippets: tuple[str, ...]


def encoding_in_words(name: str) -> str:
    """``Windows-1252 (Western European)``; the name itself where we have no words."""
    return ENCODINGS.get(name, name)


def known_encoding(name: str) -> str:
    """Our name for what a person typed: ``windows-1252`` is ``cp1252``. Empty if we do not read it."""
    wanted = name.strip().lower()
    if wanted in ENCODINGS:
        return wanted
    try:
        codec = codecs.lookup(wanted).name
    except (LookupError, ValueError):
        return ""
    return next((own for own in ENCODINGS if own != MIXED and codecs.lookup(own).name == codec), "")


def readings(path: Path, guess: str) -> tuple[Reading, ...]:
    """The guess first, then every other encoding that decodes the whole file and reads its doubtful places differently.

    Reads the file twice in blocks. UTF-16 is offered only where NUL bytes speak for it, and an encoding in which the
    doubtful places hold control characters is not offered.
    """
    places = list(_places(path, skip=_NO_BREAK_SPACE)) or list(_places(path, skip=frozenset()))
    found = [Reading(guess, _snippets(places, guess))]
    for name in _decoding(path, _candidates(path)):
        reading = Reading(name, _snippets(places, name))
        odd = any(_NEVER_TEXT.search(text) for text in reading.snippets)
        if not odd and all(reading.snippets != other.snippets for other in found):
            found.append(reading)
    return tuple(found)


def _candidates(path: Path) -> set[str]:
    with path.open("rb") as stream:
        wide = b"\0" in stream.read(BLOCK)
    return {name for name in ENCODINGS if name != MIXED and (wide or not name.startswith("utf-16"))}


def _decoding(path: Path, names: set[str]) -> list[str]:
    """Those of the encodings that decode the whole file without an error, the likeliest first."""
    ordered = [name for name in ENCODINGS if name in names]
    decoders = {name: _decoder(name) for name in ordered}
    with path.open("rb") as stream:
        while True:
            block = stream.read(BLOCK)
            for name, decoder in list(decoders.items()):
                try:
                    decoder.decode(block, final=not block)
                except UnicodeDecodeError:
                    del decoders[name]
            if not block:
                return list(decoders)


def _decoder(name: str) -> codecs.IncrementalDecoder:
    codec, errors = codec_of(name)
    return codecs.getincrementaldecoder(codec)("strict" if errors == "replace" else errors)


def _places(path: Path, skip: frozenset[int]) -> Iterator[tuple[bytes, int]]:
    """Lines with the offset of a byte run that is not ASCII; each shows bytes that none before it showed (nor ``skip``)."""
    seen = set(skip)
    count = scanned = 0
    with path.open("rb") as stream:
        while count < SNIPPETS and scanned < _SCANNED and (line := stream.readline(_MAX_LINE)):
            scanned += len(line)
            for part in re.split(rb"[\r\n]", line):
                run = next((run for run in _HIGH_RUN.finditer(part) if not seen.issuperset(run.group())), None)
                if run is not None and count < SNIPPETS:
                    seen.update(run.group())
                    count += 1
                    yield part, run.start()


def _snippets(places: list[tuple[bytes, int]], name: str) -> tuple[str, ...]:
    codec, errors = codec_of(name)
    errors = "replace" if errors == "strict" else errors
    return tuple(
        (line[:at].decode(codec, errors)[-_BEFORE:] + line[at:].decode(codec, errors)[:_AFTER])
        .replace("\0", "")
        .strip()
        for line, at in places
    )


def with_encoding(path: Path, detection: Detection, name: str) -> Detection:
    """The detection as a person wants the characters read; headings of a table are read anew. The format stays.

    Raises :class:`ImportFileError` where the file is surely not of this encoding: only UTF-8 and UTF-16 can tell.
    """
    item = BY_NAME.get(detection.format)
    if item is None or detection.format == "xlsx":
        raise ImportFileError(f"The encoding of a file of this format ({detection.label}) is not a matter of choice.")
    if name.startswith("utf") and name not in _decoding(path, {name}):
        raise ImportFileError(f"The file is not {encoding_in_words(name)}; say another encoding.")
    text = read_head(path, name)
    return replace(
        detection,
        encoding=name,
        confident=True,
        hint=detection.hint.removesuffix(encoding_hint(detection.encoding, certain=detection.confident)).strip(),
        sample="",
        remarks=(),
        columns=item.columns(text) if item.columns is not None else detection.columns,
        needs_mapping=item.needs_mapping(text) if item.needs_mapping is not None else detection.needs_mapping,
    )
