"""The flow's page, the lists behind its boxes and its files, as members see them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening.constants import BatchState, RetrievalStatus, ScreeningStatus, Stage, Verdict
from screening.models import Record, Report, Study
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_batch, make_record, make_records, make_report, make_search
from tests.screening.flow_states import make_state

pytestmark = pytest.mark.django_db


def client_of(cast: Cast, name: str = "olga") -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def get_page(cast: Cast, name: str = "olga") -> str:
    return text_of(client_of(cast, name).get(reverse("screening:flow_page", args=[cast.review.pk])))


def get_list(cast: Cast, key: str, name: str = "olga", **query: int) -> Any:
    return client_of(cast, name).get(reverse("screening:flow_rows", args=[cast.review.pk, key]), query)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def without_tokens(page: str) -> str:
    """The page without what differs from one request to the next for reasons of security."""
    return re.sub(r'(csrf\w*token|csrf\w+"|nonce)("?[=:] ?"| value=")[^"]+', r"\1", page)


def vote(cast: Cast, name: str, record: Record, verdict: Verdict) -> None:
    submit_decision(
        membership=cast.membership(name),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(verdict),
    )


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_every_link_of_the_diagram_leads_to_as_many_rows_as_it_says(seed: int) -> None:
    cast = make_state(seed)
    client = client_of(cast)
    page = text_of(client.get(reverse("screening:flow_page", args=[cast.review.pk])))
    links = re.findall(r'<a class="flow-link" href="([^"]+)" aria-label="([^"]+)"', page)
    assert len(links) >= 10
    for url, name in links:
        heading = re.search(r"<h1>(.+) \(n = ([\d,]+)\)</h1>", text_of(client.get(url)))
        assert heading is not None
        shown = re.search(r"\(n = ([\d,–]+)", name)
        if shown is not None:
            assert heading[2] == shown[1].replace("–", "0"), name


def test_a_review_without_searches_says_what_to_do(cast: Cast) -> None:
    page = get_page(cast)
    assert "The flow begins with a search" in page
    assert "<svg xmlns" not in page


def test_open_work_is_said_in_words(cast: Cast) -> None:
    make_records(cast.review, 3)
    make_report(cast.review)
    make_report(cast.review, retrieved=False)
    make_batch(make_search(cast.review, source="Embase"), state=BatchState.WAITING)
    page = get_page(cast)
    for words in (
        "This review is in progress.",
        "1 import still running",
        "no file imported yet for Embase",
        "3 imported files not searched for duplicates yet",
        "3 records awaiting a decision",
        "1 report still sought",
        "1 report awaiting a decision at full text",
    ):
        assert words in page


def test_a_finished_review_is_not_called_in_progress(cast: Cast) -> None:
    search = make_search(cast.review)
    make_records(cast.review, 2, search=search, title_abstract_status=ScreeningStatus.EXCLUDED)
    search.batches.update(compared_at=cast.review.created_at)
    page = get_page(cast)
    assert "in progress" not in page
    assert "checks that apply hold: the numbers add up" in page


def test_what_does_not_add_up_is_shown_in_words(cast: Cast) -> None:
    make_records(cast.review, 2, title_abstract_status=ScreeningStatus.INCLUDED)
    page = get_page(cast)
    assert "The flow does not add up" in page
    assert "P4: 2 screened − 0 excluded = 2, but the flow shows 0 reports sought." in page
    assert "the numbers add up" not in page


def test_the_paragraph_for_the_results_section_stands_below(cast: Cast) -> None:
    make_records(cast.review, 4, search=make_search(cast.review, source="MEDLINE"))
    assert "We identified 4 records from databases: MEDLINE (n\u00a0=\u00a04)." in get_page(cast)


def test_a_title_cannot_break_out_of_the_diagram(cast: Cast) -> None:
    cast.review.title = "<script>alert(1)</script> & sons"
    cast.review.save()
    make_record(cast.review)
    client = client_of(cast)
    page = client.get(reverse("screening:flow_page", args=[cast.review.pk])).content.decode()
    assert "<script>alert(1)" not in page
    drawing = client.get(reverse("screening:flow_export", args=[cast.review.pk, "svg"])).content.decode()
    assert "<script" not in drawing
    assert ET.fromstring(drawing).tag.endswith("}svg")


def test_names_of_sources_cannot_write_into_the_page(cast: Cast) -> None:
    make_records(cast.review, 1, search=make_search(cast.review, source="<script>alert(1)</script>"))
    page = client_of(cast).get(reverse("screening:flow_page", args=[cast.review.pk])).content.decode()
    assert "<script>alert" not in page


def test_lists_are_paged(cast: Cast) -> None:
    make_records(cast.review, 60)
    first, second = text_of(get_list(cast, "db_screened")), text_of(get_list(cast, "db_screened", page=2))
    assert "Records screened (n = 60)" in first
    assert (first.count("<tr>"), second.count("<tr>")) == (51, 11)


def test_a_list_says_where_it_belongs(cast: Cast) -> None:
    source = make_search(cast.review, source="Scopus")
    make_records(cast.review, 1, search=source)
    assert "Records identified from: Scopus (n = 1)" in text_of(
        get_list(cast, f"database_specific_results:{source.pk}")
    )


def test_reports_not_retrieved_are_listed_with_what_was_tried(cast: Cast) -> None:
    report = make_report(cast.review)
    Report.objects.filter(pk=report.pk).update(
        retrieval_status=RetrievalStatus.NOT_RETRIEVED, retrieval_note="Authors written to on 3 May."
    )
    assert "Authors written to on 3 May." in text_of(get_list(cast, "db_notretrieved"))


def test_a_line_that_has_left_the_diagram_shows_an_empty_list(cast: Cast) -> None:
    make_records(cast.review, 1)
    assert "Nothing is in this box yet" in text_of(get_list(cast, "dbr_excluded:1"))


@pytest.mark.parametrize("key", ["nothing", "prev", "dbr_excluded:x", "records_screened:1"])
def test_a_box_that_does_not_exist_is_not_found(cast: Cast, key: str) -> None:
    assert get_list(cast, key).status_code == 404


@pytest.mark.parametrize("viewer", ["olga", "cara", "dan", "alice"])
@pytest.mark.parametrize("verdicts", [(Verdict.INCLUDE,), (Verdict.EXCLUDE, Verdict.INCLUDE)])
def test_votes_on_open_records_leave_no_trace(cast: Cast, viewer: str, verdicts: tuple[Verdict, ...]) -> None:
    record = make_records(cast.review, 3)[0]
    names = [reverse("screening:flow_page", args=[cast.review.pk])]
    names += [reverse("screening:flow_rows", args=[cast.review.pk, key]) for key in ("db_screened", "records_awaiting")]
    names += [reverse("screening:flow_export", args=[cast.review.pk, kind]) for kind in ("svg", "csv", "json")]
    client = client_of(cast, viewer)
    before = [without_tokens(text_of(client.get(url))) for url in names]
    for name, verdict in zip(("bob", "alice" if viewer == "cara" else "cara"), verdicts, strict=False):
        vote(cast, name, record, verdict)
    record.refresh_from_db()
    assert record.title_abstract_status == (ScreeningStatus.CONFLICT if len(verdicts) == 2 else ScreeningStatus.PENDING)
    assert [without_tokens(text_of(client.get(url))) for url in names] == before


def test_a_settled_vote_does_change_the_flow(cast: Cast) -> None:
    record = make_record(cast.review)
    before = without_tokens(get_page(cast))
    vote(cast, "bob", record, Verdict.INCLUDE)
    assert without_tokens(get_page(cast)) == before
    vote(cast, "cara", record, Verdict.INCLUDE)
    assert without_tokens(get_page(cast)) != before


@pytest.mark.parametrize("name", ["flow_page", "flow_rows", "flow_export"])
def test_strangers_find_nothing(cast: Cast, name: str) -> None:
    extra = {"flow_page": [], "flow_rows": ["db_screened"], "flow_export": ["csv"]}[name]
    response = client_of(cast, "mallory").get(reverse(f"screening:{name}", args=[cast.review.pk, *extra]))
    assert response.status_code == 404


def test_the_files_hold_the_same_numbers(cast: Cast) -> None:
    make_records(cast.review, 7, search=make_search(cast.review, source="MEDLINE"))
    client = client_of(cast)
    files = {
        kind: client.get(reverse("screening:flow_export", args=[cast.review.pk, kind]))
        for kind in ("svg", "csv", "json")
    }
    types = {"svg": "image/svg+xml", "csv": "text/csv; charset=utf-8", "json": "application/json"}
    for kind, response in files.items():
        assert response["Content-Type"] == types[kind]
        assert response["Content-Disposition"] == f'attachment; filename="flow-{cast.review.slug}.{kind}"'
    rows = {row["data"]: row["n"] for row in csv.DictReader(io.StringIO(files["csv"].content.decode()))}
    assert (rows["database_results"], rows["records_screened"], rows["duplicates"]) == ("7", "7", "NA")
    assert json.loads(files["json"].content)["identified"] == 7
    drawing = ET.fromstring(files["svg"].content)
    assert drawing.get("role") == "img", "the file stands alone, without links into the site"
    assert "MEDLINE (n = 7)" in "".join(drawing.itertext()).replace("\u00a0", " ")


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def grow(cast: Cast, count: int) -> None:
    """`count` more records waiting, and of reports assessed, excluded and included in a study of their own."""
    make_records(cast.review, count, search=make_search(cast.review))
    for number in range(count):
        make_report(cast.review)
        make_report(cast.review, full_text_status=ScreeningStatus.EXCLUDED)
        now = cast.review.created_at
        study = Study.objects.create(review=cast.review, label=f"Rowe {number}", created_at=now)
        make_report(cast.review, full_text_status=ScreeningStatus.INCLUDED, study=study)


def test_the_number_of_queries_is_fixed(cast: Cast) -> None:
    keys = ("db_identified", "db_screened", "db_sought", "db_assessed", "dbr_excluded:none", "included", "new_reports")
    urls = [reverse("screening:flow_rows", args=[cast.review.pk, key]) for key in keys]
    urls.append(reverse("screening:flow_page", args=[cast.review.pk]))
    client = client_of(cast)
    grow(cast, 10)
    at_ten = [queries(client, url) for url in urls]
    grow(cast, 30)
    assert [queries(client, url) for url in urls] == at_ten
    assert max(at_ten) <= 16


@pytest.mark.parametrize("part", ["9" * 5000, "9" * 30, "²"])
def test_a_line_whose_number_is_none_has_no_rows(cast: Cast, part: str) -> None:
    make_records(cast.review, 1)
    for line in ("database_specific_results", "dbr_excluded"):
        assert get_list(cast, f"{line}:{part}").status_code == 404
