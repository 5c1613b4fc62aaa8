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

from tests.factories import Cast, make_duplicate, make_records, make_search

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


@pytest.mark.parametrize("name", ["no-such-review", "999999", "9" * 30])
def test_an_unknown_review_is_named(cast: Cast, name: str) -> None:
    with pytest.raises(CommandError, match=name):
        prisma(name)
