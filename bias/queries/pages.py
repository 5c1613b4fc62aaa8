"""One assessment as its page shows it: questions by domain with what stands, suggestions, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bias.constants import Answer, Level
from bias.instruments.assessed import AnswerKey, Assessed, DomainKey
from bias.instruments.finishing import Missing, MissingCode, blocking
from bias.instruments.flags import FlagId, flags
from bias.instruments.judgement import (
    APPLICABILITY_LEVELS,
    Slot,
    answers_for,
    applicable_questions,
    level_label,
    levels_of,
    overall_applicability,
    ruling,
    suggest,
)
from bias.instruments.types import Domain, Part
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, SignallingAnswer
from bias.queries.assessed import answers_by_key, assessed_from, judgements_by_key
from bias.queries.page_types import (
    AssessmentView,
    Choice,
    DomainView,
    MissingView,
    Option,
    PartView,
    SlotView,
    Text,
    Theirs,
)
from bias.queries.words import field_words, value_words

ANSWER_KEYS = {
    Answer.YES: "y",
    Answer.PROBABLY_YES: "p",
    Answer.PROBABLY_NO: "r",
    Answer.NO: "n",
    Answer.NO_INFORMATION: "i",
    Answer.NOT_APPLICABLE: "a",
}
LEVEL_KEYS = {
    Level.LOW: "l",
    Level.SOME_CONCERNS: "s",
    Level.MODERATE: "m",
    Level.UNCLEAR: "u",
    Level.NO_INFORMATION: "i",
    Level.HIGH: "h",
    Level.SERIOUS: "s",
    Level.CRITICAL: "c",
}
COLUMN_LABELS = {
    "": "",
    "development": "Development",
    "validation": "Validation",
    "apparent": "Apparent",
    "internal": "Internal validation",
    "external": "External validation",
}


def anchor_of(name: str) -> str:
    """A field's name as an id in a page."""
    return name.replace(":", "-").replace(".", "_")


class _Builder:
    """Puts the parts of a page together; `posted` (what a person tried to save) stands before what is stored."""

    def __init__(self, assessed: Assessed, texts: Mapping[str, str], posted: Mapping[str, str]) -> None:
        self.assessed, self.texts, self.posted = assessed, texts, posted
        self.flags = flags(assessed)
        self.columns = 0

    def text(self, name: str) -> Text:
        return Text(name, anchor_of(name), self.posted.get(name, self.texts.get(name, "")))

    def choice(self, name: str, options: Iterable[tuple[str, str, str]]) -> Choice:
        value = self.text(name).value
        taken: set[str] = set()
        found = []
        for code, label, key in options:
            found.append(Option(code, label, "" if key in taken else key, code == value and code != ""))
            taken.add(key)
        return Choice(name, anchor_of(name), tuple(found))

    def levels(self, name: str) -> Choice:
        instrument = self.assessed.instrument
        levels = levels_of(self.assessed.scale, instrument)
        return self.choice(name, ((str(one), level_label(one, instrument), LEVEL_KEYS[one]) for one in levels))

    def concerns(self, name: str) -> Choice:
        return self.choice(name, ((str(one), str(one.label), LEVEL_KEYS[one]) for one in APPLICABILITY_LEVELS))

    def slot(self, part: Part, slot: Slot, before: Slot | None) -> SlotView:
        start = f"a:{part.key}:{slot.question.number}:{slot.column}:"
        options = [
            (str(one), str(one.label), ANSWER_KEYS[one]) for one in answers_for(self.assessed.instrument, slot.question)
        ]
        if part.columns_by_use and slot.column:
            options.append(("", "Not used", "x"))
        return SlotView(
            question=slot.question.number,
            text=slot.question.text,
            guidance=slot.question.guidance,
            column=COLUMN_LABELS.get(slot.column, slot.column.capitalize()) if self.columns > 1 else "",
            choice=self.choice(start + "answer", options),
            quote=self.text(start + "quote"),
            page=self.text(start + "page"),
            comment=self.text(start + "comment"),
            report=self.text(start + "report"),
            first=before is None or before.question != slot.question,
        )

    def domain(self, part: Part, domain: Domain, every: tuple[Slot, ...]) -> DomainView:
        start = f"d:{part.key}:{domain.key}:"
        places = [slot for slot in every if slot.domain == domain]
        befores = [None, *places]
        slots = tuple(self.slot(part, slot, before) for slot, before in zip(places, befores, strict=False))
        assessed = self.assessed
        suggested = suggest(assessed.scale, assessed.domain_answers(part, domain), assessed.instrument)
        judges = assessed.judges_applicability and bool(domain.applicability_prompt)
        return DomainView(
            part=part.key,
            key=domain.key,
            anchor=anchor_of(start + "domain"),
            name=domain.name,
            describe=domain.describe,
            prompt=domain.prompt,
            slots=slots,
            level=self.levels(start + "level"),
            rationale=self.text(start + "rationale"),
            departure=self.text(start + "departure_reason"),
            applicability_prompt=domain.applicability_prompt,
            applicability=self.concerns(start + "applicability") if judges else None,
            applicability_rationale=self.text(start + "applicability_rationale"),
            suggested=level_label(suggested, assessed.instrument) if suggested and places else "",
            asked=len(assessed.slots(part, domain)),
            answered=sum(1 for slot in places if assessed.answer(part, slot)),
            flags=tuple(
                flag
                for flag in self.flags
                if (flag.part, flag.domain) == (part.key, domain.key) and flag.id != FlagId.APPLICABILITY_MISSING
            ),
        )

    def part(self, part: Part) -> PartView:
        start = f"o:{part.key}:"
        assessed, instrument = self.assessed, self.assessed.instrument
        every = applicable_questions(instrument, part.key, assessed.evaluation_type)
        self.columns = len({slot.column for slot in every})
        rule = ruling(instrument, assessed.scale, assessed.levels(part), assessed.evaluation_type)
        concerns = assessed.applicability_levels(part) if assessed.judges_applicability else ()
        by_rule = overall_applicability(concerns)
        judged = assessed.overall_of(part)
        return PartView(
            key=part.key,
            anchor=anchor_of(start + "overall"),
            label=part.label,
            axis=part.axis,
            domains=tuple(self.domain(part, domain, every) for domain in part.domains),
            level=self.levels(start + "level"),
            reason=self.text(start + "reason"),
            sample_size=self.text(start + "sample_size"),
            internal_validation=self.text(start + "internal_validation"),
            applicability=self.concerns(start + "applicability") if concerns else None,
            applicability_reason=self.text(start + "applicability_reason"),
            rule=level_label(rule.level, instrument) if rule.level else "",
            also=", ".join(level_label(one, instrument).lower() for one in rule.also),
            applicability_rule=str(by_rule.label) if by_rule else "",
            applicability_departs=bool(judged.applicability and by_rule and judged.applicability != by_rule),
            flags=tuple(
                flag
                for flag in self.flags
                if flag.part == part.key
                and not flag.domain
                and flag.id in (FlagId.OVERALL_DEPARTS, FlagId.DEV_NO_EXTERNAL)
            ),
        )


def _theirs(name: str, value: str) -> Theirs:
    return Theirs(name, anchor_of(name), value, field_words(name), value_words(name, value))


_ANCHORS = {
    MissingCode.DOMAIN_LEVEL: "level",
    MissingCode.LEVEL_NOT_ALLOWED: "level",
    MissingCode.RATIONALE: "rationale",
    MissingCode.DEPARTURE_REASON: "departure_reason",
    MissingCode.APPLICABILITY: "applicability",
    MissingCode.APPLICABILITY_RATIONALE: "applicability_rationale",
    MissingCode.OVERALL_LEVEL: "level",
    MissingCode.OVERALL_REASON: "reason",
    MissingCode.OVERALL_APPLICABILITY: "applicability",
    MissingCode.APPLICABILITY_REASON: "applicability_reason",
}


def _missing(missing: Missing) -> MissingView:
    if missing.question:
        name = f"a:{missing.part}:{missing.question}:{missing.column}:answer"
    elif missing.domain:
        name = f"d:{missing.part}:{missing.domain}:{_ANCHORS.get(missing.code, 'level')}"
    elif missing.code in _ANCHORS:
        name = f"o:{missing.part}:{_ANCHORS[missing.code]}"
    else:
        name = "general"
    return MissingView(missing.text, anchor_of(name))


def _texts(
    assessment: BiasAssessment,
    answers: Mapping[AnswerKey, SignallingAnswer],
    judgements: Mapping[DomainKey, BiasJudgement],
) -> dict[str, str]:
    """What is stored, by field name."""
    found: dict[str, str] = {}
    for answer_key, answer in answers.items():
        start = ":".join(("a", *answer_key, ""))
        found |= {start + name: getattr(answer, name) for name in ("answer", "quote", "page", "comment")}
        found[start + "report"] = str(answer.report_id or "")
    for domain_key, judgement in judgements.items():
        start = ":".join(("d", *domain_key, ""))
        for name in ("level", "rationale", "departure_reason", "applicability", "applicability_rationale"):
            found[start + name] = getattr(judgement, name)
    for part, values in assessment.overall.items():
        found |= {f"o:{part}:{name}": str(value) for name, value in values.items()}
    return found


def assessment_view(
    assessment: BiasAssessment,
    settings: BiasSettings,
    *,
    answers: Mapping[AnswerKey, SignallingAnswer] | None = None,
    judgements: Mapping[DomainKey, BiasJudgement] | None = None,
    posted: Mapping[str, str] | None = None,
    theirs: Mapping[str, str] | None = None,
) -> AssessmentView:
    """The page's view of an assessment; two queries, none where its rows are given.

    `posted`: values a person tried to save, shown before what is stored; `theirs`: what stands instead, by field.
    """
    evaluation = assessment.evaluation
    if answers is None:
        answers = answers_by_key(SignallingAnswer.objects.filter(assessment=assessment))
    if judgements is None:
        judgements = judgements_by_key(BiasJudgement.objects.filter(assessment=assessment))
    assessed = assessed_from(assessment, evaluation, settings, answers, judgements)
    builder = _Builder(assessed, _texts(assessment, answers, judgements), posted or {})
    return AssessmentView(
        assessment=assessment,
        evaluation=evaluation,
        assessed=assessed,
        parts=tuple(builder.part(part) for part in assessed.parts()),
        missing=tuple(_missing(one) for one in blocking(assessed)),
        general=tuple(flag for flag in builder.flags if flag.id == FlagId.OUT_OF_SCOPE),
        theirs=tuple(_theirs(name, value) for name, value in (theirs or {}).items()),
    )
