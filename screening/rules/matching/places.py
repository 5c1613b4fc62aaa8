"""Where an article stands: pages, article numbers, volumes and issues as databases and spreadsheets write them."""

from __future__ import annotations

import re

_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_ROMAN = {
    ten + one: 10 * tens + ones
    for tens, ten in enumerate(("", "x", "xx", "xxx", "xl", "l"))
    for ones, one in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens or ones
}
_FRONT_MATTER = 1_000_000  # pages in Roman numerals stand apart from all others
_DAY_MONTH = re.compile(r"^(\d{1,2})-([a-z]{3})$")
_MONTH_DAY = re.compile(r"^([a-z]{3})-(\d{1,2})$")
_PLAIN_RANGE = re.compile(r"^(\d{1,6})(?:-+(\d{1,6}))?$")
_SECTION = re.compile(r"^(?:pp?\.? ?|(?:suppl?(?:ement)?|pt|part)\.? ?[\da-z]{0,3} ?: ?)(?=[a-z]?[a-z]?\d)")
# "Suppl-12" and "Pt-8" are what is left of "Suppl:S109-12" and "Pt 1:2665-8": the start is lost.
_CUT_START = re.compile(r"^(?:suppl?|pt?|t|part)\.?[ :.-]*-? ?\d{1,3}$")
_SPACED_PREFIX = re.compile(r"^([a-z]{1,5})[ .-]+(\d)")
_PAGE = re.compile(r"^((?:\d?[a-z]{1,5})?)[\s.:]*0*(\d+)([a-z]{0,2})(?:\.e\d+)?$")
_DASH = re.compile(r"\s*(?:-+|[‐-―−~])+\s*")


class Pages:
    """First and last page as numbers (0: unknown), the letters before the first, and every number in the field."""

    __slots__ = ("first", "last", "numbers", "prefix")

    def __init__(self, raw: str) -> None:
        self.prefix, self.first, last = "", 0, 0
        self.numbers: frozenset[int] = frozenset()
        if plain := _PLAIN_RANGE.match(raw):
            self.first, last = int(plain[1]), int(plain[2] or 0)
        elif raw:
            text = _undo_spreadsheet_date(_DASH.sub("-", raw.strip().lower().strip("\"'. ")))
            text = _SECTION.sub("", text)
            self.numbers = frozenset(map(int, re.findall(r"\d{1,7}", text)))
            text = "" if _CUT_START.match(text) else _SPACED_PREFIX.sub(r"\1\2", text)
            start, _, end = re.split(r"[,;+ ]", text, maxsplit=1)[0].partition("-")
            self.prefix, self.first = _page_number(start)
            last = _page_number(end)[1]
        self.last = _complete_last(self.first, last)

    @property
    def is_range(self) -> bool:
        return self.last > self.first > 0

    def names(self, page: int) -> bool:
        """Whether the field holds this number anywhere ("233-8, 230-5, 246-51")."""
        return page in self.numbers

    def __bool__(self) -> bool:
        return self.first > 0


def _undo_spreadsheet_date(text: str) -> str:
    """ "06-oct" and "oct-06", which a spreadsheet made of 6-10 and 10-6, as numbers again."""
    if found := _DAY_MONTH.match(text):
        return f"{int(found[1])}-{_MONTHS[found[2]]}" if found[2] in _MONTHS else text
    if found := _MONTH_DAY.match(text):
        return f"{_MONTHS[found[1]]}-{int(found[2])}" if found[1] in _MONTHS else text
    return text


def _page_number(text: str) -> tuple[str, int]:
    if text in _ROMAN:
        return "", _FRONT_MATTER + _ROMAN[text]
    found = _PAGE.match(text)
    return (found[1], int(found[2][:9])) if found else ("", 0)


def _complete_last(first: int, last: int) -> int:
    """The end of a range in full: "123-9" ends on 129. An end before the start counts as unknown."""
    if 0 < last < first:
        head, tail = str(first), str(last)
        last = int(head[: len(head) - len(tail)] + tail)
    return last if last >= first else 0


# "36 (SUPPL.2)", "6 (9) (no pagination)", "Current Topics. 4"; "1)" is what is left of "23 Suppl (1)" and says nothing.
_VOLUME = re.compile(r"^\D*?(\d+)(?!\s*\)\s*$)(?:\s*\(\s*([^()]*\d[^()]*)\))?")
_PART_OF = re.compile(r"\b(?:part|pt|section|sect)\.? ?\d+\b\.?", re.IGNORECASE)
_MONTH_ISSUE = re.compile(r"^(?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?: \d{1,2})?$")


def volume_and_issue(volume: str, issue: str) -> tuple[int, str]:
    """Volume as a number (0: not told) and issue in letters and digits, whichever field they were written into."""
    if volume.isdecimal() and (issue.isdecimal() or not issue):
        return int(volume[:9]), issue.lstrip("0")
    if not volume and not issue:
        return 0, ""
    found = _VOLUME.match(_PART_OF.sub("", volume.strip()))
    number = int(found[1][:9]) if found else _ROMAN.get(volume.strip().lower(), 0)
    text = issue.lower().strip() or ((found[2] or "") if found else "").lower()
    text = _undo_spreadsheet_date(text)
    if _MONTH_ISSUE.match(text):
        text = ""
    text = text.replace("supplement", "suppl").replace("suppl", "s").replace("part", "").replace("pt", "")
    return number, "".join(c for c in text if c.isalnum()).lstrip("0")
