"""What was collected: one person's sheet for one study, its repeating groups, its values; and the consensus sheet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from extraction.constants import Mark, SheetKind, SheetState, ValueOrigin
from extraction.models.form import ExtractionForm, FormVersion
from reviewapp.models import Review
from screening.models import Report, Study


class Extraction(models.Model):
    """One sheet: one extractor's for one study, or the consensus of a study."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="extractions")
    form = models.ForeignKey(ExtractionForm, on_delete=models.PROTECT, related_name="sheets")
    version = models.ForeignKey(
        FormVersion, on_delete=models.PROTECT, related_name="sheets", help_text="The version it is filled in with."
    )
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="extractions")
    kind = models.CharField(max_length=11, choices=SheetKind, default=SheetKind.INDEPENDENT)
    extractor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="extractions",
        help_text="Who fills it in; for a consensus sheet, who began it.",
    )
    place = models.PositiveSmallIntegerField(default=1, help_text="1 or 2: first or second extractor of the study.")
    state = models.CharField(max_length=5, choices=SheetState, default=SheetState.OPEN)
    assigned_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["form", "study", "extractor"],
                condition=~Q(kind=SheetKind.CONSENSUS),
                name="sheet_once_per_extractor",
            ),
            models.UniqueConstraint(
                fields=["form", "study", "place"], condition=~Q(kind=SheetKind.CONSENSUS), name="sheet_place_once"
            ),
            models.UniqueConstraint(
                fields=["form", "study"], condition=Q(kind=SheetKind.CONSENSUS), name="sheet_one_consensus"
            ),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="sheet_place_range"),
            models.CheckConstraint(
                condition=Q(state=SheetState.READY, ready_at__isnull=False) | Q(state=SheetState.OPEN, ready_at=None),
                name="sheet_ready_has_time",
            ),
        ]
        indexes = [models.Index(fields=["review", "form", "study"], name="sheet_by_study")]

    def __str__(self) -> str:
        return f"{self.study}: {self.get_kind_display()}"


class GroupEntry(models.Model):
    """One instance of a repeating group on a sheet: an arm, a model, an evaluation within a model.

    `match` is what instances of two sheets have in common when they stand for the same thing; the consensus sheet's
    entry has it too.
    """

    extraction = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="entries")
    group = models.CharField(max_length=40, help_text="Id of the group in the form's definition.")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True)
    label = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()
    match = models.CharField(max_length=40, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "group entries"
        indexes = [models.Index(fields=["extraction", "group"], name="entry_by_sheet")]

    def __str__(self) -> str:
        return self.label or f"{self.group} {self.position}"


class ExtractedValue(models.Model):
    """One value of one item on one sheet, and where in the report it stands. A change supersedes, never overwrites."""

    extraction = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="values")
    item = models.CharField(max_length=40, help_text="Id of the item in the form's definition.")
    entry = models.ForeignKey(GroupEntry, on_delete=models.PROTECT, related_name="values", null=True)
    mark = models.CharField(max_length=14, choices=Mark, default=Mark.VALUE)
    value = models.JSONField(null=True, help_text="Shape by the type of the item: extraction.rules.values.")
    comment = models.TextField(blank=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+", null=True)
    page = models.CharField(max_length=20, blank=True)
    quote = models.TextField(blank=True)
    origin = models.CharField(max_length=12, choices=ValueOrigin, default=ValueOrigin.ENTERED)
    number = models.PositiveIntegerField(
        default=1, help_text="Which value of this cell it is: a stale page is noticed."
    )
    version = models.ForeignKey(
        FormVersion, on_delete=models.PROTECT, related_name="+", help_text="The form's version it was entered with."
    )
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["extraction", "item", "entry"],
                condition=Q(superseded_at=None),
                name="value_one_live_per_cell",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(mark=Mark.VALUE) | Q(value=None), name="value_only_where_something_is_reported"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.value if self.mark == Mark.VALUE else self.get_mark_display()}"
