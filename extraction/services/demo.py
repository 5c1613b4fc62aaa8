"""Re-enact the worked example's extraction and synthesis through the services that the pages call.

The form comes from its template; two extractors fill it in for all studies, blind; what differs is settled by the third
reviewer; Table 1, the themes, cross-tables and a text with live numbers are made from what stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from extraction.demo.sheets import ITEMS, Entered, abbreviations, entered, families, themes
from extraction.models import Extraction, ExtractionForm, FormVersion
from extraction.queries.tables import THEME, YEAR
from extraction.rules.cells import Key
from extraction.rules.compare import Side
from extraction.rules.crosstabs import Counting, CrossLayout, Look, dump_cross
from extraction.rules.definition import Definition
from extraction.rules.tables import dump_layout
from extraction.rules.tables_types import Footnote, Layout, TableColumn
from extraction.rules.templates import TEMPLATES
from extraction.services.consensus import settle_all
from extraction.services.forms import DraftPage, FormSettings, create_form
from extraction.services.sheets import assign_evenly, mark_ready
from extraction.services.tables import create_table
from extraction.services.texts import TextDraft, create_text
from extraction.services.themes import Passage, ThemeDraft, code_study, create_theme
from extraction.services.values import Given, save_values
from extraction.services.versions import publish, put_to_use
from reviewapp.models import Membership, Review
from screening.demo.generator import build_demo
from screening.models import Study
from screening.services.demo import DEMO_SLUG, report_keys

Say = Callable[[str], None]
TEMPLATE = "generative"
FORM_NAME = "Study characteristics"
TABLE_TITLE = "Table 1. Characteristics of the included studies"
HYBRID = "R16"
TEXT = (
    "As published: GANs were the most prevalent (16 studies), followed by VAEs (seven studies). GANs and VAEs "
    "dominated the included studies, collectively accounting for 23 out of 27 studies.\n\n"
    "From the table: a GAN was used in {{count model_family = GAN}} of {{count}} studies "
    "({{percent model_family = GAN}}) and a VAE in {{count model_family = VAE}}, the hybrid counted in both; without "
    "it in {{count model_family == GAN}} and {{count model_family == VAE}}. The hybrid is "
    "{{studies model_family == GAN + VAE}}. U-Net was used in {{count model_family = U-Net}}, LDA in "
    "{{count model_family = LDA}}, and LLMs in {{count model_family = LLM}} ({{studies model_family = LLM}})."
)


@dataclass(frozen=True)
class _Team:
    lead: Membership
    first: Membership
    second: Membership
    third: Membership


def load_extraction_demo(review: Review, say: Say) -> None:
    """Extract the worked example; a review that is another or has a form already is left as it is."""
    if review.slug != DEMO_SLUG or ExtractionForm.objects.filter(review=review).exists():
        return
    with transaction.atomic():
        members = Membership.objects.filter(review=review).select_related("user", "review").order_by("id")
        team = _Team(*members[:4])
        version = _form(team)
        studies = _studies(review)
        cases = {case.key: case for case in entered()}
        differing = sum(_extract(team, version, study, cases[key]) for key, study in studies.items())
        say(f"  {len(studies)} studies extracted by two, {differing} with differences settled by a third")
        _tables(team, version, studies)
        _themes(team, studies)
        create_text(membership=team.first, draft=TextDraft("Models used", TEXT))


def _form(team: _Team) -> FormVersion:
    """The form from its template, tried on its pilot's studies and then used for all."""
    template = TEMPLATES[TEMPLATE]
    version = create_form(
        membership=team.lead,
        settings=FormSettings(FORM_NAME),
        definition=template.definition,
        source=template.title,
    )
    page = DraftPage(team.lead, version.pk, version.edits)
    version = publish(page=page, pilot=True, note="As the review’s table has it.").version
    extractors = [team.first.user_id, team.second.user_id]
    assign_evenly(membership=team.lead, form_id=version.form_id, user_ids=extractors)
    version = put_to_use(membership=team.lead, version_id=version.pk)
    assign_evenly(membership=team.lead, form_id=version.form_id, user_ids=extractors)
    return version


def _studies(review: Review) -> dict[str, Study]:
    """The included studies by the demo's key, told by the record of their report."""
    keys = report_keys(review, build_demo())
    studies = Study.objects.filter(review=review, withdrawn_at=None)
    found = {keys[pk]: study for study, pk in ((s, s.reports.values_list("record_id", flat=True)[0]) for s in studies)}
    return {key: found[key] for key in sorted(found)}


def _extract(team: _Team, version: FormVersion, study: Study, case: Entered) -> bool:
    """Both sheets of a study and its consensus; whether anything differed."""
    sheets = Extraction.objects.filter(form_id=version.form_id, study=study).order_by("place")
    people = {member.user_id: member for member in (team.first, team.second)}
    for sheet in sheets:
        member = people[sheet.extractor_id]
        definition = TEMPLATES[TEMPLATE].definition
        values: dict[Key, Given] = {
            (item, None): _given(definition, item, text) for item, text in case.by(sheet.place).items()
        }
        save_values(membership=member, sheet_id=sheet.pk, values=values)
        mark_ready(membership=member, sheet_id=sheet.pk)
    sides = {item: Side.SECOND if case.right_side(item) == 2 else Side.FIRST for item in ITEMS}
    settle_all(membership=team.third, form_id=version.form_id, study_id=study.pk, sides=sides)
    return bool(case.slips)


def _given(definition: Definition, item_id: str, text: str) -> Given:
    if item_id != "model_family":
        return Given(value=text)
    item = definition.item(item_id)
    ids = {option.label: option.id for option in item.options} if item else {}
    return Given(value=[ids[family] for family in families(text)])


def _tables(team: _Team, version: FormVersion, studies: Mapping[str, Study]) -> None:
    items = (YEAR, "study_design", "underlying_model", "applied_model", "focused_application")
    layout = Layout(
        columns=tuple(TableColumn(item) for item in items),
        sort_by=YEAR,
        footnotes=(
            Footnote("GANITE and CGAN are counted as GANs.", "underlying_model"),
            Footnote("A hybrid, counted as both.", "underlying_model", studies[HYBRID].pk),
        ),
        abbreviations=tuple(abbreviations()),
    )
    create_table(membership=team.lead, form_id=version.form_id, title=TABLE_TITLE, layout=dump_layout(layout))
    crosses = {
        "Model families": CrossLayout("model_family", "", Counting.EACH, Look.BARS),
        "Themes by model family": CrossLayout(THEME, "model_family", Counting.EACH, Look.HEAT),
        "Study designs by year": CrossLayout("study_design", YEAR, Counting.EACH, Look.BUBBLE),
    }
    for title, cross in crosses.items():
        create_table(membership=team.lead, form_id=version.form_id, title=title, layout=dump_cross(cross))


def _themes(team: _Team, studies: Mapping[str, Study]) -> None:
    made: dict[tuple[str, str], int] = {}
    for placed in themes():
        head = (placed.section, placed.theme)
        if head not in made:
            made[head] = create_theme(
                membership=team.lead, draft=ThemeDraft(placed.theme, placed.section, planned=False)
            ).pk
        passage = Passage(note="Cited under this heading of the published text.")
        code_study(membership=team.first, theme_id=made[head], study_id=studies[placed.key].pk, passage=passage)
