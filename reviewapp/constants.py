"""Stored choices of the core app: each is a named class, spelled as the field spells it."""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    """A person's part in one review."""

    LEAD = "lead", "Lead"
    REVIEWER = "reviewer", "Reviewer"
    OBSERVER = "observer", "Observer"


class Settlement(TextChoices):
    """How a disagreement between independent reviewers is settled."""

    THIRD_REVIEWER = "third_reviewer", "A third reviewer decides"
    CONSENSUS = "consensus", "The reviewers agree on a recorded consensus"


class JobState(TextChoices):
    """Life of one piece of background work."""

    QUEUED = "queued", "Waiting to start"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)


class AuditKind(TextChoices):
    """What happened, for events of the core app. Other apps keep their own list in their constants."""

    REVIEW_CREATED = "review.created", "Review created"
    REVIEW_CHANGED = "review.changed", "Review changed"
    MEMBER_ADDED = "member.added", "Member added"
    MEMBER_CHANGED = "member.changed", "Member's role changed"
    MEMBER_REMOVED = "member.removed", "Member removed"
    INVITATION_SENT = "invitation.sent", "Invitation sent"
    INVITATION_REVOKED = "invitation.revoked", "Invitation withdrawn"
    INVITATION_ACCEPTED = "invitation.accepted", "Invitation accepted"
    JOB_FAILED = "job.failed", "Background work failed"
    JOB_CANCELLED = "job.cancelled", "Background work cancelled"
    ACCOUNT_RENAMED = "account.renamed", "Name changed"
    ACCOUNT_CHANGED = "account.changed", "Account changed by an administrator"


class InvitationState(TextChoices):
    """Where an invitation stands; derived from its times, never stored."""

    OPEN = "open", "Open"
    USED = "used", "Used"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"


INVITATION_VALID_DAYS = 14

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|")
"""With one of these a cell begins that a spreadsheet would run as a formula (OWASP)."""
