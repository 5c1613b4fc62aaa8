"""Text as a reviewer reads it: HTML, entities, LaTeX and control characters become plain Unicode. The raw entry keeps the rest.

Only known formatting elements are removed. Anything else in angle brackets stays as text, since ``p <0.05 and >3`` and
``<script>`` are equally words of the source; templates escape them.
"""

import html
import re
import unicodedata

MAX_TEXT = 100_000
"""Characters kept of one field; the abstract of no real record comes near."""
TRUNCATED = " […]"

_ELEMENTS = (
    "i|b|u|s|em|strong|sub|sup|inf|small|big|tt|span|font|p|br|div|ul|ol|li|dl|dt|dd|h[1-6]|hr|a|title|sec|bold|italic|"
    "underline|sc|emphasis|label|list|list-item|abstracttext|math|mrow|mi|mn|mo|msub|msup|msubsup|mfrac|mtext|mspace|mover|"
    "munder|mstyle|semantics|annotation|msqrt|blockquote|article-title|formula|inline-formula|tex-math|styled-content|scp|"
    "nlm|named-content|monospace|roman|td|tr|table|tbody|center|nobr|cite|q|code|pre|abbr|acronym"
)
_TAG = re.compile(rf"</?(?:(?:jats|mml|xhtml|ns\d):[\w-]+|(?:{_ELEMENTS})\b)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|p|div|li|jats:p|jats:sec|/p|/div|/jats:title|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_SUPERSCRIPT = re.compile(r"(?<=\d)<sup>\s*([-+−]?\d+)\s*</sup>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SUPERSCRIPT_DIGITS = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_SPACES = re.compile(r" ?\n ?")
_INVISIBLE: dict[int, str | None] = dict.fromkeys((*range(9), *range(14, 32), 127, 173, 65279, 8203, 8206, 8207, 8288, *range(8234, 8239), *range(8294, 8298), *range(65529, 65532)))  # fmt: skip
_INVISIBLE |= dict.fromkeys((11, 12, 28, 29, 30, 31, 133, 8232, 8233), " ")
_INVISIBLE |= {point: None for point in range(0x80, 0xA0) if point != 0x85}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """No cleaning is needed. All tests run in C: most values of most files leave here."""
    return text.isprintable() and "<" not in text and "&" not in text and "  " not in text


def one_line(text: str) -> str:
    """A title, a name, a journal: plain Unicode on one line."""
    if is_plain(text):
        return text.strip()
    return " ".join(_plain(text).split())


def paragraphs(text: str) -> str:
    """An abstract or notes: plain Unicode, line breaks kept, no blank lines."""
    if is_plain(text):
        return text.strip()
    text = _LINE_SPACES.sub("\n", _SPACES.sub(" ", _plain(_BREAK.sub("\n", text))))
    return "\n".join(line for line in text.split("\n") if line).strip()


def readable(text: str) -> str:
    """Only what a database or a terminal cannot hold is removed: for values kept as they are."""
    return text if text.isprintable() else _SURROGATE.sub("\ufffd", text.translate(_INVISIBLE))


def _plain(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(_unescaped, text)
        if "&" in text:  # "&amp;lt;" is common: some sources escape twice
            text = _ENTITY.sub(_unescaped, text)
    if "<" in text:
        text = _TAG.sub("", _SUPERSCRIPT.sub(lambda match: match.group(1).translate(_SUPERSCRIPT_DIGITS), text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _SURROGATE.sub("\ufffd", text.translate(_INVISIBLE)).replace("\xa0", " ")


def _unescaped(match: re.Match[str]) -> str:
    return html.unescape(match.group())


# Abstracts ------------------------------------------------------------------------------------------------------------------

_HEADINGS = (
    "background|objectives?|aims?|purpose|introduction|context|importance|design|setting|participants|patients|subjects|population|"
    "interventions?|exposures?|methods?|methodology|materials? and methods|patients and methods|methods and materials|"
    "methods and findings|methodology/principal findings|principal findings|study selection|data sources|data extraction|"
    "data synthesis|search methods|selection criteria|data collection and analysis|main results|author'?s'? conclusions|"
    "main outcome measures?|main outcomes and measures|measurements|results|findings|results and discussion|discussion|"
    "conclusions?|conclusions and relevance|conclusion and relevance|conclusions/significance|interpretation|significance|"
    "limitations?|implications|trial registration|clinical trial registration|systematic review registration|registration|"
    "funding|study design|rationale|hypothesis|statement of significance|level of evidence|keywords|background and aims?|"
    "background and objectives?|background/objectives?|background & aims|aims? and objectives?|key messages?|summary"
)
_CAPITAL_HEADING = re.compile(r"(?:^|(?<=[.?!)\]:]) ?|(?<=\n))([A-Z][A-Z '/&,-]{3,60}): ?(?=\S)")
_KNOWN_HEADING = re.compile(rf"(?:^|(?<=[.?!)\]]) ?|(?<=\n))((?i:{_HEADINGS})): ?(?=\S)")
_STARTS_PARAGRAPH = re.compile(r"[A-ZÀ-Þ][^.:]{2,40}:\s|[•·*\-–—]\s|\(?\d{1,2}[.)]\s")
_LABELS_NEEDED = 2


def abstract_text(text: str) -> str:
    """Plain text in paragraphs. Wrapped lines are joined; ``BACKGROUND:`` … headings each start a paragraph."""
    text = paragraphs(text)
    if "\n" in text:
        text = unwrapped(text)
    if ":" in text:
        text = _structured(text)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + TRUNCATED
    return text


def unwrapped(text: str) -> str:
    """Joins lines that only a fixed width parted; a line that ends a sentence before a new one stays a paragraph."""
    lines = text.split("\n")
    out = [lines[0]]
    for line in lines[1:]:
        previous = out[-1]
        sentence_ends = previous.endswith((".", "!", "?", ":", ";", ".)", "]"))
        if _STARTS_PARAGRAPH.match(line) or (sentence_ends and line[:1].isupper()):
            out.append(line)
        else:
            out[-1] = f"{previous} {line}"
    return "\n".join(out)


def _structured(text: str) -> str:
    pattern = _CAPITAL_HEADING
    labels = pattern.findall(text)
    if len(labels) < _LABELS_NEEDED:
        pattern = _KNOWN_HEADING
        labels = pattern.findall(text)
    if len(labels) < _LABELS_NEEDED:
        return text
    return pattern.sub(lambda match: f"\n{match.group(1)}: ", text).replace(" \n", "\n").replace("\n\n", "\n").strip()
