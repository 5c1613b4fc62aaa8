"""Models of the bias app, one module per noun."""

from bias.models.assessment import BiasAssessment, BiasJudgement, SignallingAnswer
from bias.models.evaluation import Evaluation
from bias.models.settings import BiasSettings, CustomInstrument
from bias.models.summary import BiasSummary

__all__ = [
    "BiasAssessment",
    "BiasJudgement",
    "BiasSettings",
    "BiasSummary",
    "CustomInstrument",
    "Evaluation",
    "SignallingAnswer",
]
