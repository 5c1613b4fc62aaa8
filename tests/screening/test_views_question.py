"""The page of a file that waits for an answer: what it shows, what it refuses, and what becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from screening.constants import BatchQuestion, BatchState
from screening.models import ColumnMapping, ImportBatch, Record
from screening.services.imports import import_file
from screening.services.uploads import receive_upload
from screening.tasks import import_batch
from tests.factories import Cast, make_cast, make_search

pytestmark = pytest.mark.django_db
TABLE = "Nadpis,Kdo,Rok\n" + "".join(f"Práce {n},Novák J,20{n}\n" for n in range(10, 18))
NAMES = "TY  - JOUR\nTI  - Sleep\nAU  - Grüner, Björn\nER  - \n"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def alice(client: Client, cast: Cast) -> Client:
    client.force_login(cast.alice)
    return client


def asking(cast: Cast, content: bytes, name: str) -> ImportBatch:
    """A file whose question is open."""
    search = make_search(cast.review)
    batch = receive_upload(
        membership=cast.membership("alice"), search=search, file=ContentFile(content, name=name), filename=name
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    assert batch.state == BatchState.ASKING
    return batch


@pytest.fixture
def mapping_batch(cast: Cast) -> ImportBatch:
    return asking(cast, TABLE.encode(), "moje.csv")


@pytest.fixture
def encoding_batch(cast: Cast) -> ImportBatch:
    return asking(cast, NAMES.encode("mac_roman"), "jména.ris")


def page(batch: ImportBatch) -> str:
    return reverse("screening:batch_question", args=[batch.search.review_id, batch.pk])


def said(**chosen: str) -> dict[str, str]:
    """What the page sends for a mapping."""
    return {"question": "mapping", "column_0": "", "column_1": "", "column_2": "", **chosen}


def test_the_page_shows_columns_five_rows_and_guesses(alice: Client, mapping_batch: ImportBatch) -> None:
    response = alice.get(page(mapping_batch))
    html = response.content.decode()
    assert response.status_code == 200
    assert all(f">{column}</label>" in html for column in ("Nadpis", "Kdo", "Rok"))
    assert "Práce 14" in html
    assert "Práce 15" not in html
    assert html.count("<select") == 3
    assert "none of its records is stored" in html
    assert '<option value="title">Title</option>' in html


def test_likely_fields_are_preselected(alice: Client, cast: Cast) -> None:
    batch = asking(cast, b"Paper heading,Who,Abstract text,Web link\nOne,Rowe A,Long,https://x.org\n", "x.csv")
    html = alice.get(page(batch)).content.decode()
    assert '<option value="abstract" selected>' in html
    assert '<option value="url" selected>' in html
    assert '<option value="title" selected>' not in html


def test_the_answer_starts_the_import_and_is_remembered(
    alice: Client, mapping_batch: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(import_batch, "delay_on_commit", sent.append)
    response = alice.post(page(mapping_batch), said(column_0="title", column_1="author", column_2="year"))
    mapping_batch.refresh_from_db()
    assert response["Location"] == reverse(
        "screening:batch_detail", args=[mapping_batch.search.review_id, mapping_batch.pk]
    )
    assert sent == [mapping_batch.job_id]
    assert mapping_batch.state == BatchState.WAITING
    assert not Record.objects.exists()
    import_batch(mapping_batch.job_id)
    assert list(Record.objects.values_list("title", "year"))[:2] == [("Práce 10", 2010), ("Práce 11", 2011)]
    assert "Remembered for this review" in alice.get(page(mapping_batch)).content.decode()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, "Say which column holds the title."),
        ({"column_0": "title", "column_1": "title"}, "“Nadpis” and “Kdo” are both set to it."),
        ({"column_0": "title", "column_1": "nonsense"}, "nonsense"),
    ],
)
def test_what_cannot_stand_is_said_and_nothing_happens(
    alice: Client, mapping_batch: ImportBatch, chosen: dict[str, str], words: str
) -> None:
    response = alice.post(page(mapping_batch), said(**chosen))
    assert response.status_code == 422
    assert words in response.content.decode()
    mapping_batch.refresh_from_db()
    assert (mapping_batch.state, mapping_batch.answers) == (BatchState.ASKING, {})


def test_a_table_without_headings_keeps_its_first_row(alice: Client, mapping_batch: ImportBatch) -> None:
    alice.post(page(mapping_batch), said(column_0="title", headerless="on"))
    mapping_batch.refresh_from_db()
    assert mapping_batch.answers["mapping"] == {"#1": "title", "#2": "", "#3": ""}
    import_batch(mapping_batch.job_id)
    assert Record.objects.first().title == "Nadpis"  # type: ignore[union-attr]  # there are nine
    assert Record.objects.count() == 9
    assert not ColumnMapping.objects.exists()


def test_every_reading_is_shown_with_what_differs_marked(alice: Client, encoding_batch: ImportBatch) -> None:
    html = alice.get(page(encoding_batch)).content.decode()
    assert "Gr<mark>ü</mark>ner" in html
    assert "MacRoman (older Macintosh)" in html
    assert "Windows-1252 (Western European)" in html
    assert html.count(" checked>") == 1
    assert 'value="mac_roman" id="id_encoding_0" required checked>' in html


def test_the_chosen_encoding_is_used(alice: Client, encoding_batch: ImportBatch) -> None:
    response = alice.post(page(encoding_batch), {"question": "encoding", "encoding": "cp1252"})
    assert response.status_code == 302
    encoding_batch.refresh_from_db()
    import_batch(encoding_batch.job_id)
    assert Record.objects.get().authors[0]["family"] == "GrŸner"
    receipt = alice.get(response["Location"]).content.decode()
    assert "Windows-1252 (Western European), LF" in receipt
    assert "The characters were read as Windows-1252 (Western European), chosen by Alice Lead." in receipt


@pytest.mark.parametrize("chosen", [{}, {"encoding": "utf-8"}, {"encoding": "hex"}])
def test_an_encoding_that_was_not_offered_is_refused(
    alice: Client, encoding_batch: ImportBatch, chosen: dict[str, str]
) -> None:
    response = alice.post(page(encoding_batch), {"question": "encoding", **chosen})
    assert response.status_code == 422
    assert "Choose" in response.content.decode()


def test_an_answer_to_a_question_that_is_no_longer_open_is_stale(alice: Client, mapping_batch: ImportBatch) -> None:
    assert alice.post(page(mapping_batch), {"question": "encoding", "encoding": "cp1252"}).status_code == 409
    assert alice.post(page(mapping_batch), said(column_0="title")).status_code == 302
    again = alice.post(page(mapping_batch), said(column_0="title"))
    assert again.status_code == 409
    assert "does not wait for this answer any more" in again.content.decode()


def test_the_page_says_when_no_question_is_open(alice: Client, mapping_batch: ImportBatch) -> None:
    alice.post(page(mapping_batch), said(column_0="title"))
    response = alice.get(page(mapping_batch))
    assert response.status_code == 200
    assert "No question is open" in response.content.decode()


def test_declining_leaves_the_file_not_imported_with_the_name_of_who_did(
    alice: Client, mapping_batch: ImportBatch
) -> None:
    url = reverse("screening:batch_decline", args=[mapping_batch.search.review_id, mapping_batch.pk])
    assert alice.post(url).status_code == 302
    mapping_batch.refresh_from_db()
    assert (mapping_batch.state, mapping_batch.error) == (
        BatchState.FAILED,
        "Alice Lead chose not to import this file.",
    )
    assert alice.post(url).status_code == 409


def test_what_is_remembered_can_be_asked_again(alice: Client, cast: Cast, mapping_batch: ImportBatch) -> None:
    alice.post(page(mapping_batch), said(column_0="title"))
    known = ColumnMapping.objects.get()
    response: Any = alice.post(reverse("screening:mapping_forget", args=[cast.review.pk, known.pk]), follow=True)
    assert "The next table with these headings asks again." in response.content.decode()
    assert asking(cast, TABLE.encode() + b"Jina,Mala K,2020\n", "druhy.csv").question == BatchQuestion.MAPPING


@pytest.mark.parametrize("actor", ["bob", "dan", "olga"])
def test_only_a_lead_answers(client: Client, cast: Cast, mapping_batch: ImportBatch, actor: str) -> None:
    client.force_login(getattr(cast, actor))
    assert client.get(page(mapping_batch)).status_code == 403
    assert client.post(page(mapping_batch), said(column_0="title")).status_code == 403
    mapping_batch.refresh_from_db()
    assert mapping_batch.state == BatchState.ASKING


def test_the_file_of_another_review_is_not_there(client: Client, cast: Cast, mapping_batch: ImportBatch) -> None:
    client.force_login(cast.mallory)
    assert client.get(page(mapping_batch)).status_code == 404
    wrong = reverse("screening:batch_question", args=[cast.other_review.pk, mapping_batch.pk])
    assert client.get(wrong).status_code == 404


def test_a_lead_finds_the_question_on_the_overview(client: Client, cast: Cast, mapping_batch: ImportBatch) -> None:
    overview = reverse("reviewapp:review_overview", args=[cast.review.pk])
    client.force_login(cast.alice)
    html = client.get(overview).content.decode()
    assert "1 file that waits for your answer" in html
    assert page(mapping_batch) in html
    asking(cast, TABLE.replace("Rok", "Year of it").encode(), "druhy.csv")
    assert "2 files that wait for your answer" in client.get(overview).content.decode()
    client.force_login(cast.bob)
    assert "your answer" not in client.get(overview).content.decode()
