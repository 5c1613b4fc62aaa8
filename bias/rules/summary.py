"""From settled judgements to the summary: table with footnotes, counts, sensitivity, mixes, paragraph. Pure.

No number is typed anywhere: all follow from the rows. Levels are never converted into one another; moderate stays
moderate and unclear stays unclear. Where the rule leaves a choice (PROBAST: a development without external validation
that is low throughout may be high), the choice that was made counts as by the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bias.instruments.assessed import DomainKey
from bias.instruments.flags import Flag, FlagId, MixRow, same_mix
from bias.instruments.judgement import APPLICABILITY_LEVELS, applicable_parts, is_adapted, level_label, levels_of
from bias.instruments.types import Domain, Part
from bias.rules.summary_text import level_words, paragraph
from bias.rules.summary_types import (
    Cell,
    Counts,
    Footnote,
    Head,
    LevelMeaning,
    MixGroup,
    MixNote,
    PartSummary,
    Protocol,
    SettledOverall,
    SettledRow,
    Summary,
    TableRow,
)

NOTHING = SettledOverall(judged="")
NOT_IN_FOOTNOTES = frozenset(
    {FlagId.SCALE_ADAPTED, FlagId.APPLICABILITY_MISSING, FlagId.NO_EVALUATION_TYPE, FlagId.SAME_MIX}
)
"""Said once for the whole table, or not possible for what is settled."""


@dataclass
class _Footnotes:
    """Gives a letter to each note as it first comes up; the same words share one."""

    marks: dict[str, str] = field(default_factory=dict)

    def mark(self, text: str) -> str:
        return self.marks.setdefault(text, _letters(len(self.marks)))

    def all(self) -> tuple[Footnote, ...]:
        return tuple(Footnote(mark, text) for text, mark in self.marks.items())


def _letters(number: int) -> str:
    """0 is a, 25 is z, 26 is aa."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def summarise(rows: Sequence[SettledRow], protocol: Protocol) -> Summary:
    """The summary of settled evaluations in the order given.

    Raises InstrumentError for a scale that does not fit the instrument, and for a level it does not have.
    """
    instrument = protocol.instrument
    levels = levels_of(protocol.scale, instrument)
    meanings: dict[str, str] = {option.key: option.meaning for option in instrument.own_levels}
    meanings.update(protocol.level_definitions)
    weighted = bool(rows) and all(row.weight is not None for row in rows)
    return Summary(
        instrument_key=instrument.key,
        instrument=f"{instrument.name} ({instrument.version})" if instrument.version else instrument.name,
        link=instrument.link,
        scale=protocol.scale,
        scale_label=protocol.scale_label,
        own_scale=not is_adapted(instrument, protocol.scale),
        overall_rule=protocol.overall_rule,
        levels=tuple(LevelMeaning(key, level_label(key, instrument), meanings.get(key, "")) for key in levels),
        concern_levels=tuple(LevelMeaning(key, level_label(key), "") for key in APPLICABILITY_LEVELS),
        weighted=weighted,
        evaluations=len(rows),
        studies=len({row.study_id for row in rows}),
        still_open=protocol.still_open,
        why_this_tool=protocol.why_this_tool,
        parts=tuple(_part(part, rows, protocol, weighted=weighted) for part in instrument.parts),
        agreement=protocol.agreement,
        assessors=protocol.assessors,
    )


def _part(part: Part, rows: Sequence[SettledRow], protocol: Protocol, *, weighted: bool) -> PartSummary:
    instrument = protocol.instrument
    mine = [row for row in rows if part in applicable_parts(instrument, row.evaluation_type)]
    asked = tuple(domain for domain in part.domains if domain.applicability_prompt)
    levels = levels_of(protocol.scale, instrument)
    notes = _Footnotes()
    table = tuple(_row(row, part, protocol, notes) for row in mine)
    concerns = _heads("A", asked)
    judged = protocol.judges_applicability and bool(asked)
    counted = _columns(table, levels, _heads("D", part.domains), lambda row: (*row.domains, row.overall))
    found = PartSummary(
        key=part.key,
        label=part.label,
        axis=part.axis,
        domains=_heads("D", part.domains),
        concerns=concerns,
        rows=table,
        footnotes=notes.all(),
        counts=counted[:-1],
        overall=counted[-1],
        by_rule=_by_rule(mine, part, levels),
        departures=sum(row.departs for row in table),
        applicability=_columns(
            table, APPLICABILITY_LEVELS, concerns, lambda row: (*row.applicability, row.overall_applicability)
        )
        if judged
        else (),
        mixes=_mixes(table, part, protocol),
        text="",
        row_count=len(table),
    )
    return replace(found, text=paragraph(found, protocol, level_words(protocol, levels)))


def _heads(letter: str, domains: Iterable[Domain]) -> tuple[Head, ...]:
    return tuple(Head(f"{letter}{place}", domain.key, domain.name) for place, domain in enumerate(domains, 1))


def _row(row: SettledRow, part: Part, protocol: Protocol, notes: _Footnotes) -> TableRow:
    """The marks come in reading order: study, domains, overall."""
    overall = row.overall.get(part.key, NOTHING)
    type_labels = {option.code.value: option.label for option in protocol.instrument.evaluation_types}
    whole = tuple(notes.mark(_said(flag)) for flag in row.flags if flag.id == FlagId.OUT_OF_SCOPE)
    domains = tuple(
        Cell(row.levels.get(DomainKey(part.key, domain.key), ""), _domain_marks(row, part, domain, notes))
        for domain in part.domains
    )
    asked = [domain for domain in part.domains if domain.applicability_prompt and protocol.judges_applicability]
    return TableRow(
        key=row.key,
        study_id=row.study_id,
        study=row.study,
        label=row.label,
        type=type_labels.get(row.evaluation_type, ""),
        marks=whole,
        domains=domains,
        overall=Cell(overall.judged, _overall_marks(row, part, overall, notes)),
        rule=overall.by_rule,
        departs=overall.departs,
        applicability=tuple(Cell(row.applicability.get(DomainKey(part.key, domain.key), "")) for domain in asked),
        overall_applicability=Cell(overall.applicability if asked else ""),
        weight=row.weight,
    )


def _domain_marks(row: SettledRow, part: Part, domain: Domain, notes: _Footnotes) -> tuple[str, ...]:
    return tuple(
        notes.mark(_said(flag))
        for flag in row.flags
        if (flag.part, flag.domain) == (part.key, domain.key) and flag.id not in NOT_IN_FOOTNOTES
    )


def _overall_marks(row: SettledRow, part: Part, overall: SettledOverall, notes: _Footnotes) -> tuple[str, ...]:
    marks = []
    for flag in row.flags:
        if flag.part != part.key or flag.domain or flag.id in (*NOT_IN_FOOTNOTES, FlagId.OUT_OF_SCOPE):
            continue
        by = f"{overall.who}, {overall.when}" if overall.who and overall.when else overall.who
        marks.append(notes.mark(_said(flag, by if flag.id == FlagId.OVERALL_DEPARTS else "")))
    return tuple(marks)


def _said(flag: Flag, by: str = "") -> str:
    """The flag's sentence, the reason given, and who gave it."""
    reason = flag.reason.strip() or "No reason is given."
    ended = reason if reason.endswith((".", "!", "?", "…")) else f"{reason}."
    return f"{flag.text} {ended}{f' ({by})' if by else ''}"


def _columns(
    rows: Sequence[TableRow],
    levels: Sequence[str],
    heads: Sequence[Head],
    cells: Callable[[TableRow], tuple[Cell, ...]],
) -> tuple[Counts, ...]:
    """The counts of each column and, last, of the overall one."""
    named = [(head.code, head.name) for head in heads] + [("Overall", "Overall")]
    found = []
    for place, (code, name) in enumerate(named):
        numbers, weights = dict.fromkeys(levels, 0), dict.fromkeys(levels, 0.0)
        missing = 0
        for row in rows:
            level = cells(row)[place].level
            if not level:
                missing += 1
                continue
            numbers[level] += 1
            weights[level] += row.weight or 0.0
        found.append(Counts(code, name, tuple(numbers.values()), tuple(weights.values()), missing))
    return tuple(found)


def _by_rule(rows: Sequence[SettledRow], part: Part, levels: Sequence[str]) -> tuple[int, ...]:
    """Overall counts if the rule had decided; empty where no row has a rule."""
    ruled = [row.overall.get(part.key, NOTHING).by_rule for row in rows]
    if not any(ruled):
        return ()
    return tuple(ruled.count(level) for level in levels)


def _mixes(rows: Sequence[TableRow], part: Part, protocol: Protocol) -> tuple[MixNote, ...]:
    names = {str(row.key): row.name for row in rows}
    mixed = same_mix(
        (MixRow(str(row.key), tuple(cell.level for cell in row.domains), row.overall.level, part.key) for row in rows),
        protocol.scale,
        protocol.instrument,
    )
    return tuple(
        MixNote(
            levels=tuple(mix.levels),
            groups=tuple(MixGroup(level, tuple(names[key] for key in keys)) for level, keys in mix.by_overall),
            pairs=len(mix.pairs),
        )
        for mix in mixed
    )
