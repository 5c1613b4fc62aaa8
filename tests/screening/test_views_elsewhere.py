"""The votes section of a receipt: what a lead sees and does there, and what nobody else sees."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from screening.constants import RetrievalStatus, ScreeningStatus, Stage, Verdict
from screening.forms.elsewhere import field_name
from screening.models import Decision, ElsewhereVote, ExclusionReason, ImportBatch, Record, Report
from screening.queries.elsewhere import hidden_votes
from screening.services import elsewhere
from screening.services.decisions import Judgement, submit_decision
from screening.services.imports import import_file
from screening.services.retrieval import set_retrieval
from screening.services.uploads import receive_upload
from screening.tasks import bring_in_votes
from tests.factories import Cast, make_search

VOTES = (
    "title,year,reviewer,stage,verdict,reason\n"
    "Zebra sleep,2020,Anna,abstract,include,\n"
    "Zebra sleep,2020,Ben,abstract,include,\n"
    "Zebra sleep,2020,Ben,full text,exclude,wrong population\n"
    "Zebra sleep,2020,Anna,full text,exclude,too old\n"
    "Lion sleep,2020,Anna,abstract,exclude,\n"
    "Lion sleep,2020,Stranger,abstract,exclude,\n"
)


def bring_file(cast: Cast, text: str = VOTES, name: str = "votes.csv") -> ImportBatch:
    batch = receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review),
        file=ContentFile(text.encode(), name=name),
        filename=name,
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    return batch


def page(cast: Cast, who: str, name: str, *args: object) -> str:
    client = Client()
    client.force_login(getattr(cast, who))
    response = client.get(reverse(f"screening:{name}", args=[cast.review.pk, *args]))
    assert response.status_code == 200
    return response.content.decode()


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def lead(cast: Cast, client: Client) -> Client:
    client.force_login(cast.alice)
    return client


def post(client: Client, cast: Cast, batch: ImportBatch, **values: object) -> str:
    """Brings in; the redirect's address, else the page's text."""
    response = client.post(reverse("screening:votes_bring_in", args=[cast.review.pk, batch.pk]), values)
    return (
        response["Location"] if response.status_code == 302 else f"{response.status_code} {response.content.decode()}"
    )


def test_the_lead_sees_totals_per_reviewer_and_nothing_of_single_records(cast: Cast) -> None:
    batch = bring_file(cast)
    text = plain(page(cast, "alice", "batch_detail", batch.pk))
    assert "Anna 1 include, 1 exclude 0 include, 1 exclude 0" in text
    assert "Stranger 0 include, 1 exclude – 0" in text
    assert "2 full-text votes wait until their reports are sought and retrieved." in text
    assert "Zebra" not in text
    assert "Lion" not in text


@pytest.mark.parametrize("who", ["bob", "dan", "olga"])
def test_others_see_no_votes_in_the_receipt(cast: Cast, who: str) -> None:
    batch = bring_file(cast)
    html = page(cast, who, "batch_detail", batch.pk)
    assert "Votes made elsewhere" not in html
    assert "Stranger" not in html


def test_a_reason_of_the_same_text_is_chosen_already_and_a_member_of_the_same_name(cast: Cast) -> None:
    batch = bring_file(cast, VOTES.replace("Anna", "Bob Reviewer"))
    html = page(cast, "alice", "batch_detail", batch.pk)
    reason = ExclusionReason.objects.get(review=cast.review, text="Wrong population")
    assert f'<option value="{reason.pk}" selected>' in html
    assert html.count(" selected>") == 5
    assert f'<option value="{cast.bob.pk}" selected>' in html


def vote_of_alice(cast: Cast, title: str) -> None:
    submit_decision(
        membership=cast.membership("alice"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=Record.objects.get(title=title).pk,
        judgement=Judgement(Verdict.INCLUDE),
    )


def test_bringing_in_makes_decisions_and_says_what_stayed(cast: Cast, lead: Client) -> None:
    batch = bring_file(cast)
    who = {field_name("who", "Anna"): cast.alice.pk, field_name("who", "Ben"): cast.bob.pk}
    vote_of_alice(cast, "Lion sleep")
    assert post(lead, cast, batch, **who) == reverse("screening:batch_detail", args=[cast.review.pk, batch.pk])
    assert Decision.objects.filter(brought_in_from=batch).count() == 2
    html = lead.get(reverse("screening:batch_detail", args=[cast.review.pk, batch.pk])).content.decode()
    said = "2 at full text, on reports that are not retrieved (yet)"
    assert said in plain(html), "told once, of what was just done"
    html = page(cast, "alice", "batch_detail", batch.pk)
    assert "stayed counts: 1 on records or reports on which this member has a vote already" in plain(html)
    assert said not in plain(html)
    assert "Take back the 2 votes" in plain(html)
    assert f'<option value="{cast.bob.pk}" selected>' in html, "what was said is remembered"
    overview = plain(overview_of(cast))
    assert "2 of these decisions were brought in from votes.csv" in overview


def overview_of(cast: Cast) -> str:
    client = Client()
    client.force_login(cast.olga)
    return client.get(reverse("reviewapp:review_overview", args=[cast.review.pk])).content.decode()


def test_full_text_votes_are_brought_in_by_the_same_form_later(cast: Cast, lead: Client) -> None:
    batch = bring_file(cast)
    reason = ExclusionReason.objects.get(review=cast.review, text="Wrong population")
    values = {
        field_name("who", "Anna"): cast.alice.pk,
        field_name("who", "Ben"): cast.bob.pk,
        field_name("reason", "wrong population"): reason.pk,
        field_name("reason", "too old"): reason.pk,
    }
    post(lead, cast, batch, **values)
    report = Report.objects.get()
    set_retrieval(membership=cast.membership("alice"), report_id=report.pk, status=RetrievalStatus.RETRIEVED)
    post(lead, cast, batch, **values)
    report.refresh_from_db()
    assert report.full_text_status == ScreeningStatus.EXCLUDED
    assert Decision.objects.count() == 5


@pytest.mark.parametrize("who", ["olga", "mallory"])
def test_somebody_who_does_not_screen_here_is_refused_on_the_page(cast: Cast, lead: Client, who: str) -> None:
    batch = bring_file(cast)
    answer = post(lead, cast, batch, **{field_name("who", "Anna"): getattr(cast, who).pk})
    assert answer.startswith("422")
    assert "Choose from the lists" in answer
    assert not Decision.objects.exists()


def test_a_file_without_votes_is_refused(cast: Cast, lead: Client) -> None:
    batch = bring_file(cast, "title,year\nOne,2020\n")
    assert post(lead, cast, batch).startswith("422")


def test_many_votes_go_to_a_worker(cast: Cast, lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(bring_in_votes, "delay_on_commit", sent.append)
    monkeypatch.setattr(elsewhere, "AT_ONCE", 1)
    batch = bring_file(cast)
    post(lead, cast, batch, **{field_name("who", "Anna"): cast.alice.pk, field_name("who", "Ben"): cast.bob.pk})
    [job_id] = sent
    assert "Votes from votes.csv" in page(cast, "alice", "batch_detail", batch.pk)
    assert post(lead, cast, batch, **{field_name("who", "Anna"): cast.alice.pk}).startswith("409")
    bring_in_votes(job_id)
    bring_in_votes(job_id)
    assert Decision.objects.count() == 3
    assert "Take back the 3 votes" in plain(page(cast, "alice", "batch_detail", batch.pk))


def test_taking_back(cast: Cast, lead: Client) -> None:
    batch = bring_file(cast)
    post(lead, cast, batch, **{field_name("who", "Anna"): cast.alice.pk})
    url = reverse("screening:votes_take_back", args=[cast.review.pk, batch.pk])
    assert lead.post(url).status_code == 302
    assert not Decision.objects.filter(superseded_at=None).exists()
    assert lead.post(url).status_code == 422


def test_final_states_without_a_name_are_said(cast: Cast) -> None:
    text = "title,year,decision\nOne,2020,included\nTwo,2020,included\nThree,2020,excluded\n"
    batch = bring_file(cast, text)
    for who in ("alice", "olga"):
        said = plain(page(cast, who, "batch_detail", batch.pk))
        assert "1 excluded at title and abstract, 2 included at title and abstract. No reviewer is named" in said
    client = Client()
    client.force_login(cast.olga)
    receipt: Any = client.get(reverse("screening:batch_receipt", args=[cast.review.pk, batch.pk, "json"]))
    facts = json.loads(b"".join(receipt.streaming_content))
    counts = {"excluded at title and abstract": 1, "included at title and abstract": 2}
    assert facts["screened_elsewhere_by_nobody_named"] == counts


def test_covidences_file_name_says_the_state(cast: Cast) -> None:
    text = "Title,Authors,Covidence #,Notes,Tags\nOne,Rowe,#1,,\nTwo,Rowe,#2,,\n"
    batch = bring_file(cast, text, "review_12_included_csv_20240101.csv")
    assert "Screened elsewhere: 2 included at full text." in plain(page(cast, "alice", "batch_detail", batch.pk))
    assert not ElsewhereVote.objects.exists()


RAYYAN = 'TY  - JOUR\nTI  - Zebra sleep\nN1  - RAYYAN-INCLUSION: {"Anna"=>"Excluded"} | RAYYAN-LABELS: mice\nER  - \n'


@pytest.mark.parametrize("text", [RAYYAN, VOTES], ids=["rayyan", "table"])
@pytest.mark.parametrize("who", ["alice", "bob", "dan", "olga"])
def test_nobody_reads_the_votes_of_an_open_record_in_its_entry(cast: Cast, who: str, text: str) -> None:
    bring_file(cast, text, "x.ris" if text == RAYYAN else "x.csv")
    record = Record.objects.get(title="Zebra sleep")
    html = page(cast, who, "record_detail", record.pk)
    assert "Anna" not in html
    assert "once the screening of this record is over" in html
    for name in ("bob", "cara"):
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=Judgement(Verdict.EXCLUDE),
        )
    assert "Anna" in page(cast, who, "record_detail", record.pk)


@pytest.mark.parametrize("text", [RAYYAN, VOTES], ids=["rayyan", "table"])
def test_the_screening_page_shows_no_vote(cast: Cast, text: str) -> None:
    bring_file(cast, text, "x.ris" if text == RAYYAN else "x.csv")
    client = Client()
    client.force_login(cast.bob)
    html = client.get(reverse("screening:screen_open", args=[cast.review.pk, Stage.TITLE_ABSTRACT])).content.decode()
    assert "Zebra sleep" in html
    assert "Anna" not in html
    assert "RAYYAN" not in html


def test_an_entry_is_hidden_until_the_report_is_settled_and_a_copy_with_the_record_kept(cast: Cast) -> None:
    bring_file(cast)
    zebra, lion = Record.objects.order_by("title").reverse()
    lion.duplicate_of, lion.removal_reason = zebra, "duplicate"
    lion.save()

    def hidden() -> set[int]:
        return hidden_votes(list(Record.objects.order_by("id")))

    both = {zebra.pk, lion.pk}
    assert hidden() == both
    Record.objects.filter(pk=zebra.pk).update(title_abstract_status=ScreeningStatus.INCLUDED)
    report = Report.objects.create(review=cast.review, record=zebra, created_at=zebra.batch.uploaded_at)
    assert hidden() == both
    Report.objects.filter(pk=report.pk).update(
        retrieval_status=RetrievalStatus.RETRIEVED, full_text_status=ScreeningStatus.EXCLUDED
    )
    assert hidden() == set()


def run(*args: object) -> str:
    out = StringIO()
    call_command("import_records", *map(str, args), stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_brings_votes_in(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    path = tmp_path / "votes.csv"
    path.write_text(VOTES)
    votes = f"Anna={cast.alice.email}, Ben={cast.bob.email.upper()},Zoe={cast.cara.email}"
    said = run(cast.review.pk, search.pk, path, "--votes", votes)
    assert "read 2 = stored 2 + rejected 0" in said
    assert "votes.csv: 3 votes were brought in as decisions of their members." in said
    assert "2 at full text, on reports that are not retrieved (yet)" in said
    assert "No votes by Zoe: it names Anna, Ben, Stranger." in said
    assert Decision.objects.filter(brought_in_from__search=search).count() == 3


def test_the_command_knows_its_members(cast: Cast, tmp_path: Path) -> None:
    search = make_search(cast.review)
    path = tmp_path / "votes.csv"
    path.write_text(VOTES)
    with pytest.raises(CommandError, match="No lead or reviewer"):
        run(cast.review.pk, search.pk, path, "--votes", f"Anna={cast.olga.email}")
    with pytest.raises(CommandError, match="NAME=E-MAIL"):
        run(cast.review.pk, search.pk, path, "--votes", "Anna")
    assert not ImportBatch.objects.exists()


def test_the_command_says_final_states(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "states.csv"
    path.write_text("title,year,decision\nOne,2020,included\n")
    said = run(cast.review.pk, make_search(cast.review).pk, path)
    assert "screened elsewhere: 1 included at title and abstract, no reviewer named" in said
