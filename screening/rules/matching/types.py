"""What goes into the duplicate finder and what comes out: plain values, no behaviour beyond their own checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RecordId = int | str


@dataclass(frozen=True, slots=True)
class MatchInput:
    """One record as the matching rules see it. An empty string, an empty tuple or None means "missing", never "different".

    `authors` is one string an author, or a single string holding all of them (glued or separated: both are read).
    `isbn` takes any number of ISBNs and ISSNs, separated by spaces or ";"; `source` names the Search the record came from.
    """

    id: RecordId
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    isbn: str = ""
    abstract: str = ""
    publication_type: str = ""
    booktitle: str = ""
    source: str = ""


class Zone(StrEnum):
    """What happens to a pair: merged by the system, shown to a person, or left apart."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """The two thresholds a lead can move: at or above `certain` the system merges, from `doubtful` up a person looks.

    A vetoed pair is never certain, whatever the thresholds. Raises ValueError unless 0 < doubtful <= certain <= 1.
    """

    certain: float = 0.85
    doubtful: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.doubtful <= self.certain <= 1:
            raise ValueError("thresholds must satisfy 0 < doubtful <= certain <= 1")

    def zone(self, probability: float, *, vetoed: bool) -> Zone:
        """The zone of a pair with this probability (0 to 1); a vetoed pair reaches DOUBTFUL at most."""
        if probability >= self.certain and not vetoed:
            return Zone.CERTAIN
        return Zone.DOUBTFUL if probability >= self.doubtful else Zone.DISTINCT


DEFAULT = MatchSettings()


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records compared. `a` stands before `b` in the order of `order_of`; reasons and vetoes are words for people."""

    a: RecordId
    b: RecordId
    probability: float
    zone: Zone
    reasons: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()


def order_of(record_id: RecordId) -> tuple[bool, int, str]:
    """A total order over ids, numbers before strings, so that results never depend on the order of rows."""
    if isinstance(record_id, int):
        return (False, record_id, "")
    return (True, 0, record_id)
