"""Votes of a project screened elsewhere: Rayyan's notes, and a plain table with reviewer, stage, verdict and reason columns."""

import re

from screening.importers.build import Entry
from screening.importers.types import ParsedVote

_RAYYAN_INCLUSION = re.compile(r"RAYYAN-INCLUSION:\s*\{(.*?)\}", re.DOTALL)
_RAYYAN_PAIR = re.compile(r"[\"']([^\"']+)[\"']\s*=>\s*[\"']([^\"']+)[\"']")
_RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS:\s*([^|\n]*)")
VERDICTS = {
    "include": "INCLUDE", "included": "INCLUDE", "yes": "INCLUDE", "1": "INCLUDE", "in": "INCLUDE", "accept": "INCLUDE", "relevant": "INCLUDE",
    "exclude": "EXCLUDE", "excluded": "EXCLUDE", "no": "EXCLUDE", "0": "EXCLUDE", "-1": "EXCLUDE", "out": "EXCLUDE", "reject": "EXCLUDE",
    "irrelevant": "EXCLUDE", "maybe": "MAYBE", "undecided": "MAYBE", "unsure": "MAYBE", "unclear": "MAYBE",
}  # fmt: skip
_REVIEWER = ("reviewer", "screener", "reviewer name", "voted by", "screened by")
_VERDICT = ("verdict", "vote", "decision", "screening decision", "inclusion", "label")
_STAGE = ("stage", "screening stage", "phase")
_REASON = ("reason", "exclusion reason", "reason for exclusion", "exclusion_reason")


def stage_of(text: str) -> str:
    """``FULL_TEXT`` when the words say so, else ``TITLE_ABSTRACT``."""
    return "FULL_TEXT" if re.search(r"full|ft\b|2", text, re.IGNORECASE) else "TITLE_ABSTRACT"


def rayyan_votes(notes: str) -> list[ParsedVote]:
    """Rayyan writes ``RAYYAN-INCLUSION: {"Anna"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: wrong population`` into its notes."""
    found = _RAYYAN_INCLUSION.search(notes)
    if found is None:
        return []
    reasons = _RAYYAN_REASONS.search(notes)
    reason = reasons.group(1).strip() if reasons else ""
    votes = []
    for reviewer, word in _RAYYAN_PAIR.findall(found.group(1)):
        verdict = VERDICTS.get(word.strip().lower())
        if verdict:
            votes.append(ParsedVote(reviewer.strip(), verdict, reason=reason if verdict == "EXCLUDE" else ""))
    return votes


def take_votes(entry: Entry) -> None:
    """Adds the votes the fields of a row hold."""
    for notes in (*entry.fields.get("notes", ()), *entry.fields.get("N1", ())):
        if "RAYYAN-INCLUSION" in notes:
            entry.votes += rayyan_votes(notes)
    reviewer, verdict = entry.first(*_REVIEWER), entry.first(*_VERDICT)
    if reviewer and verdict:
        known = VERDICTS.get(verdict.strip().lower())
        if known is None:
            entry.warnings.append(f"The vote “{verdict.strip()[:40]}” is none of include, exclude and maybe.")
            return
        entry.votes.append(
            ParsedVote(reviewer.strip(), known, stage_of(entry.first(*_STAGE)), entry.first(*_REASON).strip())
        )
