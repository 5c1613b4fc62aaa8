"""Stored choices of the extraction app."""

from __future__ import annotations

from django.db.models import TextChoices


class FormState(TextChoices):
    """Life of one version of a form: drafted, tried on some studies, in use, replaced by the next."""

    DRAFT = "draft", "Draft"
    PILOT = "pilot", "Pilot"
    IN_USE = "in_use", "In use"
    RETIRED = "retired", "Replaced"


class ExtractionMode(TextChoices):
    """How two people share the work."""

    DOUBLE = "double", "Two people extract, each blind to the other"
    CHECKED = "checked", "One person extracts, another checks"


class ItemType(TextChoices):
    """What an item takes. Every item also takes "not reported" and "not applicable"."""

    TEXT = "text", "Text"
    LONG_TEXT = "long_text", "Long text"
    INTEGER = "integer", "Whole number"
    NUMBER = "number", "Number"
    RANGE = "range", "Range"
    ESTIMATE = "estimate", "Estimate with CI, SE or p"
    DATE = "date", "Date"
    YEAR = "year", "Year"
    YES_NO = "yes_no", "Yes / no / unclear / not reported"
    SINGLE = "single", "One choice"
    MULTIPLE = "multiple", "Several choices"
    SINGLE_OTHER = "single_other", "One choice, or other"
    VOCABULARY = "vocabulary", "Vocabulary that the team extends"
    TABLE = "table", "Table"
    FILE = "file", "File"
    QUOTATION = "quotation", "Quotation"
    DERIVED = "derived", "Derived by a formula"


class SheetKind(TextChoices):
    """Whose sheet it is."""

    INDEPENDENT = "independent", "One extractor's own"
    CHECK = "check", "Checked by a second person"
    CONSENSUS = "consensus", "Consensus"


class SheetState(TextChoices):
    """READY locks one's own sheet; both ready opens the comparison."""

    OPEN = "open", "Being filled"
    READY = "ready", "Ready"


class Mark(TextChoices):
    """What stands in a cell."""

    VALUE = "value", "Value"
    NOT_REPORTED = "not_reported", "Not reported"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ValueOrigin(TextChoices):
    """How a value came about."""

    ENTERED = "entered", "Entered"
    DERIVED = "derived", "Derived"
    AGREED = "agreed", "Both extractors gave it"
    TAKEN_FIRST = "taken_first", "Taken from the first extractor"
    TAKEN_SECOND = "taken_second", "Taken from the second extractor"
    SETTLED = "settled", "Written when settling"
    MIGRATED = "migrated", "Carried over from an earlier version of the form"


class JobKind(TextChoices):
    """Background work of this app."""

    EXPORT = "extraction.export", "Export of an evidence table"


class AuditKind(TextChoices):
    """What happened, for events of this app."""

    FORM_CREATED = "extraction.form_created", "Extraction form made"
    FORM_CHANGED = "extraction.form_changed", "Extraction form changed"
    FORM_PUBLISHED = "extraction.form_published", "Extraction form put to use"
    ASSIGNED = "extraction.assigned", "Extractor assigned"
    VALUE_ENTERED = "extraction.value", "Value entered"
    GROUP_CHANGED = "extraction.group", "Repeating group changed"
    SHEET_READY = "extraction.ready", "Sheet ready"
    SHEET_REOPENED = "extraction.reopened", "Sheet reopened"
    VALUE_SETTLED = "extraction.settled", "Value settled"
    CONSENSUS_READY = "extraction.consensus", "Consensus sheet ready"
    TERM_PROPOSED = "extraction.term_proposed", "Term proposed"
    TERM_ANSWERED = "extraction.term_answered", "Term approved or declined"
    TABLE_CHANGED = "extraction.table", "Evidence table changed"
    THEME_CHANGED = "extraction.theme", "Theme changed"
    STUDY_CODED = "extraction.coded", "Study coded to a theme"
    TEXT_CHANGED = "extraction.text", "Text block changed"


DEFAULT_PILOT = 2
"""Studies on which a form is tried first."""
