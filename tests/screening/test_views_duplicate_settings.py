"""The page of thresholds: a draft in the address, a preview, and what is stored only by saving."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from reviewapp.finders import PackageFileFinder
from screening.charts import overlap_figure, pair_histogram
from screening.constants import PairVerdict, PairZone
from screening.models import DuplicatePair, DuplicateSettings
from screening.queries.duplicate_settings import Bin, settings_view
from screening.queries.duplicate_sources import source_overlap
from screening.rules.matching import MatchSettings
from screening.services import duplicate_settings as service
from screening.tasks import apply_duplicate_settings
from tests.factories import Cast, make_cast, make_records, make_search
from tests.screening.duplicate_rows import automatic, pair, regroup

HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def lead(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def url(name: str, cast: Cast, *args: Any) -> str:
    return reverse(f"screening:{name}", args=[cast.review.pk, *args])


def saved(cast: Cast, **values: Any) -> dict[str, Any]:
    return {"certain": "85", "doubtful": "5", "order": "", "seen": settings_view(cast.review.pk).version, **values}


def test_the_preview_is_a_fragment_and_stores_nothing(cast: Cast, lead: Client) -> None:
    pair(cast, *make_records(cast.review, 2), probability=0.6)
    answer = lead.get(url("duplicate_settings_preview", cast), {"certain": "50", "doubtful": "5"}, headers=HTMX)
    page = answer.content.decode()
    assert page.lstrip().startswith('<section id="duplicate-preview"')
    assert "1 record more</span> would be removed as duplicates: 1 instead of 0" in page
    assert "Just above: would be merged" in page
    assert "Nothing has been changed yet" in page
    assert not DuplicateSettings.objects.exists()
    assert DuplicatePair.objects.get().verdict == PairVerdict.OPEN


def test_without_javascript_the_page_shows_the_draft_and_its_preview(cast: Cast, lead: Client) -> None:
    pair(cast, *make_records(cast.review, 2), probability=0.6)
    page = lead.get(url("duplicate_settings", cast), {"certain": "50", "doubtful": "7.5"}).content.decode()
    assert page.lstrip().startswith("<!doctype html>")
    assert 'name="doubtful" type="number" min="1" max="100" step="any" value="7.5"' in page
    assert "1 record more</span>" in page


@pytest.mark.parametrize(
    "values",
    [{"certain": "5", "doubtful": "50"}, {"certain": "x"}, {"doubtful": "0"}, {"certain": "nan"}, {"certain": "101"}],
)
def test_thresholds_that_do_not_fit_answer_422(cast: Cast, lead: Client, values: dict[str, str]) -> None:
    for headers in ({}, HTMX):
        answer = lead.get(url("duplicate_settings_preview", cast), values, headers=headers)
        assert answer.status_code == 422
        assert "do not fit together" in answer.content.decode()
    assert lead.post(url("duplicate_settings_change", cast), saved(cast, **values)).status_code == 422
    assert not DuplicateSettings.objects.exists()


def test_saving_stores_and_says_what_came_of_it(cast: Cast, lead: Client) -> None:
    pair(cast, *make_records(cast.review, 2), probability=0.6)
    answer = lead.post(url("duplicate_settings_change", cast), saved(cast, certain="50"), follow=True)
    assert "1 record more is removed as a duplicate" in answer.content.decode()
    assert settings_view(cast.review.pk).thresholds == MatchSettings(certain=0.5, doubtful=0.05)


def test_a_stale_page_gets_409_and_what_holds_now(cast: Cast, lead: Client) -> None:
    old = saved(cast, certain="50")
    lead.post(url("duplicate_settings_change", cast), saved(cast, certain="70"))
    answer = lead.post(url("duplicate_settings_change", cast), old)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone has changed these settings meanwhile" in page
    assert 'name="certain" type="number" min="1" max="100" step="any" value="70"' in page
    assert settings_view(cast.review.pk).thresholds.certain == 0.7


@pytest.mark.parametrize("name", ["duplicate_settings", "duplicate_settings_preview"])
def test_a_draft_begun_before_another_lead_saved_cannot_overwrite_it(cast: Cast, lead: Client, name: str) -> None:
    """A preview is made anew while a lead thinks; it must not pass the other's settings off as seen."""
    draft = saved(cast, certain="50")
    lead.post(url("duplicate_settings_change", cast), saved(cast, certain="70"))
    page = lead.get(url(name, cast), draft, headers=HTMX).content.decode()
    assert "Someone has changed these settings since you began" in page
    sent = re.findall(r'name="seen" value="([^"]*)"', page)
    assert set(sent) == {draft["seen"]}
    assert "Save these settings" in page
    assert 'button-primary" disabled>' in page
    assert lead.post(url("duplicate_settings_change", cast), {**draft, "seen": sent[-1]}).status_code == 409
    assert settings_view(cast.review.pk).thresholds.certain == 0.7


def test_the_order_is_drafted_by_buttons_and_stored_by_saving(cast: Cast, lead: Client) -> None:
    one, two, three = (make_search(cast.review) for _ in range(3))
    page = lead.get(
        url("duplicate_settings", cast), {"order": f"{one.pk},{two.pk},{three.pk}", "move": f"{three.pk}:up"}
    )
    order = f"{one.pk},{three.pk},{two.pk}"
    assert f'name="order" value="{order}"' in page.content.decode()
    assert settings_view(cast.review.pk).order == [one.pk, two.pk, three.pk]
    for move in (f"{one.pk}:up", f"{two.pk}:down", "x", "999999:up", "²:down"):
        page = lead.get(url("duplicate_settings", cast), {"order": order, "move": move})
        assert f'name="order" value="{order}"' in page.content.decode()
    lead.post(url("duplicate_settings_change", cast), saved(cast, order=order))
    assert settings_view(cast.review.pk).order == [one.pk, three.pk, two.pk]


def test_many_pairs_are_left_to_a_job(cast: Cast, lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(apply_duplicate_settings, "delay_on_commit", sent.append)
    monkeypatch.setattr(service, "AT_ONCE", 0)
    pair(cast, *make_records(cast.review, 2), probability=0.6)
    answer = lead.post(url("duplicate_settings_change", cast), saved(cast, certain="50"), follow=True)
    assert len(sent) == 1
    assert f'id="job-{sent[0]}"' in answer.content.decode()


# ---- the queue and the rows


def test_the_filter_is_kept_while_deciding(cast: Cast, lead: Client) -> None:
    r = make_records(cast.review, 6)
    first = pair(cast, r[0], r[1], probability=0.9, reasons=["same DOI"])
    pair(cast, r[2], r[3], probability=0.8)
    third = pair(cast, r[4], r[5], probability=0.7, reasons=["same DOI"])
    page = lead.get(url("duplicate_queue", cast), {"kind": "doi", "low": "50"}).content.decode()
    assert 'type="hidden" name="kind" value="doi"' in page
    assert f"?kind=doi&amp;low=50&amp;after={first.pk}" in page
    values = {"verdict": "distinct", "kind": "doi", "low": "50"}
    answer = lead.post(url("duplicate_decide", cast, first.pk), values, headers=HTMX).content.decode()
    assert url("duplicate_decide", cast, third.pk) in answer
    assert 'type="hidden" name="low" value="50"' in answer
    last = lead.post(url("duplicate_decide", cast, third.pk), values, follow=True)
    assert "No pair with this filter is waiting" in last.content.decode()
    assert "kind=doi" in last.request["QUERY_STRING"]


@pytest.mark.parametrize("values", [{"kind": "x"}, {"low": "²"}, {"low": "9" * 400}, {"high": "101"}, {"low": "-1"}])
def test_a_filter_that_is_not_understood_narrows_nothing(cast: Cast, lead: Client, values: dict[str, str]) -> None:
    one = pair(cast, *make_records(cast.review, 2))
    answer = lead.get(url("duplicate_queue", cast), values)
    assert answer.status_code == 200
    assert url("duplicate_decide", cast, one.pk) in answer.content.decode()


def test_a_reviewer_sees_who_marked_and_that_it_waits_for_a_lead(cast: Cast) -> None:
    marked = pair(cast, *make_records(cast.review, 2), probability=None, marked_by=cast.cara)
    client = Client()
    client.force_login(cast.bob)
    assert "1 pair marked by reviewers waits for a lead" in client.get(url("duplicate_queue", cast)).content.decode()
    page = client.get(url("duplicate_queue", cast), {"kind": "marked"}).content.decode()
    assert "Cara Reviewer marked these two as duplicates" in page
    assert "The pair waits for a lead" in page
    assert url("duplicate_decide", cast, marked.pk) not in page
    answer = client.post(url("duplicate_decide", cast, marked.pk), {"verdict": "same"}, headers=HTMX)
    assert answer.status_code == 403
    client.force_login(cast.alice)
    assert url("duplicate_decide", cast, marked.pk) in client.get(url("duplicate_queue", cast)).content.decode()


def test_a_row_is_released_and_merged_again_in_place(cast: Cast, lead: Client) -> None:
    merged = automatic(cast, *make_records(cast.review, 2), 0.97)
    regroup(cast)
    page = lead.get(url("duplicate_list", cast)).content.decode()
    assert f'<tr id="pair-{merged.pk}">' in page
    assert 'aria-sort="ascending"><a href="?sort=sure">Probable' in page
    released = lead.post(url("duplicate_reopen", cast, merged.pk), headers=HTMX).content.decode()
    assert released.lstrip().startswith(f'<tr id="pair-{merged.pk}">')
    assert "Released; both records are screened" in released
    assert "Undo" in released
    merged.refresh_from_db()
    assert merged.verdict == PairVerdict.DISTINCT
    again = lead.post(url("duplicate_reopen", cast, merged.pk), headers=HTMX).content.decode()
    assert "Merged again" in again
    merged.refresh_from_db()
    assert (merged.verdict, merged.decided_by) == (PairVerdict.SAME, None)


# ---- the pictures


def test_bars_stand_on_each_other_and_few_beside_many_are_seen() -> None:
    bins = [Bin(0, 0.5, 0, 1, 0), Bin(0.5, 1, 9_000, 900, 100)]
    chart = pair_histogram(bins, MatchSettings(0.85, 0.05))
    assert [bar.zone for bar in chart.bars] == [
        PairZone.DOUBTFUL,
        PairZone.CERTAIN,
        PairZone.DOUBTFUL,
        PairZone.DISTINCT,
    ]
    few, certain, doubtful, distinct = chart.bars
    assert few.height >= 2
    assert few.y + few.height == pytest.approx(chart.base)
    assert certain.y + certain.height == pytest.approx(chart.base)
    assert doubtful.y + doubtful.height == pytest.approx(certain.y, abs=0.05)
    assert distinct.y == pytest.approx(chart.top, abs=0.05)
    assert [mark.label for mark in chart.thresholds] == ["5 %", "85 %"]
    assert pair_histogram([], MatchSettings()).bars == []


def test_the_heat_map_is_data_of_the_page_and_needs_no_inline_script(cast: Cast, lead: Client) -> None:
    one = make_search(cast.review, source="</script><b>One")
    make_records(cast.review, 1, search=one)
    make_records(cast.review, 2)
    page = lead.get(url("duplicate_sources", cast)).content.decode()
    assert "</script><b>One" not in page
    start = page.index('<script id="overlap-figure" type="application/json">') + 52
    figure = json.loads(page[start : page.index("</script>", start)])
    assert figure == overlap_figure(source_overlap(cast.review.pk))
    assert figure["data"][0]["z"] == [[100.0, 0.0], [0.0, 100.0]]
    assert "plotly/plotly.min.js" in page
    assert "plotly" not in lead.get(url("duplicate_list", cast)).content.decode()


def test_plotly_comes_from_its_package_and_nothing_else_of_it_is_served() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert isinstance(found, str)
    assert found.endswith("package_data/plotly.min.js")
    assert finders.find("plotly/widgetbundle.js") is None
    [(path, storage)] = PackageFileFinder().list([])
    assert storage.exists(path)
    assert f"{storage.prefix}/{path}" == "plotly/plotly.min.js"
