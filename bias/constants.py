"""Stored choices of the bias app, spelled as PROBAST, Cochrane and robvis spell them."""

from __future__ import annotations

from django.db.models import TextChoices


class Answer(TextChoices):
    """An answer to a signalling question; all questions are worded so that yes is good."""

    YES = "Y", "Yes"
    PROBABLY_YES = "PY", "Probably yes"
    PROBABLY_NO = "PN", "Probably no"
    NO = "N", "No"
    NO_INFORMATION = "NI", "No information"
    NOT_APPLICABLE = "NA", "Not applicable"


class Level(TextChoices):
    """A level of a judgement. Which of them exist, and how they are ordered, is the scale's business."""

    LOW = "low", "Low"
    SOME_CONCERNS = "some_concerns", "Some concerns"
    MODERATE = "moderate", "Moderate"
    UNCLEAR = "unclear", "Unclear"
    NO_INFORMATION = "no_information", "No information"
    HIGH = "high", "High"
    SERIOUS = "serious", "Serious"
    CRITICAL = "critical", "Critical"


class Scale(TextChoices):
    """The levels in use. An adapted scale (LMH, LMHU) needs definitions of its levels and its rule before judging."""

    PROBAST_LHU = "probast_lhu", "Low / unclear / high"
    REVIEW_LMH = "review_lmh", "This review: low / moderate / high"
    REVIEW_LMHU = "review_lmhu", "This review: low / moderate / unclear / high"
    ROB2 = "rob2", "Low / some concerns / high"
    ROBINS_I = "robins_i", "Low / moderate / serious / critical / no information"
    CUSTOM = "custom", "As the team's own instrument says"


class EvaluationType(TextChoices):
    """What a study does with the model (PROBAST step 2)."""

    DEVELOPMENT = "dev", "Development only"
    DEVELOPMENT_VALIDATION = "devval", "Development and validation"
    VALIDATION = "val", "Validation only"


class AssessmentKind(TextChoices):
    """Whose assessment it is."""

    INDEPENDENT = "independent", "One assessor's own"
    CONSENSUS = "consensus", "Agreed by both"
    THIRD_REVIEWER = "third_reviewer", "Settled by a third reviewer"


SETTLED_KINDS = (AssessmentKind.CONSENSUS, AssessmentKind.THIRD_REVIEWER)


class AssessmentState(TextChoices):
    """READY locks one's own assessment; both ready opens the comparison."""

    OPEN = "open", "Being assessed"
    READY = "ready", "Finished"


class InstrumentState(TextChoices):
    """Life of a version of a team's own instrument."""

    DRAFT = "draft", "Draft"
    IN_USE = "in_use", "In use"
    RETIRED = "retired", "Retired"


class JobKind(TextChoices):
    """Background work of this app."""

    SUMMARY = "bias.summary", "Risk of bias summary"


class AuditKind(TextChoices):
    """What happened, for events of this app."""

    SETTINGS_CHANGED = "bias.settings", "Risk of bias settings changed"
    INSTRUMENT_CHANGED = "bias.instrument", "Own instrument changed"
    EVALUATION_ADDED = "bias.evaluation_added", "Evaluation to assess added"
    EVALUATION_CHANGED = "bias.evaluation_changed", "Evaluation to assess changed"
    EVALUATION_WITHDRAWN = "bias.evaluation_withdrawn", "Evaluation withdrawn"
    ASSIGNED = "bias.assigned", "Assessor assigned"
    ANSWERED = "bias.answered", "Signalling question answered"
    JUDGED = "bias.judged", "Domain judged"
    OVERALL_JUDGED = "bias.overall", "Overall judgement made"
    FINISHED = "bias.finished", "Assessment finished"
    REOPENED = "bias.reopened", "Assessment reopened"
    PROPOSED = "bias.proposed", "Consensus on an assessment proposed"
    DECLINED = "bias.declined", "Consensus on an assessment declined"
    SETTLED = "bias.settled", "Assessment settled"
    UNSETTLED = "bias.unsettled", "Settled assessment taken up again"
    SUMMARY_BUILT = "bias.summary_built", "Risk of bias summary built"


DEFAULT_ASSESSORS = 2
MAX_ASSESSORS = 2
DEFAULT_PILOT = 2
"""Studies on which the team calibrates first."""
