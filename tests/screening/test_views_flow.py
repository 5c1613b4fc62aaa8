"""The flow's page, its lists and its files: what they say of the review as it stands."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse

from screening.constants import ScreeningStatus
from screening.models import ExclusionReason, Study
from tests.factories import Cast, make_duplicate, make_record, make_records, make_report


@pytest.fixture
def olga(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.olga)
    return client


def address(cast: Cast, name: str, *more: str) -> str:
    return reverse(f"screening:{name}", args=[cast.review.pk, *more])


def test_an_empty_review_has_a_page(cast: Cast, olga: Client) -> None:
    response = olga.get(address(cast, "flow_page"))
    assert response.status_code == 200
    assert response.context["started"] is False
    assert response.context["failing"] == []


def test_the_page_says_what_waits_and_that_it_adds_up(cast: Cast, olga: Client) -> None:
    make_records(cast.review, 2)
    make_report(cast.review, retrieved=False)
    context = olga.get(address(cast, "flow_page")).context
    assert context["adds_up"]
    assert "2 records awaiting a decision" in context["open_work"]
    assert "1 report still sought" in context["open_work"]


def test_a_flow_that_does_not_add_up_says_so(cast: Cast, olga: Client) -> None:
    make_record(cast.review, title_abstract_status=ScreeningStatus.INCLUDED)  # but no report is sought
    context = olga.get(address(cast, "flow_page")).context
    assert not context["adds_up"]
    assert [check.id for check in context["failing"]] == ["P4"]


def test_every_link_of_the_diagram_opens_a_list(cast: Cast, olga: Client) -> None:
    record, _ = make_records(cast.review, 2)
    make_duplicate(record)
    make_report(cast.review, full_text_status=ScreeningStatus.EXCLUDED)
    study = Study.objects.create(review=cast.review, label="Rowe 2020", created_at=cast.review.created_at)
    make_report(cast.review, full_text_status=ScreeningStatus.INCLUDED, study=study)
    svg = ET.fromstring(olga.get(address(cast, "flow_page")).context["svg"])
    links = [element.attrib["href"] for element in svg.iter() if element.tag.endswith("}a")]
    assert len(links) > 10
    for link in links:
        assert olga.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("key", "kind", "n"),
    [
        ("db_screened", "record", 3),
        ("duplicates", "record", 1),
        ("dbr_sought_reports", "report", 1),
        ("included", "study", 0),
    ],
)
def test_a_list_holds_what_its_box_counts(cast: Cast, olga: Client, key: str, kind: str, n: int) -> None:
    record, _ = make_records(cast.review, 2)
    make_duplicate(record)
    make_report(cast.review)
    make_record(cast.other_review)
    context = olga.get(address(cast, "flow_rows", key)).context
    assert (context["kind"], len(context["rows"]), context["page"].paginator.count) == (kind, n, n)


def test_long_lists_are_paged(cast: Cast, olga: Client) -> None:
    make_records(cast.review, 51)
    assert len(olga.get(address(cast, "flow_rows", "db_screened")).context["rows"]) == 50
    assert len(olga.get(address(cast, "flow_rows", "db_screened"), {"page": "2"}).context["rows"]) == 1


def test_the_list_of_a_reason_is_called_by_it(cast: Cast, olga: Client) -> None:
    reason = ExclusionReason.objects.filter(review=cast.review).latest("position")
    context = olga.get(address(cast, "flow_rows", f"dbr_excluded:{reason.pk}")).context
    assert (len(context["rows"]), context["label"]) == (0, "Not in the diagram any more")


def test_a_key_without_rows_is_404(cast: Cast, olga: Client) -> None:
    assert olga.get(address(cast, "flow_rows", "nothing")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("svg", "image/svg+xml"), ("csv", "text/csv; charset=utf-8"), ("json", "application/json")],
)
def test_files_are_attachments_named_for_the_review(cast: Cast, olga: Client, kind: str, content_type: str) -> None:
    make_record(cast.review)
    response = olga.get(address(cast, "flow_export", kind))
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="flow-{cast.review.slug}.{kind}"'
    if kind == "json":
        assert json.loads(response.content)
    if kind == "svg":
        assert ET.fromstring(response.content.decode()).tag.endswith("}svg")


def test_a_title_cannot_break_out_of_the_diagram(cast: Cast, olga: Client) -> None:
    cast.review.title = "<script>alert(1)</script> & sons"
    cast.review.save()
    make_record(cast.review)
    assert "<script>alert(1)" not in olga.get(address(cast, "flow_page")).content.decode()
    svg = olga.get(address(cast, "flow_export", "svg")).content.decode()
    assert "<script" not in svg
    assert ET.fromstring(svg) is not None
