"""Models of the screening app, one module per noun."""

from screening.models.decision import Adjudication, Claim, Decision, ExclusionReason, StageSettings
from screening.models.record import DuplicatePair, Record, StagedRecord
from screening.models.report import Report, ReportFile
from screening.models.search import ImportBatch, RejectedRow, Search
from screening.models.study import Study

__all__ = [
    "Adjudication",
    "Claim",
    "Decision",
    "DuplicatePair",
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
]
