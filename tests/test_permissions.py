"""Every URL × every role. The table proves itself complete: a URL that is not in it fails the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from extraction.services.forms import begin_draft
from extraction.services.terms import propose_term
from reviewapp.constants import JobState
from reviewapp.models import Invitation, Job, Membership
from screening.constants import PairVerdict, PairZone, ScreeningStatus, Stage
from screening.models import ColumnMapping, DuplicatePair, ExclusionReason, Study, StudyOffer
from screening.services.retrieval import add_report_file
from tests.bias.assessing import bare_evaluation, make_instrument, make_settings
from tests.extraction.building import make_used_form
from tests.extraction.sheet_rows import open_comparison, open_sheet
from tests.extraction.synthesis_rows import synthesis_rows
from tests.factories import Cast, make_batch, make_record, make_report, make_search

ACTORS = ("anonymous", "mallory", "olga", "bob", "dan", "alice")
"""Nobody, a lead of another review, observer, reviewer, adjudicator, lead."""


@dataclass(frozen=True)
class Rule:
    """The method of a URL and the members for whom it does not answer 403."""

    method: str
    members: tuple[str, ...]


ALL = ("olga", "bob", "dan", "alice")
SCREENERS = ("bob", "dan", "alice")
LEADS = ("alice",)
ADJUDICATORS = ("dan",)
OWN = ("bob",)
"""Whose sheet it is: nobody else, leads included."""

TABLE: dict[str, Rule] = {
    "reviewapp:review_overview": Rule("get", ALL),
    "reviewapp:review_settings": Rule("get", LEADS),
    "reviewapp:job_detail": Rule("get", ALL),
    "reviewapp:job_cancel": Rule("post", LEADS),
    "reviewapp:log_list": Rule("get", LEADS),
    "reviewapp:log_download": Rule("get", LEADS),
    "reviewapp:member_list": Rule("get", ALL),
    "reviewapp:member_change": Rule("get", LEADS),
    "reviewapp:member_remove": Rule("post", LEADS),
    "reviewapp:invitation_create": Rule("post", LEADS),
    "reviewapp:invitation_resend": Rule("post", LEADS),
    "reviewapp:invitation_revoke": Rule("post", LEADS),
    "bias:evaluation_list": Rule("get", ALL),
    "bias:evaluation_create": Rule("get", LEADS),
    "bias:evaluation_each": Rule("post", LEADS),
    "bias:evaluation_share": Rule("post", LEADS),
    "bias:evaluation_suggested": Rule("get", LEADS),
    "bias:evaluation_detail": Rule("get", ALL),
    "bias:evaluation_edit": Rule("get", LEADS),
    "bias:evaluation_assign": Rule("post", LEADS),
    "bias:evaluation_withdraw": Rule("post", LEADS),
    "bias:assessment_next": Rule("get", SCREENERS),
    "bias:assessment_page": Rule("get", ("bob",)),
    "bias:assessment_type": Rule("post", ("bob",)),
    "bias:assessment_save": Rule("post", ("bob",)),
    "bias:assessment_finish": Rule("post", ("bob",)),
    "bias:assessment_reopen": Rule("post", ("bob",)),
    "bias:comparison_index": Rule("get", SCREENERS),
    "bias:comparison_page": Rule("get", SCREENERS),
    "bias:comparison_settle": Rule("post", SCREENERS),
    "bias:comparison_answer": Rule("post", SCREENERS),
    "bias:comparison_undo": Rule("post", SCREENERS),
    "bias:agreement_page": Rule("get", ALL),
    "bias:summary_page": Rule("get", ALL),
    "bias:summary_build": Rule("post", SCREENERS),
    "bias:summary_file": Rule("get", ALL),
    "bias:bias_settings": Rule("get", LEADS),
    "bias:instrument_create": Rule("get", LEADS),
    "bias:instrument_edit": Rule("get", LEADS),
    "bias:instrument_retire": Rule("post", LEADS),
    "extraction:form_list": Rule("get", ALL),
    "extraction:form_detail": Rule("get", ALL),
    "extraction:form_preview": Rule("get", ALL),
    "extraction:form_export": Rule("get", ALL),
    "extraction:term_list": Rule("get", ALL),
    "extraction:term_add": Rule("post", SCREENERS),
    "extraction:form_create": Rule("get", LEADS),
    "extraction:form_build": Rule("get", LEADS),
    "extraction:form_publish": Rule("get", LEADS),
    "extraction:form_change": Rule("post", LEADS),
    "extraction:form_retire": Rule("post", LEADS),
    "extraction:form_draft": Rule("post", LEADS),
    "extraction:form_discard": Rule("post", LEADS),
    "extraction:form_use": Rule("post", LEADS),
    "extraction:form_import": Rule("post", LEADS),
    "extraction:form_undo": Rule("post", LEADS),
    "extraction:section_add": Rule("post", LEADS),
    "extraction:section_change": Rule("post", LEADS),
    "extraction:section_move": Rule("post", LEADS),
    "extraction:section_remove": Rule("post", LEADS),
    "extraction:group_add": Rule("post", LEADS),
    "extraction:group_change": Rule("post", LEADS),
    "extraction:group_remove": Rule("post", LEADS),
    "extraction:item_add": Rule("post", LEADS),
    "extraction:item_change": Rule("post", LEADS),
    "extraction:item_move": Rule("post", LEADS),
    "extraction:item_copy": Rule("post", LEADS),
    "extraction:item_remove": Rule("post", LEADS),
    "extraction:option_merge": Rule("post", LEADS),
    "extraction:term_approve": Rule("post", LEADS),
    "extraction:term_decline": Rule("post", LEADS),
    "extraction:term_merge": Rule("post", LEADS),
    "screening:search_list": Rule("get", ALL),
    "screening:search_create": Rule("get", LEADS),
    "screening:search_detail": Rule("get", ALL),
    "screening:search_edit": Rule("get", LEADS),
    "screening:search_upload": Rule("post", LEADS),
    "screening:batch_detail": Rule("get", ALL),
    "screening:batch_decline": Rule("post", LEADS),
    "screening:batch_question": Rule("get", LEADS),
    "screening:mapping_forget": Rule("post", LEADS),
    "screening:batch_rejects": Rule("get", ALL),
    "screening:batch_receipt": Rule("get", ALL),
    "screening:batch_cancel": Rule("post", LEADS),
    "screening:batch_retry": Rule("post", LEADS),
    "screening:batch_read_again": Rule("post", LEADS),
    "screening:batch_withdraw": Rule("post", LEADS),
    "screening:votes_bring_in": Rule("post", LEADS),
    "screening:votes_take_back": Rule("post", LEADS),
    "screening:record_list": Rule("get", ALL),
    "screening:record_detail": Rule("get", ALL),
    "screening:record_fields": Rule("post", SCREENERS),
    "screening:record_export": Rule("post", ALL),
    "screening:duplicate_list": Rule("get", ALL),
    "screening:duplicate_start": Rule("post", LEADS),
    "screening:duplicate_queue": Rule("get", SCREENERS),
    "screening:duplicate_sources": Rule("get", ALL),
    "screening:duplicate_settings": Rule("get", LEADS),
    "screening:duplicate_settings_preview": Rule("get", LEADS),
    "screening:duplicate_settings_change": Rule("post", LEADS),
    "screening:duplicate_decide": Rule("post", SCREENERS),
    "screening:duplicate_reopen": Rule("post", SCREENERS),
    "screening:duplicate_mark": Rule("post", SCREENERS),
    "screening:mark_open": Rule("get", SCREENERS),
    "screening:mark_create": Rule("post", SCREENERS),
    "screening:mark_withdraw": Rule("post", SCREENERS),
    "screening:screen_index": Rule("get", SCREENERS),
    "screening:screen_open": Rule("get", SCREENERS),
    "screening:screen_undo": Rule("post", SCREENERS),
    "screening:screen_vote": Rule("post", SCREENERS),
    "screening:screen_skip": Rule("post", SCREENERS),
    "screening:conflict_index": Rule("get", ADJUDICATORS),
    "screening:conflict_list": Rule("get", ADJUDICATORS),
    "screening:conflict_detail": Rule("get", ADJUDICATORS),
    "screening:conflict_settle": Rule("post", ADJUDICATORS),
    "screening:conflict_answer": Rule("post", ()),
    "screening:report_list": Rule("get", ALL),
    "screening:report_detail": Rule("get", ALL),
    "screening:report_upload": Rule("post", SCREENERS),
    "screening:report_retrieval": Rule("post", SCREENERS),
    "screening:report_file": Rule("get", ALL),
    "screening:study_list": Rule("get", ALL),
    "screening:offer_list": Rule("get", ALL),
    "screening:offer_answer": Rule("post", SCREENERS),
    "screening:offer_reopen": Rule("post", SCREENERS),
    "screening:study_detail": Rule("get", ALL),
    "screening:study_rename": Rule("post", SCREENERS),
    "screening:study_link": Rule("post", SCREENERS),
    "screening:study_unlink": Rule("post", SCREENERS),
    "screening:flow_page": Rule("get", ALL),
    "screening:flow_export": Rule("get", ALL),
    "screening:flow_rows": Rule("get", ALL),
    "screening:flow_rows_export": Rule("post", ALL),
    "screening:screening_settings": Rule("get", LEADS),
    "screening:required_change": Rule("post", LEADS),
    "screening:reason_add": Rule("post", LEADS),
    "screening:reason_move": Rule("post", LEADS),
    "screening:reason_retire": Rule("post", LEADS),
    "extraction:table_list": Rule("get", ALL),
    "extraction:table_create": Rule("get", LEADS),
    "extraction:table_detail": Rule("get", ALL),
    "extraction:table_edit": Rule("get", LEADS),
    "extraction:table_remove": Rule("post", LEADS),
    "extraction:table_restore": Rule("post", LEADS),
    "extraction:table_file": Rule("get", ALL),
    "extraction:crosstab_create": Rule("get", LEADS),
    "extraction:crosstab_detail": Rule("get", ALL),
    "extraction:crosstab_edit": Rule("get", LEADS),
    "extraction:crosstab_file": Rule("get", ALL),
    "extraction:estimate_page": Rule("get", ALL),
    "extraction:estimate_file": Rule("get", ALL),
    "extraction:theme_list": Rule("get", ALL),
    "extraction:theme_create": Rule("get", LEADS),
    "extraction:theme_detail": Rule("get", ALL),
    "extraction:theme_edit": Rule("get", LEADS),
    "extraction:theme_retire": Rule("post", LEADS),
    "extraction:theme_restore": Rule("post", LEADS),
    "extraction:theme_code": Rule("post", SCREENERS),
    "extraction:coding_remove": Rule("post", SCREENERS),
    "extraction:coding_restore": Rule("post", SCREENERS),
    "extraction:text_list": Rule("get", ALL),
    "extraction:text_create": Rule("get", SCREENERS),
    "extraction:text_detail": Rule("get", ALL),
    "extraction:text_preview": Rule("post", SCREENERS),
    "extraction:text_change": Rule("post", SCREENERS),
    "extraction:text_remove": Rule("post", SCREENERS),
    "extraction:text_restore": Rule("post", SCREENERS),
    "extraction:sheet_index": Rule("get", ALL),
    "extraction:sheet_next": Rule("get", SCREENERS),
    "extraction:sheet_list": Rule("get", ALL),
    "extraction:sheet_share": Rule("post", LEADS),
    "extraction:sheet_assign": Rule("post", LEADS),
    "extraction:sheet_page": Rule("get", OWN),
    "extraction:sheet_value": Rule("post", OWN),
    "extraction:sheet_section": Rule("post", OWN),
    "extraction:sheet_ready": Rule("post", OWN),
    "extraction:sheet_reopen": Rule("post", OWN),
    "extraction:sheet_check": Rule("post", OWN),
    "extraction:sheet_entry_add": Rule("post", OWN),
    "extraction:sheet_entry_rename": Rule("post", OWN),
    "extraction:sheet_entry_move": Rule("post", OWN),
    "extraction:sheet_entry_remove": Rule("post", OWN),
    "extraction:sheet_entry_restore": Rule("post", OWN),
    "extraction:sheet_file": Rule("get", OWN),
    "extraction:sheet_pdf": Rule("get", ALL),
    "extraction:comparison_index": Rule("get", SCREENERS),
    "extraction:comparison_page": Rule("get", SCREENERS),
    "extraction:comparison_open": Rule("post", SCREENERS),
    "extraction:comparison_settle": Rule("post", SCREENERS),
    "extraction:comparison_take": Rule("post", SCREENERS),
    "extraction:comparison_ask": Rule("post", SCREENERS),
    "extraction:comparison_match": Rule("post", SCREENERS),
    "extraction:comparison_leave": Rule("post", SCREENERS),
    "extraction:comparison_ready": Rule("post", SCREENERS),
    "extraction:comparison_reopen": Rule("post", SCREENERS),
    "extraction:agreement_page": Rule("get", ALL),
}
OUTSIDE_REVIEWS = {
    "reviewapp:home",
    "reviewapp:styleguide",
    "reviewapp:account_name",
    "reviewapp:invitation_accept",
    "reviewapp:review_list",
    "reviewapp:review_create",
    "reviewapp:healthz",
}


def url_names() -> set[str]:
    """Every name in our own namespaces."""
    names: set[str] = set()

    def walk(resolver: URLResolver, namespace: str) -> None:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern, pattern.app_name or namespace)
            elif isinstance(pattern, URLPattern) and namespace in ("reviewapp", "screening", "extraction", "bias"):
                names.add(f"{namespace}:{pattern.name}")

    walk(get_resolver(), "")
    return names


def test_the_table_is_complete() -> None:
    assert url_names() - OUTSIDE_REVIEWS == set(TABLE)


@pytest.fixture
def arguments(cast: Cast) -> dict[str, Any]:
    """One row of everything that a URL can name, in the review of the cast."""
    search = make_search(cast.review)
    first, second = make_record(cast.review), make_record(cast.review)
    conflict = make_record(cast.review, title_abstract_status=ScreeningStatus.CONFLICT)
    report = make_report(cast.review)
    study = Study.objects.create(review=cast.review, label="Rowe 2020", created_at=timezone.now())
    pair = DuplicatePair.objects.create(
        review=cast.review, first=first, second=second, zone=PairZone.DOUBTFUL, verdict=PairVerdict.OPEN
    )
    job = Job.objects.create(
        review=cast.review,
        kind="test",
        label="A job",
        state=JobState.RUNNING,
        created_by=cast.alice,
        created_at=timezone.now(),
    )
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    invitation = Invitation.objects.create(
        review=cast.review,
        email="new@example.org",
        token_hash="0" * 64,
        invited_by=cast.alice,
        invited_at=timezone.now(),
        expires_at=timezone.now() + timezone.timedelta(days=1),
    )
    member = Membership.objects.get(review=cast.review, user=cast.cara)
    make_settings(cast)
    version = make_used_form(cast.membership("alice"))
    begin_draft(membership=cast.membership("alice"), form_id=version.form_id)
    term = propose_term(membership=cast.membership("bob"), form_id=version.form_id, item_id="i3", text="A term")
    synthesis = synthesis_rows(cast)
    return {
        **synthesis,
        "for_sheets": open_sheet(cast),
        "for_comparisons": open_comparison(cast),
        "form_id": version.form_id,
        "number": version.number,
        "part": "s1",
        "file_kind": "json",
        "term_id": term.pk,
        "instrument_id": make_instrument(cast).pk,
        "evaluation_id": bare_evaluation(cast, study).pk,
        "review_id": cast.review.pk,
        "search_id": search.pk,
        "batch_id": make_batch(search).pk,
        "mapping_id": ColumnMapping.objects.create(
            review=cast.review,
            signature="0" * 64,
            mapping={"Name": "title"},
            saved_by=cast.alice,
            saved_at=timezone.now(),
        ).pk,
        "record_id": first.pk,
        "pair_id": pair.pk,
        "offer_id": StudyOffer.objects.create(review=cast.review, first=first, second=second).pk,
        "report_id": report.pk,
        "study_id": study.pk,
        "job_id": job.pk,
        "reason_id": reason.pk if reason else 0,
        "invitation_id": invitation.pk,
        "member_id": member.pk,
        "stage": Stage.TITLE_ABSTRACT,
        "target_id": first.pk,
        "conflict": conflict.pk,
        "kind": "svg",
        "receipt_kind": "csv",
        "key": "db_screened",
        "filename": "table.csv",
    }


def address(name: str, arguments: dict[str, Any]) -> str:
    """The URL with the rows it names."""
    namespace, _, plain = name.partition(":")
    [(_, parameters)] = [(possibility, params) for possibility, params in get_resolver_possibilities(namespace, plain)]
    values = {**arguments}
    if plain.startswith("crosstab_"):
        values["table_id"] = arguments["crosstab"]
    if plain.startswith("conflict_"):
        values["target_id"] = arguments["conflict"]
    for prefix in ("sheet", "comparison"):
        if namespace == "extraction" and plain.startswith(f"{prefix}_"):
            values |= arguments[f"for_{prefix}s"]
    return reverse(name, kwargs={parameter: values[parameter] for parameter in parameters})


def get_resolver_possibilities(namespace: str, plain: str) -> list[tuple[str, list[str]]]:
    """Django's own list of (pattern, parameters) for a name."""
    found: list[tuple[str, list[str]]] = []

    def walk(resolver: URLResolver, prefix: list[str], current: str) -> None:
        for pattern in resolver.url_patterns:
            own = [*prefix, *pattern.pattern.converters]
            if isinstance(pattern, URLResolver):
                walk(pattern, own, pattern.app_name or current)
            elif current == namespace and pattern.name == plain:
                found.append((str(pattern.pattern), own))

    walk(get_resolver(), [], "")
    return found


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_role(cast: Cast, arguments: dict[str, object], name: str) -> None:
    rule = TABLE[name]
    url = address(name, arguments)
    for actor in ACTORS:
        client = Client(raise_request_exception=False)
        if actor != "anonymous":
            client.force_login(getattr(cast, actor))
        response = getattr(client, rule.method)(url)
        where = f"{rule.method} {url} as {actor}: {response.status_code}"
        assert response.status_code < 500, where
        if actor == "anonymous":
            assert response.status_code == 302, where
            assert "/accounts/login/" in response["Location"], where
        elif actor == "mallory":
            assert response.status_code == 404, where
        elif actor in rule.members:
            if name not in ("screening:report_file", "extraction:sheet_pdf", "extraction:sheet_file"):  # 404: no file
                assert response.status_code not in (403, 404), where
        else:
            assert response.status_code == 403, where


@pytest.mark.parametrize("name", sorted(name for name in TABLE if TABLE[name].method == "post"))
def test_changing_needs_post(cast: Cast, arguments: dict[str, object], name: str) -> None:
    client = Client()
    client.force_login(cast.alice)
    assert client.get(address(name, arguments)).status_code == 405


def test_a_file_is_served_to_members_only(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    report, foreign = make_report(cast.review), make_report(cast.other_review)
    for review, user, kept in ((cast.review, cast.alice, report), (cast.other_review, cast.mallory, foreign)):
        membership = Membership.objects.select_related("review", "user").get(review=review, user=user)
        pdf = SimpleUploadedFile("full.pdf", b"%PDF-1.4 of " + str(kept.pk).encode())
        add_report_file(membership=membership, report_id=kept.pk, file=pdf)
    own = reverse("screening:report_file", args=[cast.review.pk, report.pk])
    for actor in ALL:
        client = Client()
        client.force_login(getattr(cast, actor))
        assert b"".join(client.get(own).streaming_content) == b"%PDF-1.4 of " + str(report.pk).encode()
        # the right review, another review's report
        assert client.get(reverse("screening:report_file", args=[cast.review.pk, foreign.pk])).status_code == 404
        assert client.get(reverse("screening:report_file", args=[cast.other_review.pk, foreign.pk])).status_code == 404
    client = Client()
    assert client.get(own).status_code == 302
    client.force_login(cast.mallory)
    assert client.get(own).status_code == 404
