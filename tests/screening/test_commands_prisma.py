"""`manage.py prisma` prints what the page of the flow shows."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from screening.constants import BatchQuestion, BatchState, ScreeningStatus
from screening.models import ImportBatch, Record
from tests.factories import Cast, make_batch, make_duplicate, make_records, make_search

pytestmark = pytest.mark.django_db


def prisma(review: object, **options: str) -> str:
    out = io.StringIO()
    call_command("prisma", str(review), stdout=out, **options)
    return out.getvalue()


def fill(cast: Cast) -> None:
    kept = make_records(cast.review, 5, search=make_search(cast.review, source="MEDLINE"))[0]
    make_duplicate(kept, search=make_search(cast.review, source="Embase"))


def test_json_is_the_default(cast: Cast) -> None:
    fill(cast)
    flow = json.loads(prisma(cast.review.slug))
    assert (flow["identified"], flow["removed"], flow["screened"], flow["complete"]) == (6, 1, 5, False)
    assert flow["sources"] == [
        {"name": "MEDLINE", "kind": "database", "n": 5},
        {"name": "Embase", "kind": "database", "n": 1},
    ]


def test_a_number_names_a_review_too(cast: Cast) -> None:
    fill(cast)
    assert prisma(cast.review.pk) == prisma(cast.review.slug)


def test_csv_has_one_line_a_row(cast: Cast) -> None:
    fill(cast)
    printed = prisma(cast.review.slug, format="csv")
    rows = {row["data"]: row["n"] for row in csv.DictReader(io.StringIO(printed))}
    assert (rows["database_specific_results"], rows["duplicates"]) == ("MEDLINE, 5; Embase, 1", "1")
    assert printed.endswith("\n")
    assert not printed.endswith("\n\n")


def test_svg_is_a_figure(cast: Cast) -> None:
    fill(cast)
    drawing = ET.fromstring(prisma(cast.review.slug, format="svg"))
    assert "MEDLINE (n = 5)" in "".join(drawing.itertext()).replace("\u00a0", " ")


@pytest.mark.parametrize("kind", ["json", "csv", "svg"])
def test_the_page_downloads_the_same(cast: Cast, kind: str) -> None:
    fill(cast)
    client = Client()
    client.force_login(cast.olga)
    file = client.get(reverse("screening:flow_export", args=[cast.review.pk, kind])).content.decode()
    assert file.strip() == prisma(cast.review.slug, format=kind).strip()


@pytest.mark.parametrize("name", ["no-such-review", "999999", "9" * 30, "9" * 5000, "²"])
def test_an_unknown_review_is_named(cast: Cast, name: str) -> None:
    with pytest.raises(CommandError, match=name):
        prisma(name)


def settle_all(cast: Cast) -> None:
    Record.objects.filter(review=cast.review).update(title_abstract_status=ScreeningStatus.EXCLUDED)
    ImportBatch.objects.update(compared_at=cast.review.created_at)


def test_complete_once_nothing_waits(cast: Cast) -> None:
    fill(cast)
    settle_all(cast)
    flow = json.loads(prisma(cast.review.slug))
    assert flow["complete"] is True
    assert not any(flow["in_progress"].values())


@pytest.mark.parametrize("state", ["none", BatchState.FAILED, BatchState.WITHDRAWN])
def test_a_search_without_an_imported_file_is_open_work(cast: Cast, state: str) -> None:
    fill(cast)
    settle_all(cast)
    search = make_search(cast.review, source="Scopus")
    if state != "none":
        make_batch(search, state=state)
    flow = json.loads(prisma(cast.review.slug))
    assert flow["complete"] is False
    assert {key: n for key, n in flow["in_progress"].items() if n} == {"searches_without_file": 1}


def test_a_search_that_found_nothing_is_finished(cast: Cast) -> None:
    fill(cast)
    settle_all(cast)
    make_search(cast.review, source="Scopus", reported_count=0)
    assert json.loads(prisma(cast.review.slug))["complete"] is True


def test_files_not_compared_yet_are_open_work(cast: Cast) -> None:
    fill(cast)
    settle_all(cast)
    ImportBatch.objects.filter(search__source="Embase").update(compared_at=None)
    flow = json.loads(prisma(cast.review.slug))
    assert flow["complete"] is False
    assert {key: n for key, n in flow["in_progress"].items() if n} == {"imports_uncompared": 1}


def test_a_file_that_waits_for_an_answer_is_open_work(cast: Cast) -> None:
    fill(cast)
    settle_all(cast)
    search = make_search(cast.review, source="Scopus", reported_count=0)
    make_batch(search, state=BatchState.ASKING, question=BatchQuestion.MAPPING)
    flow = json.loads(prisma(cast.review.slug))
    assert flow["complete"] is False
    assert {key: n for key, n in flow["in_progress"].items() if n} == {"imports_running": 1}


def test_a_short_name_of_digits_comes_before_a_number(cast: Cast) -> None:
    """Short names may be digits only in reviews from before they were refused, or made by a program."""
    fill(cast)
    cast.other_review.slug = str(cast.review.pk)
    cast.other_review.save()
    assert json.loads(prisma(str(cast.review.pk)))["identified"] is None
    cast.other_review.slug = "2024"
    cast.other_review.save()
    assert json.loads(prisma("2024"))["identified"] is None
    assert json.loads(prisma(str(cast.review.pk)))["identified"] == 6
