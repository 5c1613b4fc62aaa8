"""Pages of risk of bias: what they show, to whom, and what they keep."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bias.constants import AssessmentState
from bias.models import BiasAssessment, BiasSettings, Evaluation, SignallingAnswer
from reviewapp.contributions import Suggestion, registry
from reviewapp.models import AuditEvent
from tests.bias.assessing import finish, make_evaluation, make_settings, make_study, own
from tests.factories import Cast

HTMX = {"HX-Request": "true"}


def client_of(cast: Cast, who: str, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(getattr(cast, who))
    return client


def page(cast: Cast, who: str, name: str, *args: object) -> str:
    response = client_of(cast, who).get(reverse(f"bias:{name}", args=[cast.review.pk, *args]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_way_from_nothing_to_work_given_out(cast: Cast) -> None:
    for label in ("Abe 2020", "Bell 2021", "Cox 2022"):
        make_study(cast, label)
    assert "Choose the instrument first" in page(cast, "alice", "evaluation_list")
    assert "Not set up yet" in page(cast, "bob", "evaluation_list")
    alice = client_of(cast, "alice")
    url = reverse("bias:bias_settings", args=[cast.review.pk])
    form = {"tool": "probast-2019|probast_lhu|", "judges_applicability": "on", "assessors": "2", "pilot_studies": "1"}
    assert alice.post(url, {**form, "assessors": "3"}).status_code == 422
    assert alice.post(url, form).status_code == 302
    assert alice.post(reverse("bias:evaluation_each", args=[cast.review.pk])).status_code == 302
    share = reverse("bias:evaluation_share", args=[cast.review.pk])
    assert alice.post(share, {"people": [cast.bob.pk]}).status_code == 422
    assert alice.post(share, {"people": [cast.bob.pk, cast.cara.pk, cast.dan.pk]}).status_code == 302
    assert BiasAssessment.objects.count() == 6
    text = page(cast, "alice", "evaluation_list")
    assert "0 of 2 finished" in text
    assert "Calibration" in text
    assert "for you to assess" in page(cast, "bob", "evaluation_list")


def test_settings_that_somebody_changed_meanwhile(cast: Cast) -> None:
    make_settings(cast)
    url = reverse("bias:bias_settings", args=[cast.review.pk])
    form = {"tool": "rob2|rob2|", "assessors": "2", "pilot_studies": "1", "seen": "long ago"}
    assert client_of(cast, "alice").post(url, form).status_code == 409
    assert BiasSettings.objects.get(review=cast.review).instrument == "probast-2019"


def test_the_type_is_chosen_first_and_then_the_questions_come(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast, evaluation_type="")
    assert "What does the study do with the model?" in page(cast, "bob", "assessment_page", evaluation.pk)
    url = reverse("bias:assessment_type", args=[cast.review.pk, evaluation.pk])
    assert client_of(cast, "bob").post(url, {"evaluation_type": ""}).status_code == 422
    assert client_of(cast, "bob").post(url, {"evaluation_type": "val"}).status_code == 302
    text = page(cast, "bob", "assessment_page", evaluation.pk)
    assert 'name="a::4.1:validation:answer"' in text
    assert "a::4.5:" not in text, "4.5 is for development only"


def test_only_the_kinds_of_performance_in_use_are_counted(cast: Cast) -> None:
    make_settings(cast, instrument="probast-ai-2025")
    evaluation = make_evaluation(cast, evaluation_type="devval")
    assert "0 of 42 questions" in page(cast, "bob", "assessment_page", evaluation.pk)
    status, _ = save(cast, "bob", evaluation, {"version": 0, "a:evaluation:4.2:external:answer": "Y"}, **HTMX)
    assert status == 200
    assert "1 of 32 questions" in page(cast, "bob", "assessment_page", evaluation.pk)


def save(cast: Cast, who: str, evaluation: Evaluation, values: dict[str, object], **headers: str) -> tuple[int, str]:
    url = reverse("bias:assessment_save", args=[cast.review.pk, evaluation.pk])
    response = client_of(cast, who, **headers).post(url, values)
    return response.status_code, response.content.decode()


def test_one_field_is_saved_and_the_suggestion_follows(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    for version, number in enumerate(("1.1", "1.2")):
        name = f"a::{number}:validation:answer"
        status, text = save(cast, "bob", evaluation, {"version": version, name: "Y", f"seen:{name}": ""}, **HTMX)
        assert status == 200
        assert text.lstrip().startswith('<div id="assessment-state"')
    assert "The answers suggest <strong>low</strong>" in text
    assert 'data-version="2"' in text
    assert SignallingAnswer.objects.filter(answer="Y").count() == 2
    assert own(cast, "bob", evaluation).version == 2


def test_two_tabs_both_see_what_they_would_overwrite(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    name, other = "a::1.1:validation:answer", "a::1.2:validation:answer"
    assert save(cast, "bob", evaluation, {"version": 0, name: "Y", f"seen:{name}": ""}, **HTMX)[0] == 200
    status, text = save(cast, "bob", evaluation, {"version": 0, name: "N", f"seen:{name}": ""}, **HTMX)
    assert status == 409
    assert f'data-theirs="{name}" data-value="Y" data-words="Yes"' in text
    assert SignallingAnswer.objects.get().answer == "Y"
    assert save(cast, "bob", evaluation, {"version": 0, other: "N", f"seen:{other}": ""}, **HTMX)[0] == 200


def test_without_scripts_a_domain_is_saved_at_once(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    values = {
        "version": 0,
        "a::1.1:validation:answer": "Y",
        "d::participants:level": "low",
        "d::participants:rationale": "A cohort.",
        "place": "d--participants-domain",
    }
    assert save(cast, "bob", evaluation, values)[0] == 302
    status, text = save(cast, "bob", evaluation, {**values, "d::participants:rationale": "Not that."})
    assert status == 409
    assert "Participants support" in text
    assert "A cohort." in text
    assert "Not that." in text


def test_finishing_says_what_is_missing_and_then_locks(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    url = reverse("bias:assessment_finish", args=[cast.review.pk, evaluation.pk])
    response = client_of(cast, "bob").post(url)
    assert response.status_code == 422
    assert 'href="#a--1_1-validation-answer"' in response.content.decode()
    finish(cast, "bob", evaluation)
    assert "You have finished this assessment" in page(cast, "bob", "assessment_page", evaluation.pk)
    reopen = reverse("bias:assessment_reopen", args=[cast.review.pk, evaluation.pk])
    assert client_of(cast, "bob").post(reopen).status_code == 302
    assert own(cast, "bob", evaluation).state == AssessmentState.OPEN


@pytest.fixture
def compared(cast: Cast) -> Evaluation:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    finish(cast, "bob", evaluation)
    finish(cast, "cara", evaluation, analysis="high")
    return evaluation


def test_the_third_reviewer_takes_one_and_writes_another(cast: Cast, compared: Evaluation) -> None:
    assert "Reopen it" not in page(cast, "bob", "assessment_page", compared.pk)
    text = page(cast, "dan", "comparison_page", compared.pk)
    assert text.index("Analysis") < text.index("Participants"), "what differs comes first"
    assert "Bob" not in text
    assert "Cara" not in text
    bob = own(cast, "bob", compared)
    values = {f"take:d::{name}": bob.pk for name in ("participants", "predictors", "outcome")}
    values |= {"take:d::analysis": "own", "take:o:": "own", "version": 0}
    url = reverse("bias:comparison_settle", args=[cast.review.pk, compared.pk])
    dan = client_of(cast, "dan")
    response = dan.post(url, values)
    assert response.status_code == 422
    answers = {f"a::4.{number}:validation:answer": "N" for number in (1, 2, 3, 4, 6, 7)}
    full = {
        **values,
        **answers,
        "d::analysis:level": "unclear",
        "d::analysis:rationale": "Hard to tell.",
        "o::level": "unclear",
        "o::applicability": "low",
    }
    assert dan.post(url, full).status_code == 302
    for who in ("olga", "bob"):
        text = page(cast, who, "evaluation_detail", compared.pk)
        assert "Hard to tell." in text
        assert "Settled by a third reviewer" in text
    undo = reverse("bias:comparison_undo", args=[cast.review.pk, compared.pk])
    assert dan.post(undo).status_code == 302
    assert "Not settled yet" in page(cast, "olga", "evaluation_detail", compared.pk)


def test_agreement_for_a_lead_and_for_others_once_settled(cast: Cast, compared: Evaluation) -> None:
    text = page(cast, "alice", "agreement_page")
    assert "1 evaluation assessed twice" in text
    assert "Nothing to compare yet" in page(cast, "olga", "agreement_page")
    assert (
        "Nothing to compare yet"
        in client_of(cast, "alice")
        .get(reverse("bias:agreement_page", args=[cast.review.pk]), {"studies": "rest"})
        .content.decode()
    )


def test_suggestions_of_other_parts_are_ticked_and_added(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make_settings(cast)
    study = make_study(cast, "Abe 2020")
    found = [Suggestion(study.pk, "Model A", "12 predictors"), Suggestion(study.pk, "Model B"), Suggestion(0, "Lost")]
    monkeypatch.setitem(registry.evaluation_suggestions, "test", lambda review: found)
    text = page(cast, "alice", "evaluation_suggested")
    assert "12 predictors" in text
    assert "Lost" not in text
    url = reverse("bias:evaluation_suggested", args=[cast.review.pk])
    assert client_of(cast, "alice").post(url, {"chosen": [f"{study.pk}:Model A"]}).status_code == 302
    assert [row.label for row in Evaluation.objects.all()] == ["Model A"]
    assert "there already" in page(cast, "alice", "evaluation_suggested")


def test_an_evaluation_is_changed_given_out_and_withdrawn(cast: Cast) -> None:
    make_settings(cast)
    study = make_study(cast, "Abe 2020")
    alice = client_of(cast, "alice")
    create = reverse("bias:evaluation_create", args=[cast.review.pk, study.pk])
    assert alice.post(create, {"label": "A", "out_of_scope": "on"}).status_code == 422
    assert alice.post(create, {"label": "A"}).status_code == 302
    assert alice.post(create, {"label": "a"}).status_code == 422, "the same label again"
    evaluation = Evaluation.objects.get()
    assign = reverse("bias:evaluation_assign", args=[cast.review.pk, evaluation.pk])
    same = {"assessor_0": cast.bob.pk, "assessor_1": cast.bob.pk}
    assert alice.post(assign, same).status_code == 422
    assert alice.post(assign, {**same, "assessor_1": cast.cara.pk}).status_code == 302
    edit = reverse("bias:evaluation_edit", args=[cast.review.pk, evaluation.pk])
    assert alice.post(edit, {"label": "A2", "evaluation_type": "dev", "weight": "0"}).status_code == 422
    assert alice.post(edit, {"label": "A2", "evaluation_type": "dev", "weight": "2"}).status_code == 302
    withdraw = reverse("bias:evaluation_withdraw", args=[cast.review.pk, evaluation.pk])
    assert alice.post(withdraw, {"reason": " "}).status_code == 422
    assert alice.post(withdraw, {"reason": "Twice."}).status_code == 302
    assert "A2" not in page(cast, "alice", "evaluation_list")
    log = alice.get(reverse("reviewapp:log_list", args=[cast.review.pk])).content.decode()
    assert "Evaluation withdrawn" in log
    assert AuditEvent.objects.filter(kind__startswith="bias.").count() == 5
