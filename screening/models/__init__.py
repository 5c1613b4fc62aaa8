"""Models of the screening app, one module per noun."""

from screening.models.decision import Adjudication, Claim, Decision, ElsewhereVote, ExclusionReason, StageSettings
from screening.models.record import DuplicatePair, DuplicateSettings, Record, StagedRecord, StudyOffer
from screening.models.report import Report, ReportFile
from screening.models.search import ColumnMapping, ImportBatch, RejectedRow, Search
from screening.models.study import Study

__all__ = [
    "Adjudication",
    "Claim",
    "ColumnMapping",
    "Decision",
    "DuplicatePair",
    "DuplicateSettings",
    "ElsewhereVote",
    "ExclusionReason",
    "ImportBatch",
    "Record",
    "RejectedRow",
    "Report",
    "ReportFile",
    "Search",
    "StageSettings",
    "StagedRecord",
    "Study",
    "StudyOffer",
]
