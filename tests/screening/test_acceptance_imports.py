"""Found while importing as a newcomer would: sheets left unread, outcomes that could be read too early, questions of a
thousand columns, letters that were guessed wrong."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from reviewapp.errors import DomainError
from reviewapp.models import Membership
from screening.constants import BatchQuestion, BatchState, Stage, Verdict
from screening.exporters.registry import EXPORTERS
from screening.exporters.rows import ExportOptions
from screening.importers.votes import HIDDEN, blind_cells
from screening.models import ImportBatch, Record
from screening.queries.elsewhere import hidden_votes
from screening.queries.exports import export_rows, selection_of
from screening.services.decisions import Judgement, submit_decision
from screening.services.imports import import_file
from screening.services.questions import Answers, answer_question
from screening.services.uploads import read_again, receive_upload
from tests.factories import Cast, make_record, make_search

pytestmark = pytest.mark.django_db
HEADINGS = ["Title", "Authors", "Year"]
CZECH = "TY  - JOUR\nTI  - Spánek žáků a příčiny únavy\nAU  - Dvořák, Jiří\nER  - \n"


def bring_in(membership: Membership, content: bytes, name: str) -> ImportBatch:
    batch = receive_upload(
        membership=membership,
        search=make_search(membership.review),
        file=ContentFile(content, name=name),
        filename=name,
    )
    return finished(batch)


def finished(batch: ImportBatch) -> ImportBatch:
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    return batch


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, who))
    return client


def test_later_sheets_with_the_same_headings_are_read_and_others_are_named(cast: Cast) -> None:
    content = workbook(
        Empty=[],
        First=[HEADINGS, ["Sleep at sea", "Rowe, A", 2019]],
        Second=[HEADINGS, ["Naps at work", "Lind, P", 2020], ["Light at night", "Sato, E", 2021]],
        Legend=[["What the columns mean"], ["Title", "of the record"]],
    )
    batch = bring_in(cast.membership("alice"), content, "two.xlsx")
    titles = list(Record.objects.filter(batch=batch).order_by("position").values_list("title", flat=True))
    assert titles == ["Sleep at sea", "Naps at work", "Light at night"]
    assert [remark["message"] for remark in batch.warnings if "“Legend” (2 rows) was not read" in remark["message"]]


def test_a_workbook_has_no_encoding_to_tell(cast: Cast, tmp_path: Path) -> None:
    content = workbook(First=[HEADINGS, ["Sleep at sea", "Rowe, A", 2019]])
    batch = bring_in(cast.membership("alice"), content, "one.xlsx")
    html = signed_in(cast, "alice").get(reverse("screening:batch_detail", args=[cast.review.pk, batch.pk])).content
    assert batch.encoding == ""
    assert b"Encoding" not in html
    path, told = tmp_path / "one.xlsx", StringIO()
    path.write_bytes(content)
    call_command("parse_file", str(path), stdout=StringIO(), stderr=told)
    assert told.getvalue().splitlines()[0] == "one.xlsx: Excel workbook"


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_an_outcome_in_an_export_is_hidden_while_its_record_is_screened_again(cast: Cast, name: str) -> None:
    settled, open_one = (make_record(cast.review, title=title) for title in ("Sleep at sea", "Naps at work"))
    for who in ("bob", "cara"):
        submit_decision(
            membership=cast.membership(who),
            stage=Stage.TITLE_ABSTRACT,
            target_id=settled.pk,
            judgement=Judgement(Verdict.INCLUDE),
        )
    rows = export_rows(selection_of(cast.review.pk, Record.objects.filter(review=cast.review)), {})
    content = b"".join(EXPORTERS[name].write(rows, ExportOptions()))
    mallory = Membership.objects.select_related("review", "user").get(review=cast.other_review, user=cast.mallory)
    batch = bring_in(mallory, content, f"again.{EXPORTERS[name].extension}")
    first, second = Record.objects.filter(batch=batch).order_by("position")
    assert hidden_votes([first, second]) == {first.pk}
    html = signed_in(cast, "mallory").get(reverse("screening:record_detail", args=[mallory.review_id, first.pk]))
    assert "says how this record was judged elsewhere" in html.content.decode()
    assert "Included" not in html.content.decode()
    assert open_one.title == second.title


def test_the_columns_asked_about_show_no_votes(cast: Cast) -> None:
    rows = [["Sleep", "x", "Included", 'RAYYAN-INCLUSION: {"Anna"=>"Excluded"}', "2019", ""]]
    headings = ["Paper name", "My decision", "State", "Remarks of all", "When", "verdict"]
    assert blind_cells(headings, rows) == [["Sleep", HIDDEN, HIDDEN, HIDDEN, "2019", ""]]
    text = "Paper name,My decision,State\nSleep at sea,in,Maybe\nNaps at work,out,Excluded\n"
    batch = bring_in(cast.membership("alice"), text.encode(), "mine.csv")
    assert batch.preview["rows"] == [["Sleep at sea", HIDDEN, HIDDEN], ["Naps at work", HIDDEN, HIDDEN]]
    html = signed_in(cast, "alice").get(reverse("screening:batch_question", args=[cast.review.pk, batch.pk])).content
    assert b"nobody sees a vote before the record is settled" in html
    assert b"Excluded" not in html


def test_a_thousand_columns_can_be_answered_and_too_many_are_refused(cast: Cast) -> None:
    columns = [f"k{number}" for number in range(1000)]
    text = ",".join(columns) + "\n" + ",".join(["Sleep"] * 1000) + "\n"
    batch = bring_in(cast.membership("alice"), text.encode(), "wide.csv")
    said = {"question": "mapping", **{f"column_{at}": "" for at in range(1000)}, "column_3": "title"}
    url = reverse("screening:batch_question", args=[cast.review.pk, batch.pk])
    assert signed_in(cast, "alice").post(url, said).status_code == 302
    wider = ",".join(f"k{number}" for number in range(4001)) + "\n" + ",".join(["x"] * 4001) + "\n"
    with pytest.raises(DomainError, match="4,001 columns"):
        bring_in(cast.membership("alice"), wider.encode(), "wider.csv")


def test_wrong_letters_are_read_again_and_nothing_is_stored_before_the_answer(cast: Cast) -> None:
    lead, client = cast.membership("alice"), signed_in(cast, "alice")
    batch = bring_in(lead, CZECH.encode("cp1250"), "czech.ris")
    assert batch.state == BatchState.DONE
    assert batch.encoding == "cp1252, LF"
    html = client.get(reverse("screening:batch_detail", args=[cast.review.pk, batch.pk])).content.decode()
    assert "Windows-1252 (Western European)" in html
    assert client.post(reverse("screening:batch_read_again", args=[cast.review.pk, batch.pk])).status_code == 302
    batch.refresh_from_db()
    again = finished(ImportBatch.objects.exclude(pk=batch.pk).get())
    assert (batch.state, again.state, again.question) == (
        BatchState.WITHDRAWN,
        BatchState.ASKING,
        BatchQuestion.ENCODING,
    )
    assert not Record.objects.exists()
    answer_question(membership=lead, batch=again, answers=Answers(encoding="cp1250"))
    assert finished(again).state == BatchState.DONE
    record = Record.objects.get()
    assert record.title == "Spánek žáků a příčiny únavy"
    assert record.authors[0]["family"] == "Dvořák"


def test_a_file_on_which_votes_rest_or_that_says_its_encoding_is_not_read_again(cast: Cast) -> None:
    batch = bring_in(cast.membership("alice"), CZECH.encode("cp1250"), "czech.ris")
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=Record.objects.get().pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    certain = bring_in(cast.membership("alice"), CZECH.encode(), "utf8.ris")
    for one in (batch, certain):
        html = signed_in(cast, "alice").get(reverse("screening:batch_detail", args=[cast.review.pk, one.pk]))
        assert b"read-again" not in html.content
    with pytest.raises(DomainError, match="votes"):
        read_again(membership=cast.membership("alice"), batch=batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert ImportBatch.objects.count() == 2
