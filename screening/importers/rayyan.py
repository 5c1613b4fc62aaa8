"""What Rayyan and Covidence write into the notes of a record about its screening: who voted what, and what to leave out.

Rayyan: ``RAYYAN-INCLUSION: {"Anna"=>"Included", "Ben"=>"Excluded"} | RAYYAN-LABELS: … | RAYYAN-EXCLUSION-REASONS: a,b |
USER-NOTES: {"Anna"=>["…"]}``. Its reasons belong to the record, not to a person: every excluder is given them.
Covidence: ``Exclusion reason: Wrong population;``, which names nobody.
"""

import re

from screening.importers.types import ParsedVote

_INCLUSION = re.compile(r"RAYYAN-INCLUSION:\s*(\{.*?\}|[^|\n]*)", re.DOTALL)
"""BibTeX loses the braces."""
_PAIR = re.compile(r"\"([^\"]+)\"\s*=>\s*\"([^\"]+)\"|'([^']+)'\s*=>\s*'([^']+)'")
_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS:\s*([^|\n]*)")
_COVIDENCE_REASON = re.compile(r"\bExclusion reason:\s*([^;\n]*)")
_VOTE_BEARING = re.compile(
    r"(?:RAYYAN-INCLUSION|USER-NOTES):\s*(?:\{.*?\}|[^|\n]*)|RAYYAN-EXCLUSION-REASONS:[^|\n]*|\bExclusion reason:[^;\n]*;?",
    re.DOTALL,
)
_BARS = re.compile(r"[ \t]*\|(?:[ \t]*\|)+[ \t]*")
_WORDS = {"included": "INCLUDE", "excluded": "EXCLUDE", "maybe": "MAYBE"}
"""``Undecided`` is no vote."""


def rayyan_votes(notes: str) -> list[ParsedVote]:
    """The votes in a note, in its order; quotes escaped by another format's rules are read too."""
    if "RAYYAN-INCLUSION" not in notes:
        return []
    plain = notes.replace('\\"', '"').replace("=\\>", "=>").replace("=&gt;", "=>")
    found = _REASONS.search(plain)
    reason = found.group(1).strip() if found else ""
    votes = []
    for inclusion in _INCLUSION.findall(plain):
        for name, word, other_name, other_word in _PAIR.findall(inclusion):
            verdict = _WORDS.get((word or other_word).strip().lower())
            if verdict:
                reviewer = (name or other_name).strip()
                votes.append(ParsedVote(reviewer, verdict, reason=reason if verdict == "EXCLUDE" else ""))
    return votes


def covidence_exclusion(notes: str) -> ParsedVote | None:
    """The exclusion at full text that Covidence notes without a name; None where it notes none."""
    found = _COVIDENCE_REASON.search(notes)
    return ParsedVote("", "EXCLUDE", "FULL_TEXT", found.group(1).strip()) if found else None


def votes_in_notes(notes: str) -> tuple[ParsedVote, ...]:
    """All votes a record's notes hold; one without a name has ``reviewer == ""``."""
    votes = tuple(rayyan_votes(notes))
    unnamed = None if votes or "Exclusion reason:" not in notes else covidence_exclusion(notes)
    return (unnamed,) if unnamed else votes


def without_votes(text: str) -> str:
    """The text without its votes, reasons and reviewers' own notes."""
    if not _VOTE_BEARING.search(text):
        return text
    return _BARS.sub(" | ", _VOTE_BEARING.sub("", text)).strip(" |\n")


def holds_votes(text: str) -> bool:
    """Whether :func:`without_votes` would take something away."""
    return _VOTE_BEARING.search(text) is not None
