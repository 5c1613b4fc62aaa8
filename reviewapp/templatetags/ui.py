"""Small template tags for the whole house (a built-in library: no `{% load %}` needed). Examples: /styleguide/."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from django import template
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

AVATAR_TONES = 5

# Strokes on a 24×24 grid, drawn for this project.
ICON_PATHS: dict[str, str] = {
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "question": "M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.2.7-1.7 1.3-1.7 2.6M12 18.4v.1",
    "warning": "M12 4.5L3 19.5h18L12 4.5zM12 10v4.5M12 17v.1",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.8v.1",
    "undo": "M9 14L4.5 9.5 9 5M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-2",
    "down": "M6 9.5l6 6 6-6",
    "next": "M9.5 6l6 6-6 6",
    "previous": "M14.5 6l-6 6 6 6",
    "upload": "M12 16V5M7 9.5L12 4.5l5 5M4.5 19.5h15",
    "download": "M12 4.5v11M7 11l5 5 5-5M4.5 19.5h15",
    "file": "M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4",
    "person": "M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0",
    "keys": "M3.5 6.5h17v11h-17zM7 10.2v.1M10.3 10.2v.1M13.7 10.2v.1M17 10.2v.1M8.5 14h7",
    "link": "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-.8.8M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l.8-.8",
    "more": "M6 12v.1M12 12v.1M18 12v.1",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline SVG, hidden from screen readers (the word stands beside it). Raises KeyError for an unknown name."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        ICON_PATHS[name],
    )


@dataclass(frozen=True)
class _Sign:
    word: str
    icon: str
    tone: str


# How each stored state looks. The keys are the values of Verdict, ScreeningStatus, JobState and RetrievalStatus.
_SIGNS: dict[str, _Sign] = {
    "include": _Sign("Include", "check", "include"),
    "maybe": _Sign("Maybe", "question", "maybe"),
    "exclude": _Sign("Exclude", "cross", "exclude"),
    "pending": _Sign("Pending", "", ""),
    "conflict": _Sign("Conflict", "warning", "conflict"),
    "included": _Sign("Included", "check", "include"),
    "excluded": _Sign("Excluded", "cross", "exclude"),
    "queued": _Sign("Waiting to start", "", ""),
    "running": _Sign("Running", "", "running"),
    "done": _Sign("Done", "check", "done"),
    "failed": _Sign("Failed", "warning", "failed"),
    "cancelled": _Sign("Cancelled", "cross", ""),
    "sought": _Sign("Sought", "", "waiting"),
    "retrieved": _Sign("Retrieved", "check", "done"),
    "not_retrieved": _Sign("Not retrieved", "cross", ""),
}


@register.simple_tag
def badge(value: str, word: str = "") -> SafeString:
    """A state as sign, word and colour: `{% badge record.status %}`, `{% badge job.state job.get_state_display %}`.

    An unknown value is shown plainly, its underscores as spaces.
    """
    key = str(value).lower()
    sign = _SIGNS.get(key, _Sign(key.replace("_", " ").capitalize(), "", ""))
    classes = f"badge badge-{sign.tone}" if sign.tone else "badge"
    picture = icon(sign.icon) if sign.icon else SafeString("")
    return format_html('<span class="{}">{}{}</span>', classes, picture, word or sign.word)


@register.filter
def initials(name: object) -> str:
    """Up to two capitals of a person's name: "Ann Mary Lee" → "AL", "olga@example.org" → "O"."""
    words: list[str] = re.findall(r"\w+", str(name).split("@", 1)[0])
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag
def avatar(name: object) -> SafeString:
    """A round mark with initials, for beside a written name (hidden from screen readers)."""
    tone = zlib.crc32(str(name).encode()) % AVATAR_TONES
    return format_html('<span class="avatar avatar-{}" aria-hidden="true">{}</span>', tone, initials(name))


@register.simple_tag
def person(name: object) -> SafeString:
    """Avatar and name."""
    return format_html('<span class="person">{}<span>{}</span></span>', avatar(name), name)


@register.filter
def count(number: int | None) -> str:
    """A whole number with separators, "–" for None: 12345 → "12,345"."""
    return "–" if number is None else f"{number:,}"


@register.filter
def percent_of(part: int, whole: int) -> str:
    """Part of whole in whole percent, never rounded up to 100 % nor down to 0 %: 1|percent_of:300 → "<1 %"."""
    if whole <= 0:
        return "–"
    share = 100 * part / whole
    if 0 < share < 1:
        return "<1 %"
    if 99 < share < 100:
        return ">99 %"
    return f"{round(share)} %"


def _terms_pattern(terms: Iterable[str]) -> str:
    """Longest first, so that "randomised trial" wins over "randomised"; a trailing * takes word endings."""
    cleaned = sorted({term.strip() for term in terms if term.strip(" *")}, key=lambda term: (-len(term), term))
    return "|".join(re.escape(term.rstrip("*")) + (r"\w*" if term.endswith("*") else "") for term in cleaned)


@register.simple_tag
def highlight(text: str, include_terms: Iterable[str] = (), exclude_terms: Iterable[str] = ()) -> SafeString:
    """The text, escaped, with whole words of the review's terms marked: `mark-include` solid, `mark-exclude` dotted."""
    parts = []
    for name, terms in (("include", include_terms), ("exclude", exclude_terms)):
        pattern = _terms_pattern(terms)
        if pattern:
            parts.append(f"(?P<{name}>{pattern})")
    if not parts:
        return conditional_escape(text)
    found = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)
    pieces: list[str] = []
    position = 0
    for match in found.finditer(text):
        pieces.append(escape(text[position : match.start()]))
        pieces.append(f'<mark class="mark-{match.lastgroup}">{escape(match.group())}</mark>')
        position = match.end()
    pieces.append(escape(text[position:]))
    return mark_safe("".join(pieces))  # every piece was escaped above


_HEADING = re.compile(r"^([A-Z][A-Za-z /&',-]{2,60}):\s+(?=\S)")


@register.filter
def abstract(text: str) -> SafeString:
    """An abstract as paragraphs, a leading "Methods:" of a line set in bold."""
    paragraphs = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        heading = _HEADING.match(line)
        if heading:
            paragraphs.append(format_html("<p><b>{}.</b> {}</p>", heading.group(1), line[heading.end() :]))
        else:
            paragraphs.append(format_html("<p>{}</p>", line))
    return mark_safe("".join(paragraphs))  # every piece was escaped above


@dataclass(frozen=True)
class Comparison:
    """Two values side by side, escaped, with the words that differ in <mark>."""

    left: SafeString
    right: SafeString
    differs: bool


def _trimmed(text: str) -> tuple[str, str, str]:
    """Leading spaces, the text without spaces around it, trailing spaces."""
    core = text.strip()
    lead = text[: len(text) - len(text.lstrip())]
    return lead, core, text[len(lead) + len(core) :]


def _mark_words(words: list[str], spans: list[tuple[int, int]]) -> SafeString:
    """Join tokens, each span of indices wrapped in <mark>, spaces at its edges left out."""
    pieces: list[str] = []
    position = 0
    for start, end in spans:
        pieces.append(escape("".join(words[position:start])))
        before, changed, after = _trimmed("".join(words[start:end]))
        pieces.append(f"{before}<mark>{escape(changed)}</mark>{after}" if changed else before)
        position = end
    pieces.append(escape("".join(words[position:])))
    return mark_safe("".join(pieces))  # every piece was escaped above


def _joined(words: list[str], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring spans with only spaces between them become one, so that a changed phrase is one mark."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if start == end:
            continue
        if joined and not "".join(words[joined[-1][1] : start]).strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


@register.simple_tag
def compare(left: object, right: object) -> Comparison:
    """`{% compare a.title b.title as title %}` → `title.left`, `title.right`, `title.differs`.

    None counts as empty. Capitals and spaces are no difference: every source has its own.
    """
    a = re.findall(r"\w+|\s+|[^\w\s]", "" if left is None else str(left))
    b = re.findall(r"\w+|\s+|[^\w\s]", "" if right is None else str(right))
    matcher = SequenceMatcher(None, [_same(word) for word in a], [_same(word) for word in b], autojunk=False)
    changes = [code[1:] for code in matcher.get_opcodes() if code[0] != "equal"]
    return Comparison(
        left=_mark_words(a, _joined(a, [(start, end) for start, end, _, _ in changes])),
        right=_mark_words(b, _joined(b, [(start, end) for _, _, start, end in changes])),
        differs="".join(a).casefold().split() != "".join(b).casefold().split(),
    )


def _same(token: str) -> str:
    return " " if token.isspace() else token.casefold()
