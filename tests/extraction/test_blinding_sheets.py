"""Nobody sees another's sheet, its values, existence or progress, before both are ready: on pages and in the log."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from extraction.constants import SheetKind
from extraction.models import Extraction, ExtractionForm
from extraction.services.consensus import open_consensus
from extraction.services.groups import add_entry
from extraction.services.sheets import mark_ready
from extraction.services.values import Given, save_value
from screening.models import Study
from tests.extraction.sheet_rows import fill, make_form, make_pair, make_studies
from tests.factories import Cast
from tests.test_blinding import NOTE, assert_nothing_changes, seen
from tests.test_permissions import TABLE, get_resolver_possibilities


def readable(cast: Cast, form: ExtractionForm, study: Study) -> dict[str, str]:
    """Every page that can be read without further rows, those of the form, and the comparison."""
    urls = {}
    for name, rule in TABLE.items():
        [(_, parameters)] = get_resolver_possibilities(*name.split(":"))
        if rule.method == "get" and set(parameters) <= {"review_id", "form_id"}:
            arguments = {"review_id": cast.review.pk, "form_id": form.pk}
            urls[name] = reverse(name, kwargs={key: arguments[key] for key in parameters})
    urls["comparison"] = reverse("extraction:comparison_page", args=[cast.review.pk, form.pk, study.pk])
    urls["study"] = reverse("screening:study_detail", args=[cast.review.pk, study.pk])
    return urls


@pytest.fixture
def study(cast: Cast) -> Study:
    return make_studies(cast, 1)[0]


@pytest.mark.parametrize("who", ["alice", "cara", "dan", "olga"])
def test_values_and_entries_of_another_cannot_be_told(cast: Cast, study: Study, who: str) -> None:
    form = make_form(cast)
    sheet, _ = make_pair(cast, form, study)
    urls = readable(cast, form, study)
    before = seen(cast, who, urls)
    bob = cast.membership("bob")
    save_value(membership=bob, sheet_id=sheet.pk, key=("country", None), given=Given(value=NOTE, comment=NOTE))
    add_entry(membership=bob, sheet_id=sheet.pk, group="model", label=NOTE)
    assert_nothing_changes(before, seen(cast, who, urls), who)


@pytest.mark.parametrize("who", ["cara", "dan", "olga", "alice"])
def test_that_another_is_ready_cannot_be_told(cast: Cast, study: Study, who: str) -> None:
    form = make_form(cast)
    sheet, _ = make_pair(cast, form, study)
    urls = readable(cast, form, study)
    fill(cast.membership("bob"), sheet, country=NOTE)
    before = seen(cast, who, urls)
    mark_ready(membership=cast.membership("bob"), sheet_id=sheet.pk)
    after = seen(cast, who, urls)
    if who == "alice":  # a lead is told how many sheets of each person are ready, not which
        counts = after.pop("extraction:sheet_list")
        assert before["extraction:sheet_list"].replace('<td class="num">0</td>', '<td class="num">1</td>', 1) == counts
    assert_nothing_changes(before, after, who)


def test_once_both_are_ready_the_log_tells(cast: Cast, study: Study) -> None:
    form = make_form(cast)
    sheet, other = make_pair(cast, form, study)
    fill(cast.membership("bob"), sheet)
    save_value(
        membership=cast.membership("bob"), sheet_id=sheet.pk, key=("country", None), given=Given(value="Atlantis")
    )
    mark_ready(membership=cast.membership("bob"), sheet_id=sheet.pk)
    client = Client()
    client.force_login(cast.alice)
    log = reverse("reviewapp:log_list", args=[cast.review.pk])
    assert "Atlantis" not in client.get(log).content.decode()
    fill(cast.membership("cara"), other)
    mark_ready(membership=cast.membership("cara"), sheet_id=other.pk)
    assert "Atlantis" in client.get(log).content.decode()
    consensus = open_consensus(membership=cast.membership("dan"), form_id=form.pk, study_id=study.pk)
    assert Extraction.objects.get(kind=SheetKind.CONSENSUS) == consensus


def test_own_todos_only(cast: Cast, study: Study) -> None:
    form = make_form(cast)
    sheet, other = make_pair(cast, form, study)
    overview = {"overview": reverse("reviewapp:review_overview", args=[cast.review.pk])}
    assert "1 study to extract" in seen(cast, "bob", overview)["overview"]
    assert "study to extract" not in seen(cast, "dan", overview)["overview"]
    for who, own in (("bob", sheet), ("cara", other)):
        fill(cast.membership(who), own)
        mark_ready(membership=cast.membership(who), sheet_id=own.pk)
    for who in ("bob", "dan", "alice"):
        assert "1 extraction to settle" in seen(cast, who, overview)["overview"]
    assert "to settle" not in seen(cast, "olga", overview)["overview"]
