"""What must hold for any content: nothing lost, invented or crashed; and other readers agree on plain files."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import rispy
from bibtexparser import parse_string
from Bio import Medline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening.importers import ImportFileError, ParsedRecord, detect, parse, take_receipt
from tests.screening.importing import DATA, folded, read, records

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéčšžABCDEFGHÄÖ"
WORD = st.text(LETTERS, min_size=1, max_size=12)
WORDS = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
RECORD = st.fixed_dictionaries(
    {
        "title": WORDS,
        "authors": st.lists(st.tuples(WORD, WORD), max_size=4),
        "year": st.integers(1900, 2030),
        "keywords": st.lists(WORDS, max_size=4, unique=True),
        "abstract": WORDS,
    }
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _as_ris(found: dict[str, object], *, closed: bool) -> str:
    lines = ["TY  - JOUR", f"TI  - {found['title']}", f"PY  - {found['year']}", f"AB  - {found['abstract']}"]
    lines += [f"AU  - {family}, {given}" for family, given in found["authors"]]  # type: ignore[attr-defined]
    lines += [f"KW  - {keyword}" for keyword in found["keywords"]]  # type: ignore[attr-defined]
    return "\n".join([*lines, *(["ER  - "] if closed else []), ""])


def _parsed(content: bytes, name: str = "x.ris") -> list[ParsedRecord]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return records(path)


def _outcome(content: bytes, name: str) -> str:
    """How reading ended, in words: any exception but an ImportFileError fails the test that asks."""
    try:
        return f"{len(_parsed(content, name))} records"
    except ImportFileError as error:
        return error.message.strip()


@QUICK
@given(
    found=st.lists(RECORD, min_size=1, max_size=6),
    closed=st.booleans(),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_ris_written_is_ris_read(found: list[dict[str, object]], closed: bool, ends: str, codec: str) -> None:
    text = "\n".join(_as_ris(item, closed=closed) for item in found)
    got = _parsed(text.replace("\n", ends).encode(codec))
    assert [record.title for record in got] == [item["title"] for item in found]
    assert [record.year for record in got] == [item["year"] for item in found]
    assert [list(record.keywords) for record in got] == [item["keywords"] for item in found]
    assert [[author.raw for author in record.authors] for record in got] == [
        [f"{family}, {given}" for family, given in item["authors"]]  # type: ignore[attr-defined]
        for item in found
    ]


@QUICK
@given(st.lists(st.text(max_size=60), max_size=30))
def test_ris_with_any_text_between_never_crashes_and_adds_up(lines: list[str]) -> None:
    text = "TY  - JOUR\nTI  - First\nER  - \n" + "\n".join(lines) + "\nTY  - JOUR\nTI  - Last\nER  - \n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.ris"
        path.write_bytes(text.encode("utf-8", "replace"))
        detection = detect(path, "x.ris")
        receipt = take_receipt(parse(path, detection), detection)
    assert receipt.read == receipt.stored + receipt.rejected
    assert receipt.stored >= 1


@QUICK
@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    assert _outcome(content, "x.csv")


@QUICK
@given(st.lists(st.sampled_from('ab,;"\n\t{}@='), max_size=120).map("".join))
def test_any_table_is_read_or_refused_in_words(rows: str) -> None:
    for head in ("Title,Authors,Year\n", "@article{a, title={", "<xml><records><record>", '[{"title": "x", "type": "'):
        assert _outcome((head + rows).encode(), "x.txt")


@QUICK
@given(st.lists(RECORD, min_size=1, max_size=5))
def test_rispy_reads_the_same_from_plain_ris(found: list[dict[str, object]]) -> None:
    text = "\n".join(_as_ris(item, closed=True) for item in found)
    theirs = rispy.loads(text)
    ours = _parsed(text.encode())
    assert [record.title for record in ours] == [item["title"] for item in theirs]
    assert [list(record.keywords) for record in ours] == [item.get("keywords", []) for item in theirs]


def test_biopython_reads_the_same_from_medline() -> None:
    with (DATA / "pubmed.nbib").open(encoding="utf-8") as stream:
        theirs = [item for item in Medline.parse(stream) if item]
    ours = records(DATA / "pubmed.nbib")
    assert [record.pmid for record in ours] == [item["PMID"] for item in theirs]
    assert [record.title for record in ours] == [item["TI"] for item in theirs]
    assert [len(record.authors) for record in ours] == [
        len(item.get("FAU", item.get("AU", []))) + len(item.get("CN", [])) for item in theirs
    ]


def test_bibtexparser_reads_the_same_where_it_reads() -> None:
    theirs = parse_string((DATA / "entries.bib").read_text(encoding="utf-8"))
    ours = records(DATA / "entries.bib")
    keys = {entry.key for entry in theirs.entries}
    assert "three" in keys
    assert {folded(record.title) for record in ours} >= {folded(entry["title"]) for entry in theirs.entries}
    assert len(ours) >= len(theirs.entries)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.ris"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(3_000):
            stream.write(f"TY  - JOUR\nTI  - Title {number}\nAB  - {'word ' * 200}\nER  - \n\n")
    stream_of = parse(path, detect(path, "x.ris"))
    first = next(stream_of)
    assert isinstance(first, ParsedRecord)
    assert first.title == "Title 0"
    assert sum(1 for _ in stream_of) == 2_999


def test_reading_twice_gives_the_same() -> None:
    for path in sorted(DATA.iterdir()):
        assert read(path) == read(path)


def test_rispy_agrees_on_what_a_stream_holds() -> None:
    text = "TY  - JOUR\nTI  - One\nER  - \n"
    assert len(rispy.load(io.StringIO(text))) == len(_parsed(text.encode())) == 1
