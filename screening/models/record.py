"""What is identified and screened: records, and pairs of them that may be duplicates."""

from __future__ import annotations

from copy import copy

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from reviewapp.models import Review
from screening.constants import OfferState, PairVerdict, PairZone, RemovalReason, ScreeningStatus
from screening.models.search import ImportBatch, Search
from screening.rules.borrowed import borrowed_values, origins


class RecordFields(models.Model):
    """What a source said of one report; the columns shared by Record and its staging table."""

    position = models.PositiveIntegerField(help_text="Which entry of the file, from 1.")
    line = models.PositiveBigIntegerField(default=0)
    title = models.TextField(blank=True)
    original_title = models.TextField(blank=True)
    authors = models.JSONField(default=list, help_text="[{family, given, particle, collective, raw}] in order.")
    year = models.PositiveSmallIntegerField(null=True)
    date = models.CharField(max_length=60, blank=True)
    journal = models.TextField(blank=True)
    journal_abbreviation = models.TextField(blank=True)
    volume = models.TextField(blank=True)
    issue = models.TextField(blank=True)
    pages = models.TextField(blank=True)
    abstract = models.TextField(blank=True)
    doi = models.TextField(blank=True)
    pmid = models.TextField(blank=True)
    pmcid = models.TextField(blank=True)
    accession_numbers = models.JSONField(default=list)
    issn = models.JSONField(default=list)
    isbn = models.JSONField(default=list)
    keywords = models.JSONField(default=list)
    publication_type = models.TextField(blank=True)
    language = models.TextField(blank=True)
    urls = models.JSONField(default=list)
    notes = models.TextField(blank=True)
    raw = models.TextField(blank=True, help_text="The source's entry, unchanged.")
    other = models.JSONField(default=list)
    warnings = models.JSONField(default=list)

    class Meta:
        abstract = True


class StagedRecord(RecordFields):
    """An entry of a file that is still being read. Becomes a Record, with all others of its file, in one transaction;
    until then it is counted nowhere. The table is UNLOGGED: written once less, and empty after a crash of the database,
    when the import starts again anyway. Without a foreign key or an index of its own for the batch: the unique
    constraint serves for finding, and a batch is never deleted."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="staged_records", db_constraint=False, db_index=False
    )
    votes = models.JSONField(default=list, help_text="Votes made elsewhere: [{reviewer, verdict, stage, reason}].")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="staged_once_per_position")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"


class Record(RecordFields):
    """The title and/or abstract of a report as indexed in a source. Never deleted.

    `duplicate_of` always points at a record that is no duplicate itself; `removal_reason` says why a record is not
    screened.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="records")
    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="records")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="records")
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, related_name="duplicates", null=True)
    removal_reason = models.CharField(
        max_length=12,
        choices=RemovalReason,
        blank=True,
        default="",
        help_text="Empty while the record is to be screened.",
    )
    title_abstract_status = models.CharField(max_length=10, choices=ScreeningStatus, default=ScreeningStatus.PENDING)
    borrowed = models.JSONField(
        null=True,
        help_text='Fields shown as a duplicate gave them: {field: {"from": record id, "value": …}}. None without any.',
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="record_once_per_position"),
            models.CheckConstraint(
                condition=Q(duplicate_of=None) | ~Q(duplicate_of=F("id")), name="record_not_its_own_duplicate"
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of=None, removal_reason="")
                | Q(duplicate_of=None, removal_reason__in=[RemovalReason.AUTOMATION, RemovalReason.OTHER])
                | Q(duplicate_of__isnull=False, removal_reason=RemovalReason.DUPLICATE),
                name="record_duplicate_has_its_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review", "title_abstract_status", "id"],
                condition=Q(removal_reason=""),
                name="record_screening_queue",
            ),
            models.Index(fields=["review", "id"], name="record_review"),
        ]

    def __str__(self) -> str:
        return self.title or f"Record {self.pk} (no title)"

    def as_shown(self) -> Record:
        """The record as people see it, what it borrows in place of its own: a copy for reading, never to be saved."""
        values = borrowed_values(self.borrowed)
        if not values:
            return self
        shown = copy(self)
        for name, value in values.items():
            setattr(shown, name, value)
        return shown

    @property
    def origins(self) -> list[str]:
        """Where what it borrows comes from, in words: "Abstract from Scopus (#12)"."""
        return origins(self.borrowed)

    @property
    def author_names(self) -> list[str]:
        """Authors for display, "Family Given" each."""
        return [" ".join(filter(None, (a["particle"], a["family"], a["given"]))) for a in self.authors]

    @property
    def first_author(self) -> str:
        """Family name of the first author, or an empty string."""
        return self.authors[0]["family"] if self.authors else ""


class DuplicatePair(models.Model):
    """Two records that the duplicate finder or a person thought might be the same report, and what holds now."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="duplicate_pairs")
    first = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField(null=True, help_text="None for a pair that a person named.")
    zone = models.CharField(max_length=10, choices=PairZone)
    reasons = models.JSONField(default=list)
    vetoed = models.BooleanField(default=False, help_text="A rule forbids the system to merge them by itself.")
    verdict = models.CharField(max_length=10, choices=PairVerdict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True, help_text="Empty while open.")
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="The reviewer who met the duplicate while screening; a lead confirms it.",
    )
    marked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_ordered"),
            models.CheckConstraint(
                condition=Q(verdict=PairVerdict.OPEN, decided_at=None, decided_by=None)
                | (~Q(verdict=PairVerdict.OPEN) & Q(decided_at__isnull=False)),
                name="pair_decided_or_open",
            ),
        ]
        indexes = [models.Index(fields=["review", "verdict", "-probability"], name="pair_queue")]

    def __str__(self) -> str:
        return f"{self.first_id} / {self.second_id}: {self.get_verdict_display()}"

    @property
    def is_automatic(self) -> bool:
        """True where the system, not a person, decided."""
        return self.verdict != PairVerdict.OPEN and self.decided_by_id is None

    @property
    def probable(self) -> str:
        """How probable it is that both are one report, for people: "97 %", ">99 %"; "–" for a pair a person named."""
        if self.probability is None:
            return "–"
        if self.probability >= 0.995:
            return ">99 %"
        return f"{round(100 * self.probability)} %" if self.probability >= 0.005 else "<1 %"


class DuplicateSettings(models.Model):
    """How a review looks for duplicates: the two thresholds, and whose description is kept. No row: the usual."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="duplicate_settings")
    certain = models.FloatField(help_text="From this probability on the system merges by itself.")
    doubtful = models.FloatField(help_text="From this probability on a person is asked.")
    source_order = models.JSONField(
        default=list, help_text="Ids of searches, the preferred first: decides which of equals is kept."
    )
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duplicate settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(doubtful__gt=0, doubtful__lte=F("certain"), certain__lte=1),
                name="duplicate_thresholds_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.doubtful:.2f} / {self.certain:.2f}"


class StudyOffer(models.Model):
    """Two records of different reports that seem to be of one study: never merged, offered for linking."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="study_offers")
    first = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="study_offer_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="study_offer_ordered"),
        ]
        indexes = [models.Index(fields=["review", "state", "id"], name="study_offer_list")]

    def __str__(self) -> str:
        return f"{self.first_id} / {self.second_id}: {self.get_state_display()}"
