"""`manage.py import_records` does what the page does."""

from __future__ import annotations

import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from screening.constants import BatchState
from screening.models import ColumnMapping, ImportBatch, Record
from tests.factories import Cast, make_cast, make_search

pytestmark = pytest.mark.django_db
RIS = "TY  - JOUR\nTI  - Sleep {}\nER  - \n"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def run(*args: object) -> tuple[str, str, str]:
    """What it printed, what it complained of, and how it ended."""
    out, err, end = StringIO(), StringIO(), ""
    try:
        call_command("import_records", *map(str, args), stdout=out, stderr=err)
    except CommandError as error:
        end = str(error)
    return out.getvalue(), err.getvalue(), end


def test_files_are_imported_and_their_receipts_printed(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review, source="MEDLINE")
    (tmp_path / "a.ris").write_text(RIS.format(1) + RIS.format(2))
    (tmp_path / "b.ris").write_text(RIS.format(3))
    out, err, end = run(cast.review.slug, "medline", tmp_path / "a.ris", tmp_path / "b.ris")
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "a.ris: RIS, read 2 = stored 2 + rejected 0",
        "b.ris: RIS, read 1 = stored 1 + rejected 0",
        "MEDLINE: 3 records read. What the source reported is not written down yet, so there is nothing to compare "
        "with. 2 files are counted together.",
    ]
    assert "  fields: Title 2" in out
    assert (err, end) == ("", "")
    assert Record.objects.filter(search=search).count() == 3
    assert {batch.uploaded_by for batch in ImportBatch.objects.all()} == {cast.alice}


def test_a_file_that_fails_is_named_and_the_others_are_imported(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    (tmp_path / "a.ris").write_text(RIS.format(1))
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4")
    out, err, end = run(cast.review.pk, search.pk, tmp_path / "bad.pdf", tmp_path / "a.ris", tmp_path / "none.ris")
    assert "a.ris: RIS" in out
    assert "PDF" in err
    assert "none.ris" in err
    assert end == "2 of 3 files were not imported."
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {BatchState.FAILED, BatchState.DONE}


def test_the_same_file_again_is_refused_unless_told_for_another_search(cast: Cast, tmp_path: Path) -> None:
    one, two = make_search(cast.review), make_search(cast.review)
    (tmp_path / "a.ris").write_text(RIS.format(1))
    run(cast.review.pk, one.pk, tmp_path / "a.ris")
    assert "same file" in run(cast.review.pk, one.pk, tmp_path / "a.ris")[1]
    assert "same file" in run(cast.review.pk, two.pk, tmp_path / "a.ris")[1]
    assert "stored 1" in run(cast.review.pk, two.pk, tmp_path / "a.ris", "--also-elsewhere")[0]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere", "1", "x.ris"), "no review"),
        (("{review}", "nothing", "x.ris"), "names 0 searches"),
        (("{review}", "1", "x.ris", "--as", "bob@example.org"), "Only a lead"),
    ],
)
def test_what_is_not_there_is_said(cast: Cast, args: tuple[str, ...], words: str) -> None:
    assert words in run(*(arg.format(review=cast.review.pk) for arg in args))[2]


TABLE = "Nadpis,Kdo\nPráce,Novák J\n"
MAC = "TY  - JOUR\nTI  - Sleep\nAU  - Grüner, Björn\nER  - \n".encode("mac_roman")


def test_an_unknown_table_is_not_imported_and_the_message_names_columns_and_option(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    (tmp_path / "a.csv").write_text(TABLE)
    _, err, end = run(cast.review.pk, search.pk, tmp_path / "a.csv")
    assert "“Nadpis”, “Kdo”" in err
    assert "--mapping" in err
    assert end == "1 of 1 files were not imported."
    batch = ImportBatch.objects.get()
    assert batch.state == BatchState.FAILED
    assert "--mapping" in batch.error
    assert not Record.objects.exists()


def test_a_mapping_is_used_and_remembered_as_on_the_page(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text(TABLE + "Jiná,Malá K\n")
    run(cast.review.pk, search.pk, tmp_path / "a.csv")
    out, err, _ = run(cast.review.pk, search.pk, tmp_path / "a.csv", "--mapping", "Nadpis=title,Kdo=author")
    assert ("stored 1" in out, err) == (True, "")
    assert Record.objects.get().title == "Práce"
    assert "stored 2" in run(cast.review.pk, search.pk, tmp_path / "b.csv")[0]


def test_a_mapping_that_does_not_fit_is_not_remembered(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    _, err, _ = run(cast.review.pk, make_search(cast.review).pk, tmp_path / "a.csv", "--mapping", "Titulek=title")
    assert "The table has no column “Titulek”. Its columns are: “Nadpis”, “Kdo”." in err
    assert not ColumnMapping.objects.exists()


def test_a_doubtful_encoding_is_said_with_its_readings_and_taken_from_the_option(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    (tmp_path / "a.ris").write_bytes(MAC)
    _, err, _ = run(cast.review.pk, search.pk, tmp_path / "a.ris")
    assert "--encoding" in err
    assert "mac_roman: AU  - Grüner, Björn" in err
    assert "stored 1" in run(cast.review.pk, search.pk, tmp_path / "a.ris", "--encoding", "macintosh")[0]
    assert Record.objects.get().authors[0]["family"] == "Grüner"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--encoding", "klingon"), "not an encoding that is read. Those are: utf-8"),
        (("--mapping", "Nadpis"), "column=field"),
        (("--mapping", "Nadpis=year"), "Say which column holds the title."),
    ],
)
def test_options_that_cannot_stand_are_refused_before_anything_is_read(
    cast: Cast, tmp_path: Path, args: tuple[str, str], words: str
) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    assert words in run(cast.review.pk, make_search(cast.review).pk, tmp_path / "a.csv", *args)[2]
    assert not ImportBatch.objects.exists()


def test_an_archive_is_taken_apart_as_on_the_page(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    rows = ["Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI"]
    rows += ['1,"A Rowe","Sleep",2020,"Rest",P,https://x.org,,1,2024-01-01,,10.1000/s', ",".join("x" * 20)]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.ris", RIS.format(1))
        archive.writestr("empty.ris", "")
        archive.writestr("table.csv", "\n".join(rows))
        archive.writestr("own.csv", TABLE)
    (tmp_path / "odd.zip").write_bytes(b"PK\x03\x04 nothing")
    out, err, end = run(
        cast.review.pk, search.pk, tmp_path / "all.zip", tmp_path / "odd.zip", "--mapping", "Nadpis=title,Kdo=author"
    )
    assert "all.zip: one.ris: RIS, read 1 = stored 1 + rejected 0" in out
    assert "read 2 = stored 1 + rejected 1" in out
    assert "  rejected, line 3: The row has 20 columns, the header 12." in out
    assert Record.objects.filter(title="Práce", batch__filename="own.csv").exists()
    assert "all.zip: empty.ris: The file is empty" in err
    assert "odd.zip: The ZIP archive is damaged" in err
    assert end == "2 of 5 files were not imported."
    assert set(ImportBatch.objects.values_list("archive", flat=True)) == {"all.zip"}
