"""When are a record's or a report's independent decisions enough, and what do they say together?

Said once for the whole app. The rule (Cochrane Handbook ch. 4, MECIR C39): at least ``required`` people judge
independently; they must all lean the same way; a disagreement is settled by an adjudication, which is no vote.

* MAYBE leans in: it goes forward like INCLUDE when nobody excludes, and is a conflict against EXCLUDE.
* At full text there is no MAYBE, an EXCLUDE names exactly one reason, and excluders must name the same one.
* One decision alone is never a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screening.constants import ScreeningStatus, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's judgement on one record or report at one stage: the live one, never a superseded one."""

    reviewer_id: int
    verdict: Verdict
    reason_id: int | None = None


def leans_in(verdict: Verdict) -> bool:
    """Whether a verdict counts as INCLUDE: MAYBE does, as it also does in agreement figures."""
    return verdict in (Verdict.INCLUDE, Verdict.MAYBE)


def settle(*, stage: Stage, required: int, votes: Sequence[Vote], adjudication: Vote | None = None) -> ScreeningStatus:
    """The status that follows from the live votes and, where there is one, the adjudication.

    ``required`` is the number of independent reviewers the stage asks for (1 or more). More votes than that are all
    heard. Raises ValueError for input the database constraints rule out (see ``_check``).
    """
    _check(stage=stage, required=required, votes=votes, adjudication=adjudication)
    if adjudication is not None:
        return ScreeningStatus.INCLUDED if leans_in(adjudication.verdict) else ScreeningStatus.EXCLUDED
    if len(votes) < required:
        return ScreeningStatus.PENDING
    if all(leans_in(vote.verdict) for vote in votes):
        return ScreeningStatus.INCLUDED
    if any(leans_in(vote.verdict) for vote in votes) or _reasons_differ(stage, votes):
        return ScreeningStatus.CONFLICT
    return ScreeningStatus.EXCLUDED


def settled_reason(
    *, stage: Stage, required: int, votes: Sequence[Vote], adjudication: Vote | None = None
) -> int | None:
    """The exclusion reason that stands: the adjudication's, or the one all excluders gave; None where none stands.

    At title and abstract a reason is optional, so differing or missing ones leave None and are no conflict.
    """
    status = settle(stage=stage, required=required, votes=votes, adjudication=adjudication)
    if status != ScreeningStatus.EXCLUDED:
        return None
    if adjudication is not None:
        return adjudication.reason_id
    reasons = {vote.reason_id for vote in votes}
    return reasons.pop() if len(reasons) == 1 else None


def _reasons_differ(stage: Stage, votes: Sequence[Vote]) -> bool:
    return stage == Stage.FULL_TEXT and len({vote.reason_id for vote in votes}) > 1


def _check(*, stage: Stage, required: int, votes: Sequence[Vote], adjudication: Vote | None) -> None:
    if required < 1:
        raise ValueError(f"a stage needs at least one reviewer, not {required}")
    if len({vote.reviewer_id for vote in votes}) != len(votes):
        raise ValueError("two live votes by one reviewer: pass only the one that stands")
    judgements = [*votes] if adjudication is None else [*votes, adjudication]
    if adjudication is not None and adjudication.verdict == Verdict.MAYBE:
        raise ValueError("an adjudication includes or excludes; it cannot be a maybe")
    if stage != Stage.FULL_TEXT:
        return
    for judgement in judgements:
        if judgement.verdict == Verdict.MAYBE:
            raise ValueError("maybe exists only at title and abstract")
        if judgement.verdict == Verdict.EXCLUDE and judgement.reason_id is None:
            raise ValueError("an exclusion at full text names its reason")
