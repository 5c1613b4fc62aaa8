"""Stored choices of the screening app: each is a named class, spelled as PRISMA 2020 and Cochrane spell it."""

from __future__ import annotations

from django.db.models import TextChoices


class SourceKind(TextChoices):
    """What kind of information source a search used; columns of the flow diagram."""

    DATABASE = "database", "Database"
    REGISTER = "register", "Register"
    WEBSITE = "website", "Website"
    ORGANISATION = "organisation", "Organisation"
    CITATION_SEARCHING = "citation_searching", "Citation searching"
    OTHER = "other", "Other"


DATABASE_KINDS = (SourceKind.DATABASE, SourceKind.REGISTER)
OTHER_METHOD_KINDS = (
    SourceKind.WEBSITE,
    SourceKind.ORGANISATION,
    SourceKind.CITATION_SEARCHING,
    SourceKind.OTHER,
)


class BatchState(TextChoices):
    """Life of one imported file. Only the records of a DONE batch exist; the others have none."""

    WAITING = "waiting", "Waiting to be imported"
    ASKING = "asking", "Waiting for an answer"
    DONE = "done", "Imported"
    FAILED = "failed", "Not imported"
    WITHDRAWN = "withdrawn", "Withdrawn"


class BatchQuestion(TextChoices):
    """What a person must say of a file before it can be read."""

    ENCODING = "encoding", "Which characters are these?"
    MAPPING = "mapping", "Which column is which?"


class RemovalReason(TextChoices):
    """Why a record was removed before screening; three lines of the flow diagram."""

    DUPLICATE = "duplicate", "Duplicate"
    AUTOMATION = "automation", "Marked ineligible by an automation tool"
    OTHER = "other", "Other reason"


class PairZone(TextChoices):
    """What the duplicate finder made of a pair of records."""

    CERTAIN = "certain", "Certain"
    DOUBTFUL = "doubtful", "Doubtful"
    DISTINCT = "distinct", "Distinct"


class PairVerdict(TextChoices):
    """What holds for a pair of records now. UNLIKELY pairs are kept only so that a lead who moves the thresholds sees
    what would change; they join and part nothing."""

    OPEN = "open", "Waits for a person"
    SAME = "same", "Same report"
    DISTINCT = "distinct", "Different reports"
    UNLIKELY = "unlikely", "Too unlike to be shown"


class OfferState(TextChoices):
    """What became of the offer to link the reports of two records to one study."""

    OPEN = "open", "Offered"
    LINKED = "linked", "Same study"
    DISMISSED = "dismissed", "Not the same study"


class Stage(TextChoices):
    """Title/abstract screening judges records; full-text screening judges reports."""

    TITLE_ABSTRACT = "title_abstract", "Title and abstract"
    FULL_TEXT = "full_text", "Full text"


class Verdict(TextChoices):
    """One reviewer's judgement. MAYBE exists at title/abstract only."""

    INCLUDE = "include", "Include"
    EXCLUDE = "exclude", "Exclude"
    MAYBE = "maybe", "Maybe"


class ScreeningStatus(TextChoices):
    """Where a record or report stands at its stage; computed from decisions, the column is a cache."""

    PENDING = "pending", "Being screened"
    CONFLICT = "conflict", "In conflict"
    INCLUDED = "included", "Included"
    EXCLUDED = "excluded", "Excluded"


SETTLED_STATUSES = (ScreeningStatus.INCLUDED, ScreeningStatus.EXCLUDED)


class AdjudicationKind(TextChoices):
    """How a conflict was settled."""

    THIRD_REVIEWER = "third_reviewer", "Third reviewer"
    CONSENSUS = "consensus", "Recorded consensus"


class RetrievalStatus(TextChoices):
    """NOT_RETRIEVED is not an exclusion."""

    SOUGHT = "sought", "Sought"
    RETRIEVED = "retrieved", "Retrieved"
    NOT_RETRIEVED = "not_retrieved", "Not retrieved"


class JobKind(TextChoices):
    """Background work of this app."""

    IMPORT = "screening.import", "Import of a file"
    FIND_DUPLICATES = "screening.find_duplicates", "Search for duplicates"
    APPLY_DUPLICATE_SETTINGS = "screening.apply_duplicate_settings", "Pairs sorted by new thresholds"
    BRING_IN_VOTES = "screening.bring_in_votes", "Votes of a project screened elsewhere"


class AuditKind(TextChoices):
    """What happened, for events of this app."""

    SEARCH_CREATED = "search.created", "Search added"
    SEARCH_CHANGED = "search.changed", "Search changed"
    BATCH_UPLOADED = "import.uploaded", "File uploaded"
    BATCH_ASKED = "import.asked", "Question about a file asked"
    BATCH_ANSWERED = "import.answered", "Question about a file answered"
    MAPPING_FORGOTTEN = "import.mapping_forgotten", "Remembered columns forgotten"
    BATCH_IMPORTED = "import.done", "File imported"
    BATCH_FAILED = "import.failed", "File not imported"
    BATCH_WITHDRAWN = "import.withdrawn", "Import withdrawn"
    VOTES_BROUGHT_IN = "import.votes_brought_in", "Votes brought in"
    VOTES_TAKEN_BACK = "import.votes_taken_back", "Votes taken back"
    DUPLICATES_SOUGHT = "duplicates.sought", "Duplicates searched for"
    DUPLICATE_SETTINGS_CHANGED = "duplicates.settings", "Duplicate settings changed"
    DUPLICATE_SETTINGS_APPLIED = "duplicates.settings_applied", "Pairs sorted by new thresholds"
    PAIR_SAME = "duplicates.same", "Records marked as the same report"
    PAIR_DISTINCT = "duplicates.distinct", "Records marked as different reports"
    PAIR_REOPENED = "duplicates.reopened", "Duplicate decision undone"
    PAIR_MARKED = "duplicates.marked", "Marked as a duplicate while screening; a lead confirms"
    PAIR_UNMARKED = "duplicates.unmarked", "Mark as a duplicate taken back"
    FIELDS_CHOSEN = "record.fields_chosen", "Shown fields chosen among copies"
    DECISION_SUBMITTED = "decision.submitted", "Decision submitted"
    DECISION_UNDONE = "decision.undone", "Decision undone"
    ADJUDICATED = "adjudication.made", "Conflict settled"
    CONSENSUS_PROPOSED = "adjudication.proposed", "Consensus proposed"
    CONSENSUS_DECLINED = "adjudication.declined", "Consensus declined"
    REPORT_FILE_ADDED = "report.file_added", "Full text uploaded"
    REPORT_RETRIEVED = "report.retrieved", "Report retrieved"
    REPORT_NOT_RETRIEVED = "report.not_retrieved", "Report not retrieved"
    REPORT_SOUGHT = "report.sought", "Report sought again"
    STUDY_CREATED = "study.created", "Study formed"
    STUDY_LINKED = "study.linked", "Report linked to a study"
    STUDY_UNLINKED = "study.unlinked", "Report given its own study"
    STUDY_RENAMED = "study.renamed", "Study renamed"
    OFFER_LINKED = "offer.linked", "Records said to be of one study"
    OFFER_DISMISSED = "offer.dismissed", "Records said to be of different studies"
    OFFER_REOPENED = "offer.reopened", "Answer about one study undone"
    STAGE_CHANGED = "settings.stage", "Screening settings changed"
    REASONS_CHANGED = "settings.reasons", "Exclusion reasons changed"
    RECORDS_EXPORTED = "records.exported", "Records exported"


DEFAULT_REQUIRED = 2
MAX_REQUIRED = 5
CLAIM_MINUTES = 30
"""How long a record opened by a reviewer is kept for them without a vote."""

DEFAULT_EXCLUSION_REASONS = (
    "Wrong publication type (editorial, commentary, protocol)",
    "Not peer-reviewed",
    "Wrong language",
    "Wrong population or setting",
    "Wrong intervention or exposure",
    "Wrong comparator",
    "Wrong study design",
    "Wrong outcomes",
    "Duplicate report",
)
"""In the order in which the criteria are checked: the first that fails is the reason."""
