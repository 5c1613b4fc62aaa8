"""Exports from the pages: the file, its name, the log, and what no file tells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from reviewapp.models import AuditEvent
from screening.constants import AuditKind, ScreeningStatus, Stage, Verdict
from screening.exporters.registry import EXPORTERS
from screening.models import ExclusionReason, Record, Report
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record, make_records, make_report
from tests.screening.exporting import read

NOTE = "SECRET-NOTE"


def download(cast: Cast, who: str, url: str, **data: str) -> bytes:
    client = Client()
    client.force_login(getattr(cast, who))
    response = client.post(url, {"format": "csv", **data})
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def records_url(cast: Cast, query: str = "") -> str:
    return reverse("screening:record_export", args=[cast.review.pk]) + query


def settle(cast: Cast, record: Record, verdict: Verdict = Verdict.INCLUDE) -> None:
    for who in ("bob", "cara"):
        submit_decision(
            membership=cast.membership(who),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=Judgement(verdict, note=NOTE),
        )


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("name", EXPORTERS)
def test_each_format_holds_all_records_of_the_list(cast: Cast, name: str, tmp_path: Path) -> None:
    made = make_records(cast.review, 3)
    client = Client()
    client.force_login(cast.olga)
    response = client.post(records_url(cast), {"format": name})
    exporter = EXPORTERS[name]
    assert response["Content-Type"] == exporter.content_type
    assert response["Content-Disposition"].startswith(f'attachment; filename="{cast.review.slug}-records-20')
    assert response["Content-Disposition"].endswith(f'.{exporter.extension}"')
    path = tmp_path / f"x.{exporter.extension}"
    path.write_bytes(b"".join(response.streaming_content))
    got, rejected, detection = read(path)
    assert [record.title for record in got] == [record.title for record in made]
    assert not rejected
    assert detection.hint == ""


def test_the_filter_of_the_list_holds_for_the_file(cast: Cast) -> None:
    make_records(cast.review, 2)
    included = make_record(cast.review, title_abstract_status=ScreeningStatus.INCLUDED)
    [row] = table(download(cast, "bob", records_url(cast, "?status=included")))
    assert row["Record number"] == str(included.pk)
    assert row["Title and abstract status"] == "Included"
    client = Client()
    client.force_login(cast.bob)
    page = client.get(reverse("screening:record_list", args=[cast.review.pk]) + "?status=included&page=1")
    assert f'action="{records_url(cast)}?status=included"' in page.content.decode()


def test_a_box_of_the_flow_is_a_file_too(cast: Cast) -> None:
    excluded, _ = make_records(cast.review, 2)
    settle(cast, excluded, Verdict.EXCLUDE)
    url = reverse("screening:flow_rows_export", args=[cast.review.pk, "db_excluded"])
    [row] = table(download(cast, "olga", url))
    assert row["Record number"] == str(excluded.pk)
    client = Client()
    client.force_login(cast.olga)
    assert url in client.get(reverse("screening:flow_rows", args=[cast.review.pk, "db_excluded"])).content.decode()
    unknown = reverse("screening:flow_rows_export", args=[cast.review.pk, "nonsense"])
    assert client.post(unknown, {"format": "csv"}).status_code == 404


def test_votes_are_left_out_unless_asked_for_and_notes_are_for_leads(cast: Cast) -> None:
    settle(cast, make_record(cast.review))
    [plain] = table(download(cast, "alice", records_url(cast)))
    assert not [heading for heading in plain if "Bob" in heading]
    [row] = table(download(cast, "olga", records_url(cast), votes="on"))
    assert row["Vote of Bob Reviewer (title and abstract)"] == "Include"
    assert NOTE not in str(row)
    [row] = table(download(cast, "alice", records_url(cast), votes="on"))
    assert row["Note of Cara Reviewer (title and abstract)"] == NOTE


def everything(cast: Cast, who: str, name: str) -> list[str]:
    """All that this person can get into a file of the format: the list, and boxes of the flow."""
    urls = [records_url(cast), records_url(cast, "?status=screening")]
    for key in ("db_screened", "records_awaiting", "db_sought", "db_assessed", "dbr_reports_awaiting"):
        urls.append(reverse("screening:flow_rows_export", args=[cast.review.pk, key]))
    found = []
    for url in urls:
        content = download(cast, who, url, format=name, votes="on")
        if name == "xlsx":
            sheet = load_workbook(io.BytesIO(content)).active
            found.append(str(list(sheet.iter_rows(values_only=True))))
        else:
            found.append(content.decode("utf-8-sig"))
    return found


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("who", ["alice", "cara", "dan", "olga"])
def test_no_file_tells_a_vote_on_an_open_record_or_report(cast: Cast, who: str, name: str) -> None:
    settle(cast, make_record(cast.review))
    record, report = make_record(cast.review), make_report(cast.review)
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    assert reason is not None
    before = everything(cast, who, name)
    for voter, verdict in (("bob", Verdict.EXCLUDE), ("dan", Verdict.INCLUDE)):
        for stage, target in ((Stage.TITLE_ABSTRACT, record), (Stage.FULL_TEXT, report)):
            excludes = stage == Stage.FULL_TEXT and verdict == Verdict.EXCLUDE
            submit_decision(
                membership=cast.membership(voter),
                stage=stage,
                target_id=target.pk,
                judgement=Judgement(verdict, reason.pk if excludes else None, "OPEN-NOTE"),
            )
        assert everything(cast, who, name) == before
    assert Record.objects.get(pk=record.pk).title_abstract_status == ScreeningStatus.CONFLICT
    assert Report.objects.get(pk=report.pk).full_text_status == ScreeningStatus.CONFLICT


def test_each_export_is_in_the_log(cast: Cast) -> None:
    make_records(cast.review, 2)
    download(cast, "bob", records_url(cast, "?text=sleep"), format="ris", votes="on")
    event = AuditEvent.objects.get(kind=AuditKind.RECORDS_EXPORTED)
    assert (event.actor, event.review, event.object_type) == (cast.bob, cast.review, "review")
    expected = {"records": 2, "votes": True, "format": EXPORTERS["ris"].label, "selection": "title has “sleep”"}
    assert event.after == expected


def test_nothing_to_export_and_no_such_format_are_said(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.bob)
    response = client.post(records_url(cast), {"format": "csv"})
    assert response.status_code == 422
    assert "no records" in response.content.decode()
    make_record(cast.review)
    assert client.post(records_url(cast), {"format": "docx"}).status_code == 422
    assert not AuditEvent.objects.filter(kind=AuditKind.RECORDS_EXPORTED).exists()


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_no_cell_begins_with_a_formula(cast: Cast, name: str, tmp_path: Path) -> None:
    nasty = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "|x", "\t=1", " =1")
    for text in nasty:
        make_record(cast.review, title=text, abstract=text, journal=text, keywords=[text], notes=text)
    content = download(cast, "alice", records_url(cast), format=name, votes="on")
    if name == "csv":
        cells = [cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in line]
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        cells = [str(cell.value or "") for line in sheet.iter_rows() for cell in line]
        assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n"}  # "n": empty
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "|"))]
    assert any(cell == "'=HYPERLINK(1)" for cell in cells)
    path = tmp_path / f"x.{name}"
    path.write_bytes(content)
    assert [record.title for record in read(path)[0]] == list(nasty)


def test_the_command_writes_the_same_file(cast: Cast, tmp_path: Path) -> None:
    settle(cast, make_record(cast.review))
    make_record(cast.review)
    path = tmp_path / "out.csv"
    err = io.StringIO()
    call_command("export_records", cast.review.slug, "--format=csv", "--votes", "-o", str(path), stderr=err)
    assert path.read_bytes() == download(cast, "alice", records_url(cast), votes="on")
    assert "2 records" in err.getvalue()
    call_command("export_records", cast.review.slug, "--box=db_sought", "--format=csv", "-o", str(path), stderr=err)
    assert len(table(path.read_bytes())) == 1
    assert AuditEvent.objects.filter(kind=AuditKind.RECORDS_EXPORTED, actor=None).count() == 2
    for arguments, words in (
        (["no-such-review"], "no review"),
        ([cast.review.slug, "--box=nonsense"], "no box"),
        ([cast.review.slug, "--box=db_excluded", "-o", str(path)], "no records"),
        ([cast.review.slug, "-o", str(tmp_path)], "directory"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("export_records", *arguments, stderr=err)
