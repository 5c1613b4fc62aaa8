"""LaTeX of BibTeX values as plain Unicode. Accents and symbols by our own tables; pylatexenc, which is slow, only for the rest."""

import re
import unicodedata
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307", "u": "\u0306", "v": "\u030c",
    "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_ACCENT = re.compile(
    r"\\(?:([`'^~\"=.])\s*|([uvHckrdbt])(?=[\s{\\]))\s*(?:\{\s*(\\[ij](?![A-Za-z])|[^\W\d_]?)\s*\}|(\\[ij](?![A-Za-z])(?:\{\})?|[^\W\d_]))"
)
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ",
    "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "textendash": "–", "textemdash": "—", "textquoteright": "’",
    "textquoteleft": "‘", "textquotedblleft": "“", "textquotedblright": "”", "ldots": "…", "dots": "…", "textregistered": "®",
    "texttrademark": "™", "textcopyright": "©", "textdegree": "°", "textasciitilde": "\x03", "textbackslash": "\x00", "textasciicircum": "^", "textbraceleft": "\x01", "textbraceright": "\x02", "textmu": "µ",
    "textless": "<", "textgreater": ">", "textbar": "|", "textunderscore": "_", "textpm": "±", "texttimes": "×", "textbullet": "•", "euro": "€",
    "pounds": "£", "copyright": "©", "S": "§", "P": "¶", "textbeta": "β", "textalpha": "α", "textgamma": "γ", "textdollar": "$",
}  # fmt: skip
_LETTER = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?![A-Za-z])(?:\{\}|\s(?=\S))?")
_ESCAPED = re.compile(r"\\([&%$#_{}])")
_FONT = re.compile(r"\\(?:text(?:it|bf|sc|rm|sf|tt|normal|sl|up|superscript|subscript|quotesingle)|emph|mbox|mathrm|mathit|mathbf|ensuremath|url|href|uppercase|"
                   r"MakeUppercase|NoCaseChange|enquote|underline)\s*(?=\{)")  # fmt: skip
_COMMAND = re.compile(r"\\[A-Za-z]+|\$[^$]*\$")
_MAX_DEPTH = 40
_MAX_SLOW = 20_000
_CONVERTER = LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)


def plain_latex(text: str) -> str:
    """Braces go, accents become letters, ``--`` a dash; text without backslash, brace, tilde or dollar is returned as it is."""
    if "\\" in text:
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda match: _LETTERS[match.group(1)], text)
        text = _FONT.sub("", text)
    if ("\\" in text and _COMMAND.search(_ESCAPED.sub("", text))) or text.count("$") > 1:
        text = _slow(text)
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: _PROTECTED.get(match.group(1), match.group(1)), text)
        text = text.replace("\\ ", " ").replace("\\\\", " ").replace("\\-", "").replace("\\/", "").replace("\\,", " ")
    if "{" in text or "}" in text:
        text = text.replace("{", "").replace("}", "")
    if "~" in text and "://" not in text:
        text = text.replace("~", " ")
    if "--" in text:
        text = text.replace("---", "—").replace("--", "–")
    if "``" in text or "''" in text:
        text = text.replace("``", "“").replace("''", "”")
    if any(held in text for held in _HELD):
        for held, char in _HELD.items():
            text = text.replace(held, char)
    return text


_PROTECTED = {"{": "\x01", "}": "\x02"}
_HELD = {"\x01": "{", "\x02": "}", "\x03": "~", "\x00": "\\"}
"""Characters that were written out by name: they stand for themselves, whatever the rules above do to the bare ones."""


def _accented(match: re.Match[str]) -> str:
    letter = match.group(3) if match.group(3) is not None else match.group(4)
    if not letter:
        return ""
    if letter.startswith("\\"):
        letter = letter[1]
    accent = match.group(1) or match.group(2)
    return unicodedata.normalize("NFC", letter + _COMBINING[accent])


@lru_cache(maxsize=1024)
def _slow(text: str) -> str:
    """Commands and mathematics by pylatexenc; deep or huge text is left to the simple rules."""
    if len(text) > _MAX_SLOW or _depth(text) > _MAX_DEPTH:
        return text
    protected = text.replace("%", "\\%") if "\\%" not in text else text
    return str(_CONVERTER.latex_to_text(protected))


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif char == "}":
            depth -= 1
    return deepest
