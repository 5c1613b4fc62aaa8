"""Votes as our own exports write them into the notes of a record: ``Vote of Ann Rowe (full text): Exclude; reason: Wrong design``."""

import re

from screening.importers.types import ParsedVote

STAGES = {"title and abstract": "TITLE_ABSTRACT", "full text": "FULL_TEXT"}
VERDICTS = {"include": "INCLUDE", "exclude": "EXCLUDE", "maybe": "MAYBE"}
START = "Vote of "
_STAGE_WORDS = {stage: words for words, stage in STAGES.items()}
_LINE = re.compile(r"Vote of (.+) \((title and abstract|full text)\): (Include|Exclude|Maybe)(?:; reason: (.+))?")


def vote_line(vote: ParsedVote) -> str:
    """One vote as one line."""
    reason = f"; reason: {vote.reason}" if vote.reason else ""
    return f"{START}{vote.reviewer} ({_STAGE_WORDS[vote.stage]}): {vote.verdict.capitalize()}{reason}"


def take_vote_lines(notes: str) -> tuple[str, list[ParsedVote]]:
    """The notes without such lines, and the votes they hold, in their order."""
    kept: list[str] = []
    votes: list[ParsedVote] = []
    for line in notes.split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            kept.append(line)
            continue
        reviewer, stage, verdict, reason = match.groups()
        votes.append(ParsedVote(reviewer, verdict.upper(), STAGES[stage], reason or ""))
    return "\n".join(kept), votes
