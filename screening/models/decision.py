"""Judgements: settings of a stage, exclusion reasons, who works on what, decisions and adjudications."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from reviewapp.models import Review
from screening.constants import DEFAULT_REQUIRED, MAX_REQUIRED, AdjudicationKind, Stage, Verdict
from screening.models.record import Record
from screening.models.report import Report
from screening.models.search import ImportBatch


class StageSettings(models.Model):
    """How many independent reviewers judge each record (or report) at a stage."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="stage_settings")
    stage = models.CharField(max_length=14, choices=Stage)
    required = models.PositiveSmallIntegerField(
        default=DEFAULT_REQUIRED, validators=[MinValueValidator(1), MaxValueValidator(MAX_REQUIRED)]
    )

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "stage settings"
        constraints = [
            models.UniqueConstraint(fields=["review", "stage"], name="stage_settings_once"),
            models.CheckConstraint(
                condition=Q(required__gte=1, required__lte=MAX_REQUIRED), name="stage_required_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.required}"


class ExclusionReason(models.Model):
    """One of the review's ordered reasons; the first criterion that fails is the reason. Retired, not deleted."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="exclusion_reasons")
    text = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint("review", Lower("text"), name="reason_once_per_review")]

    def __str__(self) -> str:
        return self.text


def exactly_one_target(stage_field: str = "stage") -> Q:
    """Title/abstract judges a record, full text a report."""
    return Q(**{stage_field: Stage.TITLE_ABSTRACT}, record__isnull=False, report=None) | Q(
        **{stage_field: Stage.FULL_TEXT}, record=None, report__isnull=False
    )


class Judgement(models.Model):
    """What Decision and Adjudication have in common: a stage, its record or report, a verdict, perhaps a reason."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=14, choices=Stage)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="%(class)ss", null=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="%(class)ss", null=True)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.ForeignKey(ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Decision(Judgement):
    """One reviewer's own judgement at one stage. Append-only: a change supersedes, never overwrites."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    brought_in_from = models.ForeignKey(
        ImportBatch,
        on_delete=models.PROTECT,
        related_name="decisions",
        null=True,
        help_text="The file of a project screened elsewhere that held this vote.",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=exactly_one_target(), name="decision_one_target"),
            models.CheckConstraint(
                condition=Q(stage=Stage.TITLE_ABSTRACT) | ~Q(verdict=Verdict.MAYBE),
                name="decision_maybe_only_title_abstract",
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE, reason__isnull=False)
                | (~Q(stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE) & Q(reason=None)),
                name="decision_full_text_exclude_has_reason",
            ),
            models.UniqueConstraint(
                fields=["record", "reviewer"],
                condition=Q(superseded_at=None, report=None),
                name="decision_one_live_per_record",
            ),
            models.UniqueConstraint(
                fields=["report", "reviewer"],
                condition=Q(superseded_at=None, record=None),
                name="decision_one_live_per_report",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review", "stage", "reviewer", "-id"],
                condition=Q(superseded_at=None),
                name="decision_by_reviewer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.get_stage_display()})"


class Adjudication(Judgement):
    """The resolving judgement of a third reviewer, or a recorded consensus. Never anyone's Decision.

    A consensus is proposed by one of the reviewers and holds once another reviewer of the target has confirmed it
    (`confirmed_at`); a third reviewer's adjudication is confirmed by itself.
    """

    kind = models.CharField(max_length=16, choices=AdjudicationKind)
    rationale = models.TextField()
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications")
    decided_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=exactly_one_target(), name="adjudication_one_target"),
            models.CheckConstraint(condition=~Q(verdict=Verdict.MAYBE), name="adjudication_never_maybe"),
            models.CheckConstraint(condition=~Q(rationale=""), name="adjudication_has_rationale"),
            models.CheckConstraint(
                condition=Q(stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE, reason__isnull=False)
                | (~Q(stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE) & Q(reason=None)),
                name="adjudication_full_text_exclude_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind=AdjudicationKind.CONSENSUS) | Q(confirmed_at__isnull=False),
                name="adjudication_third_reviewer_is_confirmed",
            ),
            models.UniqueConstraint(
                fields=["record"], condition=Q(superseded_at=None, report=None), name="adjudication_one_live_per_record"
            ),
            models.UniqueConstraint(
                fields=["report"], condition=Q(superseded_at=None, record=None), name="adjudication_one_live_per_report"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.get_kind_display()})"


class Claim(models.Model):
    """A reviewer's place at one record or report, so that people who screen together get work without colliding.

    A target has as many slots as its stage requires reviewers. A claim without a vote expires; a vote makes it lasting.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=14, choices=Stage)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="claims", null=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="claims", null=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    slot = models.PositiveSmallIntegerField()
    claimed_at = models.DateTimeField()
    voted = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=exactly_one_target(), name="claim_one_target"),
            models.CheckConstraint(condition=Q(slot__gte=1, slot__lte=MAX_REQUIRED), name="claim_slot_range"),
            models.UniqueConstraint(fields=["record", "slot"], name="claim_record_slot"),
            models.UniqueConstraint(fields=["report", "slot"], name="claim_report_slot"),
            models.UniqueConstraint(fields=["record", "reviewer"], name="claim_record_reviewer"),
            models.UniqueConstraint(fields=["report", "reviewer"], name="claim_report_reviewer"),
        ]
        indexes = [models.Index(fields=["review", "stage", "reviewer"], condition=Q(voted=False), name="claim_open")]

    def __str__(self) -> str:
        return f"slot {self.slot} of {self.record_id or self.report_id}"


class ElsewhereVote(models.Model):
    """A vote on one of our records that an imported file reports from a project screened elsewhere.

    It counts for nothing until a lead says which member the reviewer is: then it becomes that member's Decision. One
    whose reviewer is no member stays a count, "screened elsewhere".
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="elsewhere_votes")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="elsewhere_votes")
    reviewer = models.CharField(max_length=200, help_text="As the file calls them.")
    stage = models.CharField(max_length=14, choices=Stage)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["record", "stage", "reviewer"], name="elsewhere_vote_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.get_verdict_display()}"
