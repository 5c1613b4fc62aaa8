"""Nothing of a doubtful file is stored before a person has said how it is read; what they say is used, and said."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from openpyxl import Workbook

from reviewapp.constants import JobState
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent, Job
from screening.constants import AuditKind, BatchQuestion, BatchState
from screening.models import ColumnMapping, ImportBatch, Record, StagedRecord
from screening.services.imports import import_file
from screening.services.questions import (
    Answers,
    answer_beforehand,
    answer_question,
    decline_question,
    forget_mapping,
)
from screening.services.uploads import receive_upload, retry_import
from screening.tasks import import_batch
from tests.factories import Cast, make_cast, make_search

pytestmark = pytest.mark.django_db
HEAD = "Nadpis,Kdo,Rok\n"
MAPPING = {"Nadpis": "title", "Kdo": "author", "Rok": "year"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def table(*years: int) -> bytes:
    """A table whose columns nobody knows, one row per year."""
    return (HEAD + "".join(f"Práce {year},Novák J,{year}\n" for year in years)).encode()


def workbook(*years: int) -> bytes:
    """The same as an Excel workbook."""
    book = Workbook()
    assert book.active is not None
    book.active.append(["Nadpis", "Kdo", "Rok"])
    for year in years:
        book.active.append(["Práce", "Novák J", year])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def doubtful(codec: str = "mac_roman") -> bytes:
    """A RIS file whose encoding can only be guessed."""
    return "TY  - JOUR\nTI  - Sleep\nAU  - Grüner, Björn\nER  - \n".encode(codec)


def upload(cast: Cast, content: bytes, name: str = "moje.csv", **kw: Any) -> ImportBatch:
    search = kw.pop("search", None) or make_search(cast.review)
    return receive_upload(
        membership=cast.membership("alice"), search=search, file=ContentFile(content, name=name), filename=name, **kw
    )


def run(batch: ImportBatch) -> ImportBatch:
    """Its job, as a worker does it."""
    assert batch.job_id is not None
    import_batch(batch.job_id)
    batch.refresh_from_db()
    return batch


def answer(cast: Cast, batch: ImportBatch, **said: Any) -> ImportBatch:
    return answer_question(membership=cast.membership("alice"), batch=batch, answers=Answers(**said))


def remarks(batch: ImportBatch) -> str:
    return " ".join(remark["message"] for remark in batch.warnings if remark["line"] is None)


# ---- asking


@pytest.mark.parametrize(("content", "name"), [(table(2019, 2020), "moje.csv"), (workbook(2019, 2020), "moje.xlsx")])
def test_unknown_columns_are_asked_for_and_nothing_is_stored(cast: Cast, content: bytes, name: str) -> None:
    batch = run(upload(cast, content, name))
    assert (batch.state, batch.question) == (BatchState.ASKING, BatchQuestion.MAPPING)
    assert batch.preview["columns"] == ["Nadpis", "Kdo", "Rok"]
    assert [row[2] for row in batch.preview["rows"]] == ["2019", "2020"]
    assert not Record.objects.exists()
    assert not StagedRecord.objects.exists()
    job = Job.objects.get()
    assert (job.state, job.error) == (JobState.DONE, "")
    assert job.message == f"“{name}” waits for an answer: Which column is which?"
    assert AuditEvent.objects.get(kind=AuditKind.BATCH_ASKED).after == {"question": "mapping"}


def test_the_preview_has_at_most_five_rows(cast: Cast) -> None:
    assert len(run(upload(cast, table(*range(2000, 2020)))).preview["rows"]) == 5


def test_a_doubtful_encoding_is_asked_for_with_its_readings(cast: Cast) -> None:
    batch = run(upload(cast, doubtful(), "x.ris"))
    assert (batch.state, batch.question) == (BatchState.ASKING, BatchQuestion.ENCODING)
    assert batch.preview["guess"] == "mac_roman"
    found = {reading["encoding"]: reading["snippets"] for reading in batch.preview["readings"]}
    assert found["mac_roman"] == ["AU  - Grüner, Björn"]
    assert found["cp1252"] == ["AU  - GrŸner, Bjšrn"]
    assert not Record.objects.exists()


def test_a_file_about_which_nothing_is_open_asks_nothing(cast: Cast) -> None:
    assert run(upload(cast, doubtful("utf-8"), "x.ris")).state == BatchState.DONE
    assert run(upload(cast, b"Title,Year\nOne,2019\n")).state == BatchState.DONE


def test_a_job_delivered_again_does_not_ask_or_read_twice(cast: Cast) -> None:
    batch = run(upload(cast, table(2019)))
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    run(batch)
    assert AuditEvent.objects.filter(kind=AuditKind.BATCH_ASKED).count() == 1
    assert not Record.objects.exists()


def test_a_table_without_a_row_is_refused_not_asked_about(cast: Cast) -> None:
    book, stream = Workbook(), BytesIO()
    book.save(stream)
    batch = run(upload(cast, stream.getvalue(), "prazdny.xlsx"))
    assert (batch.state, batch.error) == (BatchState.FAILED, "0 records found: the table is empty.")


# ---- answering


def test_an_answer_is_used_by_the_next_run_and_said_in_the_receipt(cast: Cast) -> None:
    batch = run(upload(cast, table(2019, 2020)))
    first_job = batch.job_id
    batch = answer(cast, batch, mapping=MAPPING)
    assert (batch.state, batch.question, batch.preview) == (BatchState.WAITING, "", {})
    assert batch.job_id != first_job
    assert not Record.objects.exists()
    batch = run(batch)
    assert batch.state == BatchState.DONE
    assert list(Record.objects.values_list("title", "year")) == [("Práce 2019", 2019), ("Práce 2020", 2020)]
    assert (
        remarks(batch)
        == "The columns were read as Alice Lead said: Title from “Nadpis”, Authors from “Kdo”, Year from “Rok”."
    )


def test_a_workbook_is_mapped_as_well(cast: Cast) -> None:
    batch = run(upload(cast, workbook(2019), "moje.xlsx"))
    run(answer(cast, batch, mapping=MAPPING))
    assert Record.objects.get().authors[0]["family"] == "Novák"


def test_an_answer_is_one_event_with_what_was_said(cast: Cast) -> None:
    batch = answer(cast, run(upload(cast, table(2019))), mapping=MAPPING)
    event = AuditEvent.objects.get(kind=AuditKind.BATCH_ANSWERED)
    assert (event.actor, event.object_id, event.before) == (cast.alice, batch.pk, {"question": "mapping"})
    assert event.after == {"mapping": MAPPING, "mapping_by": "Alice Lead"}


def test_a_chosen_encoding_reaches_the_records_and_the_receipt(cast: Cast) -> None:
    batch = run(answer(cast, run(upload(cast, doubtful(), "x.ris")), encoding="cp1252"))
    assert Record.objects.get().authors[0]["family"] == "GrŸner"
    assert batch.encoding == "cp1252, LF"
    assert remarks(batch) == "The characters were read as Windows-1252 (Western European), chosen by Alice Lead."


def test_a_doubtful_table_asks_for_its_encoding_first_and_then_for_its_columns(cast: Cast) -> None:
    content = "Název,Kdo,Rok\nSpánek,Grüner B,2019\n".encode("mac_roman", "replace")
    batch = run(upload(cast, content))
    assert batch.question == BatchQuestion.ENCODING
    batch = run(answer(cast, batch, encoding="mac_roman"))
    assert batch.question == BatchQuestion.MAPPING
    assert batch.preview["rows"][0][1] == "Grüner B"
    title, who, _ = batch.preview["columns"]
    batch = run(answer(cast, batch, mapping={title: "title", who: "author"}))
    assert Record.objects.get().authors[0]["family"] == "Grüner"
    assert "MacRoman" in remarks(batch)
    assert "The columns were read" in remarks(batch)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"Nadpis": "year"}, "Say which column holds the title"),
        ({"Nadpis": "title", "Kdo": "title"}, "“Nadpis” and “Kdo” are both set to it"),
        ({"Nadpis": "nonsense"}, "no field “nonsense”"),
        ({"Titulek": "title"}, "no column “Titulek”"),
        ({"#1": "title", "#4": "year"}, "no column “#4”"),
    ],
)
def test_a_mapping_that_cannot_stand_changes_nothing(cast: Cast, mapping: dict[str, str], words: str) -> None:
    batch = run(upload(cast, table(2019)))
    with pytest.raises(DomainError, match=words):
        answer(cast, batch, mapping=mapping)
    batch.refresh_from_db()
    assert (batch.state, batch.answers) == (BatchState.ASKING, {})
    assert not ColumnMapping.objects.exists()


def test_an_encoding_that_was_not_shown_is_refused(cast: Cast) -> None:
    batch = run(upload(cast, doubtful(), "x.ris"))
    with pytest.raises(DomainError, match="Choose one of the encodings shown"):
        answer(cast, batch, encoding="utf-8")


def test_an_answer_given_twice_or_to_another_question_is_stale(cast: Cast) -> None:
    batch = run(upload(cast, table(2019)))
    with pytest.raises(StaleError):
        answer(cast, batch, encoding="cp1252")
    answer(cast, batch, mapping=MAPPING)
    with pytest.raises(StaleError):
        answer(cast, batch, mapping=MAPPING)


def test_the_answer_survives_a_crash_and_a_retry(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = answer(cast, run(upload(cast, table(2019))), mapping=MAPPING)
    with monkeypatch.context() as patch:
        patch.setattr("screening.services.imports.store_staged", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(batch)
    batch.refresh_from_db()
    batch = retry_import(membership=cast.membership("alice"), batch=batch)
    assert run(batch).state == BatchState.DONE


def test_what_cannot_be_read_as_said_is_asked_again(cast: Cast) -> None:
    batch = upload(cast, doubtful(), "x.ris")
    answer_beforehand(membership=cast.membership("alice"), batch=batch, answers=Answers(encoding="utf-8"))
    batch = run(batch)
    assert (batch.state, batch.answers) == (BatchState.FAILED, {})
    assert "The file is not UTF-8" in batch.error
    batch = run(retry_import(membership=cast.membership("alice"), batch=batch))
    assert batch.question == BatchQuestion.ENCODING


# ---- remembering


def test_a_mapping_is_remembered_for_the_same_headings_in_the_same_review(cast: Cast) -> None:
    run(answer(cast, run(upload(cast, table(2019))), mapping=MAPPING))
    later = run(upload(cast, table(2021), "pozdeji.csv"))
    assert later.state == BatchState.DONE
    assert Record.objects.get(batch=later).year == 2021
    assert remarks(later).startswith("The columns were read as remembered from Alice Lead: Title from “Nadpis”")
    other = run(upload(cast, b"Rok,Nadpis,Kdo\n2019,Jedna,Novak J\n", "jinak.csv"))
    assert other.state == BatchState.ASKING


def test_another_review_does_not_know_it(cast: Cast) -> None:
    answer(cast, run(upload(cast, table(2019))), mapping=MAPPING)
    stranger = make_cast()
    assert run(upload(stranger, table(2019))).state == BatchState.ASKING


def test_answering_again_overwrites_what_is_remembered(cast: Cast) -> None:
    first, second = run(upload(cast, table(2019))), run(upload(cast, table(2020), "druhy.csv"))
    answer(cast, first, mapping=MAPPING)
    answer(cast, second, mapping={**MAPPING, "Kdo": "editor"})
    assert ColumnMapping.objects.get().mapping == {**MAPPING, "Kdo": "editor"}


def test_a_table_without_headings_is_not_remembered(cast: Cast) -> None:
    batch = run(answer(cast, run(upload(cast, table(2019))), mapping={"#1": "title", "#2": "author", "#3": ""}))
    assert list(Record.objects.values_list("title", flat=True)) == ["Nadpis", "Práce 2019"]
    assert batch.state == BatchState.DONE
    assert not ColumnMapping.objects.exists()


def test_what_is_forgotten_is_asked_again(cast: Cast) -> None:
    answer(cast, run(upload(cast, table(2019))), mapping=MAPPING)
    forget_mapping(membership=cast.membership("alice"), mapping=ColumnMapping.objects.get())
    assert AuditEvent.objects.get(kind=AuditKind.MAPPING_FORGOTTEN).before == {"mapping": MAPPING}
    assert run(upload(cast, table(2020), "druhy.csv")).state == BatchState.ASKING


# ---- declining


def test_declining_says_who_and_a_retry_asks_again(cast: Cast) -> None:
    batch = run(upload(cast, table(2019)))
    decline_question(membership=cast.membership("alice"), batch=batch)
    batch.refresh_from_db()
    assert (batch.state, batch.question) == (BatchState.FAILED, "")
    assert batch.error == "Alice Lead chose not to import this file."
    assert AuditEvent.objects.get(kind=AuditKind.BATCH_ANSWERED).after == {"imported": False}
    with pytest.raises(StaleError):
        decline_question(membership=cast.membership("alice"), batch=batch)
    assert run(retry_import(membership=cast.membership("alice"), batch=batch)).state == BatchState.ASKING


def test_the_same_file_is_not_taken_in_twice_while_it_waits(cast: Cast) -> None:
    batch = run(upload(cast, table(2019)))
    with pytest.raises(DomainError, match="same file"):
        upload(cast, table(2019), "znovu.csv", search=batch.search)
