"""With what the review judges risk of bias. After the first judgement a change is an amendment and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from bias.constants import (
    DEFAULT_ASSESSORS,
    DEFAULT_PILOT,
    MAX_ASSESSORS,
    AuditKind,
    InstrumentState,
)
from bias.instruments.finishing import scale_missing
from bias.instruments.judgement import is_adapted, levels_of
from bias.instruments.registry import CUSTOM_KEY, INSTRUMENTS, instrument_of
from bias.instruments.types import Instrument, InstrumentError
from bias.models import BiasSettings, CustomInstrument
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, Review

QUESTION_FIELDS = ("population", "setting", "predictors", "outcome", "moment", "use")
"""Step 1: for whom, where, from what, what is predicted, at which moment, for what use."""
MAX_PILOT = 20
_PLAIN = ("instrument", "scale", "overall_rule", "judges_applicability", "assessors", "pilot_studies", "why_this_tool")


@dataclass(frozen=True, kw_only=True)
class SettingsDraft:
    """The settings as a lead wants them. ``custom_id``: the version of the team's own instrument, for "custom"."""

    instrument: str
    scale: str
    custom_id: int | None = None
    level_definitions: Mapping[str, str] = field(default_factory=dict)
    overall_rule: str = ""
    judges_applicability: bool = True
    assessors: int = DEFAULT_ASSESSORS
    pilot_studies: int = DEFAULT_PILOT
    question: Mapping[str, str] = field(default_factory=dict)
    why_this_tool: str = ""


def require_lead(membership: Membership) -> None:
    """Raises ForbiddenError for everyone else."""
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can do this.")


def stamp_of(settings: BiasSettings | None) -> str:
    """Tells one state of the settings from another, for a page that was drawn from it."""
    return settings.changed_at.isoformat() if settings else ""


@transaction.atomic
def save_settings(
    *, membership: Membership, draft: SettingsDraft, reason: str = "", seen: str | None = None
) -> BiasSettings:
    """Set or change the settings. ``seen`` is the stamp of the state the lead saw; None asks nothing.

    Raises ForbiddenError for others than leads, StaleError if the settings changed since ``seen``, DomainError for a
    scale the instrument does not allow, an unknown instrument, numbers out of range, an adapted scale that is not
    fully defined once judging has begun, and an amendment without a reason.
    """
    require_lead(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    settings = BiasSettings.objects.select_related("custom").filter(review_id=membership.review_id).first()
    if seen is not None and seen != stamp_of(settings):
        raise StaleError("Somebody changed these settings meanwhile. Look at them again.")
    custom = _custom(membership, draft)
    _check(draft, custom, fixed=settings is not None and settings.fixed_at is not None)
    occasion = Occasion(membership.review, membership.user)
    before = as_json(settings) if settings else {}
    amends = settings is not None and settings.fixed_at is not None
    settings = settings or BiasSettings(review=membership.review)
    _apply(settings, draft, custom)
    after = as_json(settings)
    if after == before:
        return settings
    if amends and not reason.strip():
        raise DomainError("Judging has begun: say why the protocol is amended.", field="reason")
    settings.changed_by, settings.changed_at = membership.user, occasion.at
    settings.save()
    _use(custom)
    log_event(
        occasion,
        AuditKind.SETTINGS_CHANGED,
        settings,
        label="Risk of bias",
        before={name: value for name, value in before.items() if after[name] != value},
        after={
            **{name: value for name, value in after.items() if before.get(name) != value},
            **({"reason": reason.strip()} if amends else {}),
        },
    )
    return settings


def _custom(membership: Membership, draft: SettingsDraft) -> CustomInstrument | None:
    if draft.instrument != CUSTOM_KEY:
        return None
    own = CustomInstrument.objects.filter(review_id=membership.review_id, pk=draft.custom_id or 0).first()
    if own is None:
        raise DomainError("Choose one of the team's own instruments.", field="custom_id")
    return own


def _check(draft: SettingsDraft, custom: CustomInstrument | None, *, fixed: bool) -> None:
    if custom is None and draft.instrument not in INSTRUMENTS:
        raise DomainError("Choose an instrument.", field="instrument")
    try:
        instrument = instrument_of(draft.instrument, custom.definition if custom else None)
        adapted = is_adapted(instrument, draft.scale)
    except InstrumentError as problem:
        raise DomainError(str(problem), field="scale") from problem
    if not 1 <= draft.assessors <= MAX_ASSESSORS:
        raise DomainError(f"Between 1 and {MAX_ASSESSORS} people can assess a study.", field="assessors")
    if not 0 <= draft.pilot_studies <= MAX_PILOT:
        raise DomainError(f"Between 0 and {MAX_PILOT} studies can be for calibration.", field="pilot_studies")
    if adapted and fixed:
        missing = scale_missing(instrument, draft.scale, draft.level_definitions, draft.overall_rule)
        if missing:
            raise DomainError(missing[0].text, field="overall_rule")


def _levels(instrument: Instrument, draft: SettingsDraft) -> dict[str, str]:
    return {
        level: draft.level_definitions[level].strip()
        for level in levels_of(draft.scale, instrument)
        if draft.level_definitions.get(level, "").strip()
    }


def _apply(settings: BiasSettings, draft: SettingsDraft, custom: CustomInstrument | None) -> None:
    for name in _PLAIN:
        value = getattr(draft, name)
        setattr(settings, name, value.strip() if isinstance(value, str) else value)
    settings.custom = custom
    instrument = instrument_of(draft.instrument, custom.definition if custom else None)
    settings.level_definitions = _levels(instrument, draft)
    settings.question = {
        name: draft.question[name].strip() for name in QUESTION_FIELDS if draft.question.get(name, "").strip()
    }


def _use(custom: CustomInstrument | None) -> None:
    """A version that is chosen is in use: it does not change any more."""
    if custom is not None and custom.state == InstrumentState.DRAFT:
        custom.state = InstrumentState.IN_USE
        custom.save(update_fields=["state"])


def as_json(settings: BiasSettings) -> dict[str, Any]:
    """What the log keeps of the settings."""
    names = (*_PLAIN, "level_definitions", "question")
    return {**{name: getattr(settings, name) for name in names}, "custom": settings.custom_id}
