"""[shell] What screening plugs into pages that span apps."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from reviewapp.contributions import AuditKindGroup, Panel, SettingsPage, Tab, Todo, registry
from reviewapp.models import Membership
from screening.constants import AuditKind, RetrievalStatus, Stage
from screening.models import Report
from screening.queries.audit import AUDIT_WORDS, without_open_votes
from screening.queries.conflicts import sees_conflicts, waiting_conflicts
from screening.queries.duplicates import pairs_to_decide
from screening.queries.offers import open_offer_ids
from screening.queries.overview import review_standing
from screening.queries.questions import asking_batches
from screening.queries.screening import Queue, waiting_for
from screening.services.stages import create_defaults


def can_screen(membership: Membership) -> bool:
    """Leads and reviewers."""
    return membership.can_screen


TABS = (
    Tab(
        "searches",
        "Searches",
        "screening:search_list",
        10,
        prefix="searches/",
        more_prefixes=("imports/", "records/"),
    ),
    Tab("duplicates", "Duplicates", "screening:duplicate_list", 20, prefix="duplicates/"),
    Tab("screening", "Screening", "screening:screen_index", 30, visible=can_screen, prefix="screen/"),
    Tab("conflicts", "Conflicts", "screening:conflict_index", 40, visible=sees_conflicts, prefix="conflicts/"),
    Tab("reports", "Full text", "screening:report_list", 50, prefix="reports/"),
    Tab("studies", "Studies", "screening:study_list", 60, prefix="studies/"),
    Tab("flow", "Flow", "screening:flow_page", 70, prefix="flow/"),
)
OBJECT_TYPES = (
    ("search", "Search"),
    ("importbatch", "Imported file"),
    ("columnmapping", "Remembered columns"),
    ("record", "Record"),
    ("duplicatepair", "Pair of records"),
    ("duplicatesettings", "Duplicate settings"),
    ("report", "Report"),
    ("study", "Study"),
    ("studyoffer", "Two records of one study?"),
    ("stagesettings", "Screening settings"),
)


def _plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _todo(membership: Membership, count: int, words: tuple[str, str], target: tuple[str, str, Stage | None]) -> Todo:
    action, name, stage = target
    args = [membership.review_id, *([stage] if stage else [])]
    return Todo(_plural(count, *words), count, reverse(name, args=args), action)


def _questions(membership: Membership) -> Iterator[Todo]:
    """Files that wait for a lead's answer; a single one is a link to its question."""
    asking = asking_batches(membership.review_id)
    if not asking:
        return
    url = reverse("screening:search_list", args=[membership.review_id])
    if len(asking) == 1:
        url = reverse("screening:batch_question", args=[membership.review_id, asking[0]])
    words = _plural(len(asking), "file that waits for your answer", "files that wait for your answer")
    yield Todo(words, len(asking), url, "Answer")


def todos(membership: Membership) -> Iterator[Todo]:
    """What waits for this member, most urgent first; only what there is."""
    for stage in Stage:
        conflicts = waiting_conflicts(membership, stage).count() if sees_conflicts(membership) else 0
        if conflicts:
            place = f"at {stage.label.lower()}"
            yield _todo(
                membership,
                conflicts,
                (f"conflict to settle {place}", f"conflicts to settle {place}"),
                ("Settle", "screening:conflict_list", stage),
            )
    if membership.is_lead:
        yield from _questions(membership)
    if not membership.can_screen:
        return
    nouns = {
        Stage.TITLE_ABSTRACT: ("record to screen", "records to screen"),
        Stage.FULL_TEXT: ("report to assess by its full text", "reports to assess by their full text"),
    }
    for stage in Stage:
        waiting = waiting_for(Queue(membership.review_id, stage, membership.user_id))
        if waiting:
            yield _todo(membership, waiting, nouns[stage], ("Screen", "screening:screen_open", stage))
    pairs = pairs_to_decide(membership)
    if pairs:
        words = ("doubtful pair of records to decide", "doubtful pairs of records to decide")
        yield _todo(membership, pairs, words, ("Decide", "screening:duplicate_queue", None))
    offers = len(open_offer_ids(membership.review_id))
    if offers:
        words = ("pair of records that may be of one study", "pairs of records that may be of one study")
        yield _todo(membership, offers, words, ("Look", "screening:offer_list", None))
    sought = Report.objects.filter(
        review_id=membership.review_id, withdrawn_at=None, retrieval_status=RetrievalStatus.SOUGHT
    ).count()
    if sought:
        words = ("report to retrieve", "reports to retrieve")
        yield _todo(membership, sought, words, ("Retrieve", "screening:report_list", None))


def register() -> None:
    """Register everything; called once by ScreeningConfig.ready()."""
    for tab in TABS:
        registry.tabs[tab.name] = tab
    registry.todos["screening"] = todos
    registry.panels["screening"] = Panel(
        "screening",
        10,
        "screening/fragments/overview_standing.html",
        lambda membership: {"standing": review_standing(membership.review_id)},
    )
    registry.review_setup["screening"] = create_defaults
    registry.setup_steps["screening"] = "screening:screening_settings"
    registry.settings_pages["screening"] = SettingsPage(
        "screening",
        "Screening",
        "Reviewers per stage and the ordered exclusion reasons.",
        "screening:screening_settings",
        10,
    )
    kinds = [(str(value), str(label)) for value, label in AuditKind.choices]
    registry.audit_kinds["screening"] = AuditKindGroup("Screening", kinds, OBJECT_TYPES)
    registry.audit_words |= {f"screening.{name}": words for name, words in AUDIT_WORDS.items()}
    registry.audit_blinds["screening"] = without_open_votes
