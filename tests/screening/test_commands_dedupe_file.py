"""`manage.py dedupe_file`: a file in, a file out, no database."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROWS = [
    ["id", "title", "authors", "year", "journal", "volume", "number", "pages", "doi"],
    ["a", "Lantern light and sleep in porters", "Okafor, Ada and Ito, Dai", "2015", "Toy J", "1", "2", "3-9", ""],
    ["b", "LANTERN LIGHT AND SLEEP IN PORTERS", "Okafor A;Ito D", "2015", "Toy Journ", "1", "2", "3-9", "10.5555/t.1"],
    ["c", "Candles in the bakery", "Haddad, C", "c2011", "Toy J", "1", "2", "10-12", ""],
]  # fmt: skip


def write(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    data = text.getvalue().encode("utf-8-sig")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["records.csv", "records.csv.gz"])
def test_each_record_gets_its_group_and_the_most_complete_is_kept(tmp_path: Path, name: str) -> None:
    out, pairs = tmp_path / "clusters.csv", tmp_path / "pairs.csv"
    stdout = io.StringIO()
    source = write(tmp_path / name, ROWS)
    call_command("dedupe_file", str(source), out=out, pairs=pairs, report=True, stdout=stdout)
    assert read(out) == [
        {"id": "a", "cluster": "b", "kept": "0"},
        {"id": "b", "cluster": "b", "kept": "1"},
        {"id": "c", "cluster": "c", "kept": "1"},
    ]
    assert [row["zone"] for row in read(pairs)] == ["certain"]
    assert "duplicates removed         1" in stdout.getvalue()


def test_the_report_shows_doubtful_pairs(tmp_path: Path) -> None:
    rows = [*ROWS, ["d", ROWS[1][1], "Okafor A and Ito D", "2015", "Ball Letters", "", "", "", ""]]
    stdout = io.StringIO()
    source = write(tmp_path / "records.csv", rows)
    call_command("dedupe_file", str(source), out=tmp_path / "out.csv", report=True, stdout=stdout)
    assert "but: different journals" in stdout.getvalue()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["id", "name"], ["a", "x"]], "columns id and title"),
        ([["id", "title"], ["", "x"]], "line 2: the record has no id"),
        ([["id", "title"], ["a", "x"], ["a", "y"]], "two records have the id 'a'"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, rows: list[list[str]], message: str) -> None:
    source = write(tmp_path / "records.csv", rows)
    with pytest.raises(CommandError, match=message):
        call_command("dedupe_file", str(source), out=tmp_path / "out.csv")


def test_missing_files_and_bad_thresholds_are_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("dedupe_file", str(tmp_path / "none.csv"), out=tmp_path / "out.csv")
    source = write(tmp_path / "records.csv", ROWS)
    with pytest.raises(CommandError, match="thresholds"):
        call_command("dedupe_file", str(source), out=tmp_path / "out.csv", certain=0.1, doubtful=0.5)
