"""Which records are the same report: compare, decide, group, and say why. Pure: no database, clock or random numbers."""

from screening.rules.matching.clusters import cluster, completeness, open_questions, pick_kept
from screening.rules.matching.engine import Index, differing_fields, explain, find_pairs, make_veto_check
from screening.rules.matching.studies import StudyOfferPair, study_offers
from screening.rules.matching.types import DEFAULT, MatchInput, MatchSettings, RecordId, ScoredPair, Zone

__all__ = [
    "DEFAULT",
    "Index",
    "MatchInput",
    "MatchSettings",
    "RecordId",
    "ScoredPair",
    "StudyOfferPair",
    "Zone",
    "cluster",
    "completeness",
    "differing_fields",
    "explain",
    "find_pairs",
    "make_veto_check",
    "open_questions",
    "pick_kept",
    "study_offers",
]
