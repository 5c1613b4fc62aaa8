"""Receipts add up, archives stay bounded, and the command prints both."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from screening.importers import ImportFileError, detect, parse, take_receipt
from screening.importers.zipped import MAX_FILES, check_zip, is_archive, unpack_zip
from tests.screening.importing import DATA, write


def test_receipt_counts_fields_and_names_what_is_not_shown() -> None:
    path = DATA / "dialects.ris"
    detection = detect(path, path.name)
    receipt = take_receipt(parse(path, detection), detection)
    assert (receipt.read, receipt.stored, receipt.rejected) == (5, 5, 0)
    assert dict(receipt.fields)["title"] == 5
    assert dict(receipt.fields)["abstract"] == 1
    assert "votes" not in dict(receipt.fields)
    assert dict(receipt.not_shown) == {"L4": 1, "OP": 1}
    assert (receipt.encoding, receipt.newline, receipt.label) == ("utf-8", "LF", "RIS, Scopus")
    assert receipt.warning_count == len(receipt.warnings) == 2


def test_receipt_lists_refused_entries_with_line_and_reason() -> None:
    path = DATA / "entries.bib"
    receipt = take_receipt(parse(path, detect(path, path.name)))
    assert (receipt.read, receipt.stored, receipt.rejected) == (3, 2, 1)
    assert receipt.rejections[0][0] == 12


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_archive_gives_its_files_and_never_leaves_the_folder(tmp_path: Path) -> None:
    ris = (DATA / "dialects.ris").read_bytes()
    path = _zip(
        tmp_path / "x.zip",
        {"a/one.ris": ris, "../../two.nbib": b"PMID- 1\nTI  - T\n", "__MACOSX/._one.ris": b"x", ".hidden": b"x"},
    )
    folder = tmp_path / "out"
    folder.mkdir()
    found = list(unpack_zip(path, folder))
    assert [name for name, _ in found] == ["a/one.ris", "../../two.nbib"]
    assert all(file.parent == folder for _, file in found)
    assert found[0][1].read_bytes() == ris
    assert sorted(tmp_path.iterdir()) == [folder, path]


def test_archive_bomb_is_refused_before_unpacking(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"zeros.ris": bytes(30_000_000)})
    with pytest.raises(ImportFileError, match="30 MB"):
        check_zip(path)
    with pytest.raises(ImportFileError, match="30 MB"):
        list(unpack_zip(path, tmp_path))


def test_archive_of_too_many_files_or_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="files"):
        check_zip(_zip(tmp_path / "x.zip", {f"{n}.ris": b"x" for n in range(MAX_FILES + 1)}))
    with pytest.raises(ImportFileError, match="damaged"):
        check_zip(write(tmp_path, "y.zip", b"PK\x03\x04" + b"nothing" * 20))


def test_archive_is_told_from_a_workbook(tmp_path: Path) -> None:
    assert is_archive(_zip(tmp_path / "x.zip", {"one.ris": b"x"}))
    assert not is_archive(_zip(tmp_path / "x.xlsx", {"xl/workbook.xml": b"x"}))
    assert not is_archive(DATA / "dialects.ris")
    with pytest.raises(ImportFileError, match="ZIP archive"):
        detect(tmp_path / "x.zip", "x.ris")


def _run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("parse_file", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_command_prints_records_and_receipt() -> None:
    out, err = _run(str(DATA / "dialects.ris"), str(DATA / "pubmed.nbib"))
    found = [json.loads(line) for line in out.splitlines()]
    assert len(found) == 7
    assert found[0]["title"] == "Early warning of sepsis & septic shock: 10⁵ beds"
    assert found[0]["authors"][0]["display"] == "Rampášek Ladislav"
    assert "read 5 = stored 5 + rejected 0" in err
    assert "MEDLINE (nbib), PubMed" in err


def test_command_reads_archives_and_mapped_tables(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", {"one.csv": "Nadpis,Rok\nPrvní,2019\n".encode()})
    out, _ = _run(str(path), "--map", "Nadpis=title", "--map", "Rok=year")
    assert json.loads(out)["title"] == "První"
    assert json.loads(_run(str(path), "--mapping", "Nadpis=title,Rok=year")[0])["year"] == 2019


def test_command_names_unknown_columns_and_the_option(tmp_path: Path) -> None:
    path, err = write(tmp_path, "x.csv", "Nadpis,Rok\nPrvní,2019\n"), io.StringIO()
    with pytest.raises(CommandError, match="1 file could not"):
        call_command("parse_file", str(path), stdout=io.StringIO(), stderr=err)
    assert "“Nadpis”, “Rok”" in err.getvalue()
    assert "--mapping" in err.getvalue()


def test_command_reads_in_the_encoding_it_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - Grünes Öl\nER  - \n".encode("mac_roman"))
    assert "--encoding NAME" in _run(str(path))[1]
    out, err = _run(str(path), "--encoding", "cp850")
    assert json.loads(out)["title"] == "Grƒnes àl"
    assert "x.ris: RIS, cp850" in err
    assert "guess" not in err


def test_command_goes_on_after_a_bad_file_and_fails_in_the_end(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    bad = write(tmp_path, "bad.ris", b"%PDF-1.4")
    with pytest.raises(CommandError, match="1 file could not"):
        call_command("parse_file", str(bad), str(DATA / "pubmed.nbib"), stdout=out, stderr=err)
    assert len(out.getvalue().splitlines()) == 2
    assert "bad.ris: This is a PDF" in err.getvalue()
