"""Two reviewers' votes and an adjudicator's rulings, such that the settled result of each report is its fate.

The rule they must satisfy is the app's (``rules/consensus.py``): MAYBE leans in, EXCLUDE against any other verdict is a
conflict, and at full text two exclusions for different reasons are a conflict too.
"""

import random
from collections.abc import Sequence
from typing import Final

from screening.demo.types import Fate, FullTextReason, Report, Ruling, StageVotes, Vote

INCLUDE: Final = Vote("INCLUDE")
EXCLUDE: Final = Vote("EXCLUDE")
_CONFLICTS_KEPT: Final = 10
_CONFLICTS_DROPPED: Final = 8
_BOTH_UNSURE: Final = 3
_ONE_UNSURE: Final = 8
_FULL_TEXT_KEPT: Final = 3
_FULL_TEXT_DROPPED: Final = 3
_REASON_CONFLICTS: Final = 3
_NOTES: Final = (
    "Title suggests a generative model, the abstract is not clear about it.",
    "Patient-level output? Needs the full text.",
    "Model is described only in passing.",
    "Could be a preprint; check the publication status.",
)
_KEEP_RATIONALES: Final = (
    "A generative model with output for one patient; the full text will show whether it was evaluated.",
    "Individual treatment is the stated purpose; keep for full text.",
    "In doubt, the report goes forward.",
    "The generative part is in the methods, not in the title.",
)
_DROP_RATIONALES: Final = (
    "No generative model is applied to patients.",
    "The model predicts for groups; nothing is generated for an individual.",
    "The setting is outside health care.",
    "A measurement study of methods, without patients.",
)
_FULL_TEXT_KEEP: Final = "Generated output is evaluated for individual patients; the design meets the criteria."
_FULL_TEXT_DROP: Final = "The first criterion that fails, in the order of the protocol, decides the reason."
_RETRIEVAL_NOTES: Final = (
    "Not held by either library; request through interlibrary loan unanswered after three weeks.",
    "Behind a paywall; the corresponding author did not reply to two messages.",
    "The link leads to an empty page, and no other copy was found.",
    "Only the abstract was published.",
)


def title_abstract_votes(reports: Sequence[Report], rng: random.Random) -> dict[str, StageVotes]:
    """Votes at title and abstract for all reports; 18 of them in conflict."""
    kept = [r.key for r in reports if r.fate is not Fate.EXCLUDED_TITLE_ABSTRACT]
    dropped = [r.key for r in reports if r.fate is Fate.EXCLUDED_TITLE_ABSTRACT]
    votes = {key: StageVotes(INCLUDE, INCLUDE) for key in kept} | {key: StageVotes(EXCLUDE, EXCLUDE) for key in dropped}
    unsettled = rng.sample(kept, k=_CONFLICTS_KEPT + _BOTH_UNSURE + _ONE_UNSURE)
    for key in unsettled[:_CONFLICTS_KEPT]:
        votes[key] = _against(rng, Ruling("INCLUDE", rng.choice(_KEEP_RATIONALES)))
    for key in unsettled[_CONFLICTS_KEPT : _CONFLICTS_KEPT + _BOTH_UNSURE]:
        votes[key] = StageVotes(_unsure(rng), _unsure(rng))
    for key in unsettled[_CONFLICTS_KEPT + _BOTH_UNSURE :]:
        votes[key] = _either_way(_unsure(rng), INCLUDE, None, rng)
    for key in rng.sample(dropped, k=_CONFLICTS_DROPPED):
        votes[key] = _against(rng, Ruling("EXCLUDE", rng.choice(_DROP_RATIONALES)))
    return votes


def full_text_votes(reports: Sequence[Report], rng: random.Random) -> dict[str, StageVotes]:
    """Votes at full text for the reports retrieved; nine of them in conflict, three on the reason alone."""
    kept = [r for r in reports if r.fate is Fate.INCLUDED]
    dropped = [r for r in reports if r.fate is Fate.FULL_TEXT_EXCLUDED]
    votes = {r.key: StageVotes(INCLUDE, INCLUDE) for r in kept}
    votes |= {r.key: StageVotes(Vote("EXCLUDE", r.reason), Vote("EXCLUDE", r.reason)) for r in dropped}
    for r in rng.sample(kept, k=_FULL_TEXT_KEPT):
        other = Vote("EXCLUDE", rng.choice(list(FullTextReason)))
        votes[r.key] = _either_way(INCLUDE, other, Ruling("INCLUDE", _FULL_TEXT_KEEP), rng)
    contested = rng.sample(dropped, k=_FULL_TEXT_DROPPED + _REASON_CONFLICTS)
    for place, r in enumerate(contested):
        other = Vote("EXCLUDE", _another(r.reason, rng)) if place < _REASON_CONFLICTS else INCLUDE
        ruling = Ruling("EXCLUDE", _FULL_TEXT_DROP, r.reason)
        votes[r.key] = _either_way(Vote("EXCLUDE", r.reason), other, ruling, rng)
    return votes


def retrieval_notes(reports: Sequence[Report], rng: random.Random) -> dict[str, str]:
    """Why each of the reports not retrieved could not be had."""
    return {r.key: rng.choice(_RETRIEVAL_NOTES) for r in reports if r.fate is Fate.NOT_RETRIEVED}


def _another(reason: FullTextReason | None, rng: random.Random) -> FullTextReason:
    return rng.choice([other for other in FullTextReason if other is not reason])


def _unsure(rng: random.Random) -> Vote:
    return Vote("MAYBE", note=rng.choice(_NOTES) if rng.random() < 0.6 else "")


def _against(rng: random.Random, ruling: Ruling) -> StageVotes:
    """One reviewer excludes; the other includes or is unsure."""
    return _either_way(rng.choice((INCLUDE, _unsure(rng))), EXCLUDE, ruling, rng)


def _either_way(one: Vote, other: Vote, ruling: Ruling | None, rng: random.Random) -> StageVotes:
    first, second = (one, other) if rng.random() < 0.5 else (other, one)
    return StageVotes(first, second, ruling)
