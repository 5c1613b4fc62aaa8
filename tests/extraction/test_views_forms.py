"""Pages of forms: with and without htmx, refused and stale, and what each role sees."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from extraction.constants import FormState, ItemType
from extraction.exporters.form import form_json, form_xlsx
from extraction.models import ExtractionForm, FormVersion
from extraction.queries.forms import draft_version, live_version
from extraction.rules.definition import Condition, Item, Operator, parse
from extraction.rules.templates import TEMPLATES
from tests.extraction.building import (
    DEFINITION,
    make_form,
    make_sheet,
    make_study,
    make_used_form,
    make_value,
    next_draft,
)
from tests.factories import Cast

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def client_of(user: object, **headers: str) -> Client:
    """A browser somebody is signed in with."""
    client = Client(headers=headers)
    client.force_login(user)  # type: ignore[arg-type]  # a user
    return client


def item_of(version: FormVersion, label: str) -> Item:
    """The item with a label, as it stands now."""
    version.refresh_from_db()
    return next(item for item in parse(version.definition).items() if item.label == label)


class Builder:
    """A lead at the builder of one form."""

    def __init__(self, cast: Cast, version: FormVersion, *, htmx: bool = True) -> None:
        self.version = version
        self.args = [cast.review.pk, version.form_id]
        self.client = client_of(cast.alice, **(HTMX if htmx else {}))

    def post(self, name: str, part: str = "", **fields: object) -> object:
        """One change, from a fresh page unless `edits` says otherwise."""
        self.version.refresh_from_db()
        url = reverse(f"extraction:{name}", args=[*self.args, *([part] if part else [])])
        self.response = self.client.post(url, {"edits": self.version.edits, **fields})
        return self.response

    @property
    def status(self) -> int:
        """Of the last answer."""
        return int(self.response.status_code)


@pytest.fixture
def builder(cast: Cast) -> Builder:
    """At a fresh form."""
    return Builder(cast, make_form(cast.membership("alice")))


def test_the_list_says_what_to_do_next(cast: Cast) -> None:
    url = reverse("extraction:form_list", args=[cast.review.pk])
    assert b"Make the first form" in client_of(cast.alice).get(url).content
    assert b"A lead of this review makes the form" in client_of(cast.bob).get(url).content
    make_form(cast.membership("alice"))
    assert b"Go on with the draft" in client_of(cast.alice).get(url).content
    assert b"Go on with the draft" not in client_of(cast.bob).get(url).content


@pytest.mark.parametrize("key", ["", *TEMPLATES])
def test_a_form_is_made(cast: Cast, key: str) -> None:
    client = client_of(cast.alice)
    url = reverse("extraction:form_create", args=[cast.review.pk])
    assert client.get(url).status_code == 200
    fields = {"name": "Main", "mode": "double", "pilot_studies": "2", "template": key}
    response = client.post(url, fields, follow=True)
    assert response.status_code == 200
    draft = draft_version(ExtractionForm.objects.get())
    assert draft is not None
    if key:
        assert parse(draft.definition) == TEMPLATES[key].definition
    again = client.post(url, fields)
    assert again.status_code == 422
    assert "a form of this name" in again.content.decode()


def test_a_form_is_made_from_a_file(cast: Cast) -> None:
    url = reverse("extraction:form_create", args=[cast.review.pk])
    fields = {"name": "Main", "mode": "double", "pilot_studies": "2"}
    bad = SimpleUploadedFile("x.json", b"{}")
    assert client_of(cast.alice).post(url, fields | {"file": bad}).status_code == 422
    good = SimpleUploadedFile("x.xlsx", form_xlsx(DEFINITION, "Main"))
    assert client_of(cast.alice).post(url, fields | {"file": good}).status_code == 302
    draft = draft_version(ExtractionForm.objects.get())
    assert draft is not None
    assert parse(draft.definition) == DEFINITION


@pytest.mark.parametrize("htmx", [True, False])
def test_items_are_added_one_after_the_other(cast: Cast, htmx: bool) -> None:
    builder = Builder(cast, make_form(cast.membership("alice")), htmx=htmx)
    builder.post("item_add", "s1", label="Country", type="single", answers="Spain\nItaly\n\n")
    assert builder.status == (200 if htmx else 302)
    item = item_of(builder.version, "Country")
    assert [option.label for option in item.options] == ["Spain", "Italy"]
    page = builder.client.get(reverse("extraction:form_build", args=builder.args), {"add": "s1"})
    body = page.content.decode()
    assert "Country" in body
    assert ("<html" in body) is not htmx


def test_every_type_can_be_added_and_opened(builder: Builder) -> None:
    for kind in ItemType:
        builder.post("item_add", "s1", label=f"A {kind}", type=kind.value)
        assert builder.status == 200
        item = item_of(builder.version, f"A {kind}")
        assert item.type == kind
        page = builder.client.get(reverse("extraction:form_build", args=builder.args), {"item": item.id})
        assert "Save item" in page.content.decode()


def test_what_is_refused_is_shown_with_what_was_typed(builder: Builder) -> None:
    builder.post("item_add", "s1", label="", type="text")
    assert builder.status == 422
    builder.post("item_add", "s1", label="Kept text", type="poem")
    assert builder.status == 422
    assert "Kept text" in builder.response.content.decode()
    builder.post("item_change", "i2", label="Size of it", type="integer", minimum="5", maximum="1")
    assert builder.status == 422
    body = builder.response.content.decode()
    assert "Size of it" in body
    assert "smallest value is above" in body


def test_a_stale_page_is_told_so_and_shows_how_the_form_stands(builder: Builder) -> None:
    builder.post("section_add", title="More")
    builder.post("section_add", title="Another", edits=0)
    assert builder.status == 409
    body = builder.response.content.decode()
    assert "changed since you opened the page" in body
    assert "More" in body
    assert "Another" not in body


def test_the_settings_of_an_item(builder: Builder) -> None:
    builder.post(
        "item_change",
        "i2",
        type="number",
        label="Mean age",
        help="Of all",
        required="1",
        unit="years",
        precision="1",
        minimum="0",
        maximum="120",
        shown_item="i1",
        shown_operator="is",
        shown_values=["o1", "nonsense"],
    )
    assert builder.status == 200
    item = item_of(builder.version, "Mean age")
    assert (item.type, item.help, item.required, item.unit, item.precision) == (
        ItemType.NUMBER,
        "Of all",
        True,
        "years",
        1,
    )
    assert (str(item.minimum), str(item.maximum)) == ("0", "120")
    assert item.shown_if == Condition("i1", Operator.IS, ("o1",))


def test_answers_keep_their_ids_when_their_words_change(builder: Builder) -> None:
    fields = {"type": "single", "label": "Design", "option_id": ["o1", "o2"]}
    builder.post("item_change", "i1", **fields, option_label=["Cohort study", "Trial"], answers="Registry")
    options = item_of(builder.version, "Design").options
    assert [(option.id, option.label) for option in options[:2]] == [("o1", "Cohort study"), ("o2", "Trial")]
    builder.post("item_change", "i1", **fields, option_label=["Cohort study", ""], option_up="o1")
    assert [option.id for option in item_of(builder.version, "Design").options] == ["o1"]
    builder.post("item_change", "i1", type="single", label="Design", option_id="o1", option_label="A", answers="a")
    assert builder.status == 422
    assert "stands twice" in builder.response.content.decode()


def test_answers_move_up_and_merge(builder: Builder) -> None:
    fields = {"type": "single", "label": "Design", "option_id": ["o1", "o2"], "option_label": ["Cohort", "Trial"]}
    builder.post("item_change", "i1", **fields, option_up="o2")
    assert [option.id for option in item_of(builder.version, "Design").options] == ["o2", "o1"]
    builder.post("option_merge", "i1", gone="o1", into="o2")
    [option] = item_of(builder.version, "Design").options
    assert option.stands_for == ("o1",)
    builder.post("option_merge", "i1", gone="o2", into="o2")
    assert builder.status == 422


def test_columns_of_a_table(builder: Builder) -> None:
    builder.post("item_add", "s1", label="Results", type="table")
    item = item_of(builder.version, "Results")
    [first] = item.columns
    builder.post(
        "item_change",
        item.id,
        type="table",
        label="Results",
        column_id=[first.id, "", ""],
        column_label=["Arm", "Kind", ""],
        column_type=["text", "single", "text"],
        column_unit=["", "", ""],
        column_answers=["", "Drug; Placebo", ""],
    )
    arm, kind = item_of(builder.version, "Results").columns
    assert (arm.id, arm.label) == (first.id, "Arm")
    assert [option.label for option in kind.options] == ["Drug", "Placebo"]


def test_a_formula_names_items_by_their_labels(builder: Builder) -> None:
    builder.post("item_add", "s1", label="Half", type="derived")
    item = item_of(builder.version, "Half")
    builder.post("item_change", item.id, type="derived", label="Half", formula="{Size} / 2")
    assert item_of(builder.version, "Half").formula == "i2 / 2"
    page = builder.client.get(reverse("extraction:form_build", args=builder.args), {"item": item.id})
    assert "{Size} / 2" in page.content.decode()
    for formula in ("{Nothing} / 2", "{Size} /", "{Design} / 2"):
        builder.post("item_change", item.id, type="derived", label="Half", formula=formula)
        assert builder.status == 422
        assert formula in builder.response.content.decode()


def test_order_by_buttons_and_by_dragging(builder: Builder) -> None:
    builder.post("item_move", "i1", direction="down")
    builder.post("item_move", "i3", direction="down")
    builder.version.refresh_from_db()
    assert [item.id for item in parse(builder.version.definition).sections[0].items] == ["i2", "i1", "i3"]
    builder.post("item_move", "i3", section="s2", place="0")
    builder.version.refresh_from_db()
    assert [item.id for item in parse(builder.version.definition).sections[1].items] == ["i3", "i4"]
    builder.post("section_add", title="More")
    builder.version.refresh_from_db()
    added = parse(builder.version.definition).sections_of_group("")[1].id
    builder.post("section_move", added, direction="up")
    builder.version.refresh_from_db()
    assert [section.id for section in parse(builder.version.definition).sections_of_group("")] == [added, "s1"]


def test_removing_can_be_taken_back_until_the_next_change(builder: Builder) -> None:
    before = builder.version.definition
    builder.post("item_remove", "i1")
    assert "Undo the last change" in builder.response.content.decode()
    builder.post("form_undo")
    builder.version.refresh_from_db()
    assert builder.version.definition == before
    builder.post("section_remove", "s1")
    builder.post("group_remove", "g1")
    builder.post("form_undo")
    builder.version.refresh_from_db()
    assert [section.id for section in parse(builder.version.definition).sections] == ["s2"]


def test_nobody_takes_back_what_another_changed(cast: Cast, builder: Builder) -> None:
    builder.post("form_undo")
    assert builder.status == 409


def test_groups(builder: Builder) -> None:
    builder.post("group_add", title="Outcome", parent="g1")
    builder.version.refresh_from_db()
    group = parse(builder.version.definition).groups[1]
    assert group.parent == "g1"
    builder.post("group_change", group.id, title="Outcomes", parent="", minimum="1", maximum="3")
    builder.version.refresh_from_db()
    changed = parse(builder.version.definition).groups[1]
    assert (changed.title, changed.parent, changed.minimum, changed.maximum) == ("Outcomes", "", 1, 3)
    builder.post("group_change", group.id, title="Outcomes", minimum="3", maximum="1")
    assert builder.status == 422


def test_a_form_is_previewed_tried_changed_and_used(cast: Cast) -> None:
    lead = cast.membership("alice")
    builder = Builder(cast, make_form(lead), htmx=False)
    publish = reverse("extraction:form_publish", args=builder.args)
    assert builder.client.get(publish).status_code == 200
    assert builder.post("form_publish", use="").status_code == 422  # type: ignore[attr-defined]  # a response
    builder.post("form_publish", use="pilot", note="First")
    assert builder.status == 302
    live = live_version(builder.version.form)
    assert live is not None
    assert live.state == FormState.PILOT
    make_value(make_sheet(live, make_study(lead), cast.bob, ready=True), "i2", 12)
    detail = reverse("extraction:form_detail", args=builder.args)
    assert "is in its pilot" in builder.client.get(detail).content.decode()
    builder.client.post(reverse("extraction:form_use", args=builder.args))
    assert builder.client.post(reverse("extraction:form_use", args=builder.args)).status_code == 422
    builder.client.post(reverse("extraction:form_draft", args=builder.args))
    draft = draft_version(builder.version.form)
    assert draft is not None
    second = Builder(cast, draft, htmx=False)
    second.post("item_change", "i2", type="integer", label="Size", unit="people")
    page = second.client.get(publish).content.decode()
    assert "was measured in no unit, now in people" in page
    assert "Open them again" in page
    second.post("form_publish", use="in_use", reopen="yes", edits=0)
    assert second.status == 409
    second.post("form_publish", use="in_use", reopen="yes")
    assert second.status == 302
    body = second.client.get(detail).content.decode()
    assert "What differs from the version before" in body


def test_drafts_are_the_leads_business(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    draft = next_draft(lead, version)
    for number, status in ((version.number, 200), (draft.number, 404)):
        for name, more in (("form_preview", []), ("form_export", ["json"])):
            url = reverse(f"extraction:{name}", args=[cast.review.pk, version.form_id, number, *more])
            assert client_of(cast.bob).get(url).status_code == status
            assert client_of(cast.alice).get(url).status_code == 200
            assert client_of(cast.mallory).get(url).status_code == 404


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_the_preview_asks_every_item(cast: Cast, key: str) -> None:
    version = make_form(cast.membership("alice"), TEMPLATES[key].definition)
    url = reverse("extraction:form_preview", args=[cast.review.pk, version.form_id, 1])
    body = client_of(cast.alice).get(url).content.decode()
    for item in TEMPLATES[key].definition.items():
        assert f'data-ask="{item.id}"' in body


def test_files_go_out_and_come_in(cast: Cast) -> None:
    version = make_form(cast.membership("alice"))
    args = [cast.review.pk, version.form_id]
    client = client_of(cast.alice)
    book = client.get(reverse("extraction:form_export", args=[*args, 1, "xlsx"]))
    assert load_workbook(io.BytesIO(book.content)).sheetnames == ["Sections", "Groups", "Items", "Answers", "Columns"]
    url = reverse("extraction:form_import", args=args)
    other = TEMPLATES["charms"].definition
    for content, edits, status in ((b"{}", 0, 422), (form_json(other, "x"), 7, 409), (form_json(other, "x"), 0, 302)):
        file = SimpleUploadedFile("form.json", content)
        assert client.post(url, {"file": file, "edits": edits}).status_code == status
    version.refresh_from_db()
    assert parse(version.definition) == other
    assert client.post(url).status_code == 422


def test_a_draft_is_given_up_and_a_form_taken_off_the_list(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    draft = next_draft(lead, version)
    builder = Builder(cast, draft, htmx=False)
    builder.post("form_discard")
    assert builder.status == 302
    assert draft_version(version.form) is None
    assert builder.client.get(reverse("extraction:form_build", args=builder.args)).status_code == 409
    other = Builder(cast, make_form(lead, name="Other"), htmx=False)
    other.post("form_retire")
    assert other.client.get(reverse("extraction:form_detail", args=other.args)).status_code == 404


def test_vocabularies(cast: Cast) -> None:
    version = make_used_form(cast.membership("alice"))
    args = [cast.review.pk, version.form_id]
    add, page = reverse("extraction:term_add", args=args), reverse("extraction:term_list", args=args)
    assert client_of(cast.bob).post(add, {"item": "i3", "text": "Diffusion"}).status_code == 302
    assert client_of(cast.bob).post(add, {"item": "i3", "text": " "}).status_code == 422
    assert "Approve" in client_of(cast.alice).get(page).content.decode()
    assert "Approve" not in client_of(cast.bob).get(page).content.decode()
    term = version.form.terms.get()
    lead = client_of(cast.alice)
    for name in ("term_approve", "term_decline"):
        assert lead.post(reverse(f"extraction:{name}", args=[cast.review.pk, term.pk])).status_code == 302
    merge = reverse("extraction:term_merge", args=[cast.review.pk, term.pk])
    assert lead.post(merge, {"into": "none"}).status_code == 422
    assert lead.post(merge, {"into": "GAN"}).status_code == 302
    assert "merged into “GAN”" in lead.get(page).content.decode()
