"""Pages of sheets and comparisons: what is shown, saved and refused, and to whom."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from extraction.constants import ExtractionMode, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, ExtractionForm, GroupEntry
from extraction.services.consensus import open_consensus, settle_all
from extraction.services.sheets import mark_ready
from screening.models import Study
from screening.services.retrieval import add_report_file
from tests.extraction.sheet_rows import both_ready, fill, make_form, make_pair, make_studies
from tests.factories import Cast, make_report
from tests.test_blinding import CHANGING
from tests.test_query_counts import budget


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, who))
    return client


@pytest.fixture
def form(cast: Cast) -> ExtractionForm:
    return make_form(cast)


@pytest.fixture
def study(cast: Cast, form: ExtractionForm) -> Study:
    return make_studies(cast, 1)[0]


def value(cast: Cast, sheet: Extraction, name: str, number: int = 0, **sent: str) -> Any:
    url = reverse("extraction:sheet_value", args=[cast.review.pk, sheet.pk])
    data = {"name": name, f"{name}-number": number, **{key.replace("_", "-"): text for key, text in sent.items()}}
    return client_of(cast, "bob").post(url, data)


def test_the_list_shows_each_what_is_theirs(cast: Cast, form: ExtractionForm, study: Study) -> None:
    url = reverse("extraction:sheet_list", args=[cast.review.pk, form.pk])
    lead = client_of(cast, "alice")
    assert "Share evenly" in lead.get(url).content.decode()
    share = reverse("extraction:sheet_share", args=[cast.review.pk, form.pk])
    assert lead.post(share, {"people": [cast.bob.pk, cast.cara.pk]}).status_code == 302
    assert set(Extraction.objects.values_list("extractor_id", flat=True)) == {cast.bob.pk, cast.cara.pk}
    assert "Bob Reviewer, Cara Reviewer" in lead.get(url).content.decode()
    bob = client_of(cast, "bob").get(url).content.decode()
    assert "Yours to fill in" in bob
    assert "Cara" not in bob
    assert client_of(cast, "bob").post(share).status_code == 403
    assign = reverse("extraction:sheet_assign", args=[cast.review.pk, form.pk, study.pk])
    assert lead.post(assign, {"people": [cast.bob.pk, cast.dan.pk]}).status_code == 302
    assert lead.post(assign, {"people": [cast.bob.pk, cast.bob.pk]}).status_code == 422


def test_one_value_is_saved_on_its_own(cast: Cast, form: ExtractionForm, study: Study) -> None:
    sheet, _ = make_pair(cast, form, study)
    page = client_of(cast, "bob").get(reverse("extraction:sheet_page", args=[cast.review.pk, sheet.pk]))
    assert 'name="v-n-0"' in page.content.decode()
    assert value(cast, sheet, "v-n-0", v_n_0="100").json() == {"number": 1, "derived": {}}
    answer = value(cast, sheet, "v-se-0", v_se_0="2")
    assert answer.json() == {"number": 1, "derived": {"v-sd-0": "20.00"}}
    stale = value(cast, sheet, "v-n-0", v_n_0="90")
    assert stale.status_code == 409
    assert stale.json()["words"] == "100"
    assert 'value="100"' in stale.json()["html"]
    wrong = value(cast, sheet, "v-n-0", 1, v_n_0="many")
    assert (wrong.status_code, "number" in wrong.json()["problem"]) == (422, True)
    assert value(cast, sheet, "v-n-0", 1, v_n_0="90").json()["derived"] == {"v-sd-0": "18.97"}
    assert value(cast, sheet, "v-sd-0", v_sd_0="1").status_code == 422


def test_a_section_is_saved_without_javascript(cast: Cast, form: ExtractionForm, study: Study) -> None:
    sheet, _ = make_pair(cast, form, study)
    url = reverse("extraction:sheet_section", args=[cast.review.pk, sheet.pk])
    sent = {"cell": ["v-n-0", "v-country-0"], "v-n-0": "many", "v-country-0": "Spain", "v-country-0-page": "3"}
    refused = client_of(cast, "bob").post(url, sent)
    assert refused.status_code == 422
    assert 'value="many"' in refused.content.decode()
    row = ExtractedValue.objects.get()
    assert (row.item, row.value, row.page) == ("country", "Spain", "3")
    again = client_of(cast, "bob").post(url, {"cell": "v-country-0", "v-country-0": "Italy"})
    assert again.status_code == 409
    assert "it now says “Spain”" in again.content.decode()
    assert client_of(cast, "bob").post(url, {**sent, "v-n-0": "5", "v-country-0-number": "1"}).status_code == 302


def test_entries_and_ready(cast: Cast, form: ExtractionForm, study: Study) -> None:
    sheet, _ = make_pair(cast, form, study)
    bob = client_of(cast, "bob")

    def post(name: str, *more: int, **data: str) -> Any:
        return bob.post(reverse(f"extraction:{name}", args=[cast.review.pk, sheet.pk, *more]), data)

    post("sheet_entry_add", group="model", label="LSTM")
    post("sheet_entry_add", group="model")
    first, second = GroupEntry.objects.order_by("pk")
    post("sheet_entry_rename", second.pk, label="Forest")
    post("sheet_entry_move", second.pk, step="up")
    assert [entry.label for entry in GroupEntry.objects.all()] == ["Forest", "LSTM"]
    post("sheet_entry_remove", second.pk)
    page = bob.get(reverse("extraction:sheet_page", args=[cast.review.pk, sheet.pk])).content.decode()
    assert "Forest was removed." in page
    post("sheet_entry_restore", second.pk)
    refused = post("sheet_ready")
    assert refused.status_code == 422
    assert f'href="#v-family-{first.pk}-ask"' in refused.content.decode()
    fill(cast.membership("bob"), sheet, ())
    for entry in (first, second):
        value(cast, sheet, f"v-family-{entry.pk}", 0, **{f"v_family_{entry.pk}": "RNN"})
    assert post("sheet_ready").status_code == 302
    assert Extraction.objects.get(pk=sheet.pk).state == SheetState.READY
    assert post("sheet_ready").status_code == 409
    assert post("sheet_reopen").status_code == 302


def test_another_s_sheet_is_refused_like_one_that_is_not_there(cast: Cast, form: ExtractionForm, study: Study) -> None:
    sheet, _ = make_pair(cast, form, study)
    for who in ("cara", "alice", "dan", "olga"):
        client = client_of(cast, who)
        answers = [
            client.get(reverse("extraction:sheet_page", args=[cast.review.pk, number]))
            for number in (sheet.pk, sheet.pk + 1000)
        ]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert len({CHANGING.sub("", answer.content.decode()) for answer in answers}) == 1


def test_differences_are_settled_on_the_page(cast: Cast, form: ExtractionForm, study: Study) -> None:
    both_ready(cast, form, study, country="Portugal", n="120")
    dan = client_of(cast, "dan")
    where = [cast.review.pk, form.pk, study.pk]
    url = reverse("extraction:comparison_page", args=where)
    assert "<strong>2</strong> answers differ" in dan.get(url).content.decode()
    assert dan.post(reverse("extraction:comparison_open", args=where)).status_code == 302
    sheet = Extraction.objects.get(kind="consensus")

    def post(to: str, **data: Any) -> Any:
        return dan.post(reverse(f"extraction:{to}", args=[cast.review.pk, sheet.pk]), data)

    refused = post("comparison_ready")
    assert refused.status_code == 422
    assert 'href="#row-v-n-0"' in refused.content.decode()
    assert post("comparison_ask", name="v-n-0", text="Which table?").status_code == 302
    assert "Which table?" in dan.get(url).content.decode()
    own = {"name": "v-n-0", "v-n-0": "144", "v-n-0-number": "1", "side": "own"}
    assert post("comparison_settle", **{**own, "v-n-0": "0"}).status_code == 422
    assert post("comparison_settle", **own).status_code == 302
    assert post("comparison_settle", **own, **{"v-n-0-comment": "Again"}).status_code == 409
    assert post("comparison_settle", name="v-country-0", side="nobody").status_code == 422
    assert post("comparison_settle", name="v-country-0", side="second").status_code == 302
    values = ExtractedValue.objects.filter(extraction=sheet, superseded_at=None)
    assert dict(values.filter(item__in=["n", "country"]).values_list("item", "origin")) == {
        "n": ValueOrigin.SETTLED,
        "country": ValueOrigin.TAKEN_SECOND,
    }
    assert post("comparison_ready").status_code == 302
    assert "These values stand for the study" in dan.get(url).content.decode()
    assert post("comparison_reopen").status_code == 302
    assert post("comparison_take", side="first").status_code == 302


def test_agreement_and_errors_by_item(cast: Cast, form: ExtractionForm) -> None:
    studies = make_studies(cast, 4)
    for number, study in enumerate(studies):
        both_ready(cast, form, study, design="cohort" if number else "trial", arms="2", n="100")
    settle_all(membership=cast.membership("dan"), form_id=form.pk, study_id=studies[0].pk)
    url = reverse("extraction:agreement_page", args=[cast.review.pk, form.pk])
    view = client_of(cast, "alice").get(url).context["view"]
    rows = {row.item.id: (row.pairs, row.same, row.settled, row.errors) for row in view.items}
    assert rows["design"] == (4, 3, 2, 1)
    assert rows["n"] == (4, 4, 2, 0)
    assert next(row.kappa for row in view.items if row.item.id == "design") == pytest.approx(0.0)
    assert client_of(cast, "olga").get(url).context["view"].studies == 1  # settled ones only


@pytest.mark.parametrize("models", [1, 6])
def test_pages_take_few_queries(cast: Cast, form: ExtractionForm, study: Study, models: int) -> None:
    sheet, other = make_pair(cast, form, study)
    names = tuple(f"Model {number}" for number in range(models))
    fill(cast.membership("bob"), sheet, names)
    fill(cast.membership("cara"), other, names, n="3")
    Extraction.objects.update(state=SheetState.READY, ready_at="2026-01-01T00:00:00Z")
    open_consensus(membership=cast.membership("dan"), form_id=form.pk, study_id=study.pk)
    dan, bob = client_of(cast, "dan"), client_of(cast, "bob")
    comparison = reverse("extraction:comparison_page", args=[cast.review.pk, form.pk, study.pk])
    assert budget(lambda: dan.get(comparison)) <= 15  # 12 and who asks: session, person, member
    assert budget(lambda: bob.get(reverse("extraction:sheet_page", args=[cast.review.pk, sheet.pk]))) <= 15


def test_lists_are_flat(cast: Cast, form: ExtractionForm) -> None:
    urls = [reverse(f"extraction:{name}", args=[cast.review.pk, form.pk]) for name in ("sheet_list", "agreement_page")]
    clients = [client_of(cast, who) for who in ("alice", "bob")]
    counts = []
    for _ in range(2):
        for study in make_studies(cast, 4):
            both_ready(cast, form, study)
        settle_all(membership=cast.membership("dan"), form_id=form.pk, study_id=study.pk)
        counts.append([budget(partial(client.get, url)) for client in clients for url in urls])
    assert counts[0] == counts[1]


def test_a_file_is_kept_with_its_cell(
    cast: Cast, form: ExtractionForm, study: Study, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    sheet, other = make_pair(cast, form, study)
    url = reverse("extraction:sheet_value", args=[cast.review.pk, sheet.pk])
    bob = client_of(cast, "bob")
    assert bob.post(url, {"name": "v-scan-0", "v-scan-0": SimpleUploadedFile("t.pdf", b"")}).status_code == 422
    sent = {"name": "v-scan-0", "v-scan-0": SimpleUploadedFile("table 1.pdf", b"whole")}
    assert bob.post(url, sent).json()["number"] == 1
    noted = {"name": "v-scan-0", "v-scan-0-number": "1", "v-scan-0-comment": "Scanned"}
    assert bob.post(url, noted).json()["number"] == 2  # the file stays
    value_now = ExtractedValue.objects.get(superseded_at=None)
    assert value_now.value is not None
    assert (value_now.value["name"], value_now.comment) == ("table 1.pdf", "Scanned")
    file = reverse("extraction:sheet_file", args=[cast.review.pk, value_now.pk])
    assert b"".join(bob.get(file).streaming_content) == b"whole"  # type: ignore[attr-defined]  # a FileResponse
    assert (
        "Open table 1.pdf"
        in bob.get(reverse("extraction:sheet_page", args=[cast.review.pk, sheet.pk])).content.decode()
    )
    assert client_of(cast, "cara").get(file).status_code == 403
    for who, own in (("bob", sheet), ("cara", other)):
        fill(cast.membership(who), own)
        mark_ready(membership=cast.membership(who), sheet_id=own.pk)
    assert client_of(cast, "cara").get(file).status_code == 200


def test_a_check_begins_with_what_was_found(cast: Cast, study: Study) -> None:
    form = make_form(cast, name="Checked", mode=ExtractionMode.CHECKED)
    first, check = make_pair(cast, form, study)
    cara = client_of(cast, "cara")
    page = reverse("extraction:sheet_page", args=[cast.review.pk, check.pk])
    begin = reverse("extraction:sheet_check", args=[cast.review.pk, check.pk])
    assert 'id="sheet"' not in cara.get(page).content.decode()
    assert cara.post(begin).status_code == 422
    fill(cast.membership("bob"), first)
    mark_ready(membership=cast.membership("bob"), sheet_id=first.pk)
    assert cara.post(begin).status_code == 302
    assert 'value="100"' in cara.get(page).content.decode()


def test_a_pdf_may_be_framed_by_this_site_only(
    cast: Cast, form: ExtractionForm, study: Study, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    report = make_report(cast.review)
    pdf = SimpleUploadedFile("full.pdf", b"%PDF-1.4 whole")
    add_report_file(membership=cast.membership("alice"), report_id=report.pk, file=pdf)
    url = reverse("extraction:sheet_pdf", args=[cast.review.pk, report.pk])
    answer = client_of(cast, "olga").get(url)
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert client_of(cast, "mallory").get(url).status_code == 404
