"""The summary's paragraph: every number in it is counted from the rows."""

from __future__ import annotations

from collections.abc import Sequence

from bias.instruments.judgement import is_adapted, level_label
from bias.rules.summary_types import Counts, PartSummary, Protocol

SUBJECTS = {"quality": "concern about quality"}
"""What a level is a level of, by the axis of a part, where the axis itself does not say it."""


def subject_of(axis: str) -> str:
    """ "risk of bias", or "concern about quality"."""
    return SUBJECTS.get(axis, axis)


def listed(words: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def quantity(n: int, one: str, many: str = "") -> str:
    """1 study, 27 studies."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def paragraph(part: PartSummary, protocol: Protocol, words: Sequence[str]) -> str:
    """The text for a results section. ``words``: the words of the scale's levels, best first."""
    if not part.rows:
        return ""
    lower = [word.lower() for word in words]
    sentences = [
        _overall(part, lower),
        _rule(part),
        _domains(part, lower[-1]),
        _applicability(part, protocol),
        _scale(protocol, lower),
        _open(protocol),
    ]
    return " ".join(filter(None, sentences))


def _unit(part: PartSummary) -> str:
    rows, studies = len(part.rows), len({row.study_id for row in part.rows})
    if rows == studies:
        return quantity(studies, "study", "studies")
    return f"{quantity(rows, 'evaluation')} in {quantity(studies, 'study', 'studies')}"


def _overall(part: PartSummary, words: Sequence[str]) -> str:
    numbers = part.overall.numbers
    first, *rest = [f"{n:,} at {word}" for n, word in zip(numbers, words, strict=True)]
    first = first.replace(" at ", f" {'was' if numbers[0] == 1 else 'were'} at ", 1)
    return f"Of {_unit(part)}, {listed([first, *rest])} {subject_of(part.axis)} overall."


def _rule(part: PartSummary) -> str:
    if not part.by_rule:
        return ""
    if not part.departures:
        return "The overall judgement follows the rule throughout."
    numbers = listed([f"{n:,}" for n in part.by_rule])
    return (
        f"In {part.departures:,} the overall judgement departs from the rule, with a reason; "
        f"by the rule it would be {numbers}."
    )


def _domains(part: PartSummary, worst: str) -> str:
    counts = [f"{each.numbers[-1]:,} for {each.name.lower()}" for each in part.counts]
    return f"By domain, the number at {worst} {subject_of(part.axis)} was {listed(counts)}."


def _applicability(part: PartSummary, protocol: Protocol) -> str:
    if not part.concerns:
        return ""
    if not protocol.judges_applicability:
        return "Applicability was not judged."
    overall = part.applicability[-1]
    if not overall.n:
        return "Applicability is not judged yet."
    return f"Concern about applicability overall was {listed(_counted(overall, ('low', 'unclear', 'high')))}."


def _counted(counts: Counts, words: Sequence[str]) -> list[str]:
    found = [f"{word} in {n:,}" for word, n in zip(words, counts.numbers, strict=True)]
    return [*found, f"not judged in {counts.not_judged:,}"] if counts.not_judged else found


def _scale(protocol: Protocol, words: Sequence[str]) -> str:
    instrument = protocol.instrument
    name = f"{instrument.name} ({instrument.version})" if instrument.version else instrument.name
    if is_adapted(instrument, protocol.scale):
        return (
            f"Judged with {name} on a scale of this review ({', '.join(words)}), which is not the instrument's own; "
            "its levels are defined in the protocol."
        )
    return f"Judged with {name} on the scale {', '.join(words)}."


def _open(protocol: Protocol) -> str:
    if not protocol.still_open:
        return ""
    verb = "is" if protocol.still_open == 1 else "are"
    return f"{quantity(protocol.still_open, 'evaluation')} {verb} not settled yet and not counted."


def level_words(protocol: Protocol, levels: Sequence[str]) -> list[str]:
    """The words for levels: the team's own where its instrument has them."""
    return [level_label(level, protocol.instrument) for level in levels]
