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
_PRINTABLE = bytes(range(0x20, 0x7F))
_LONG = 100
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """No cleaning is needed. All tests run in C: most values of most files leave here."""
    if not text.isascii():
        printable = text.isprintable() and unicodedata.is_normalized("NFC", text)
    elif len(text) > _LONG:  # three times as fast as isprintable, once the call is paid for
        printable = not text.encode("ascii").translate(None, _PRINTABLE)
    else:
        printable = text.isprintable()
    return printable and "<" not in text and "&" not in text and "  " not in text


def one_line(text: str) -> str:
    """A title, a name, a journal: plain Unicode on one line."""
    if not text or is_plain(text):
        return text.strip()
    return " ".join(_plain(text).split())


def paragraphs(text: str) -> str:
    """An abstract or notes: plain Unicode, line breaks kept, no blank lines."""
    if not text or is_plain(text):
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


_HEADINGS = frozenset(
    heading.strip()
    for heading in """
    background, objective, objectives, aim, aims, purpose, introduction, context, importance, design, setting, settings,
    participants, patients, subjects, population, intervention, interventions, exposure, exposures, method, methods,
    methodology, material and methods, materials and methods, patients and methods, methods and materials, methods and results,
    methods and findings, methodology/principal findings, principal findings, study selection, data sources, data source,
    data extraction, data synthesis, search methods, selection criteria, data collection and analysis, main results,
    author's conclusions, authors' conclusions, authors’ conclusions, main outcome measure, main outcome measures,
    main outcomes and measures, measurements, measurements and main results, results, result, findings, main findings,
    results and discussion, discussion, conclusion, conclusions, conclusions and relevance, conclusion and relevance,
    conclusions/significance, interpretation, significance, limitation, limitations, implications, trial registration,
    clinical trial registration, systematic review registration, registration, funding, study design, rationale, hypothesis,
    statement of significance, level of evidence, background and aim, background and aims, background and objective,
    background and objectives, background/objectives, background/aims, background & aims, aim and objective,
    aims and objectives, key messages, key message, summary, keywords, practical implications, originality/value,
    design/methodology/approach, purpose of review, recent findings, research design and methods, methods/design, scope,
    unlabelled, study objective, study objectives, research question, evidence acquisition, evidence synthesis, patient summary
    """.split(",")
)
_LAST_WORDS = frozenset(heading.split()[-1].rpartition("/")[2] for heading in _HEADINGS)
"""What stands right before the colon of a known heading: most colons are told apart by this word alone."""
_SENTENCE_ENDS = ".?!)]\n"
_STARTS_PARAGRAPH = re.compile(r"[A-ZÀ-Þ][^.:]{2,40}:\s|[•·*\-–—]\s|\(?\d{1,2}[.)]\s")
_LABELS_NEEDED = 2
_LONGEST_HEADING = 60


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
    """Starts a new line before each heading, if there are two of them or more."""
    cuts = []
    start = 0
    colon = text.find(":")
    while colon >= 0:
        left = max(start, colon - _LONGEST_HEADING)
        heading = _heading_before(text[left:colon], from_start=left == start)
        if heading:
            cuts.append(text.rindex(heading, left, colon))
        start = colon + 1
        colon = text.find(":", start)
    if len(cuts) < _LABELS_NEEDED:
        return text
    pieces = [text[left:right].strip() for left, right in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return "\n".join(piece for piece in pieces if piece)


def _heading_before(segment: str, *, from_start: bool) -> str:
    """The heading that ends ``segment`` and begins it or a sentence in it; empty if there is none."""
    stop = segment.rfind(".")
    heading = segment[stop + 1 :].strip()
    if heading.lower() in _HEADINGS:
        return heading if stop >= 0 or from_start else ""
    last = heading[heading.rfind(" ") + 1 :]
    if not last.isupper() and last.lower().rpartition("/")[2] not in _LAST_WORDS:
        return ""
    stop = max(map(segment.rfind, _SENTENCE_ENDS))
    heading = segment[stop + 1 :].strip()
    return heading if (stop >= 0 or from_start) and _is_heading(heading) else ""


def _is_heading(text: str) -> bool:
    if text.lower() in _HEADINGS:
        return True
    return 4 <= len(text) <= _LONGEST_HEADING and text.isupper() and text.replace(" ", "").replace("/", "").isalpha()
