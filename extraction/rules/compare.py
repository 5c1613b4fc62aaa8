"""Two sheets of one study side by side: which entries stand for the same thing, which cells say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from extraction.constants import ItemType, Mark
from extraction.rules.cells import Entry, Key, Sheet
from extraction.rules.definition_types import Item
from extraction.rules.shown import Answer
from extraction.rules.text import normal
from extraction.rules.values import canonical


class Side(StrEnum):
    """Whose value."""

    FIRST = "first"
    SECOND = "second"


def pair_token(first_id: int, second_id: int) -> str:
    """The `match` of two entries that stand for the same thing."""
    return f"m{first_id}x{second_id}"


def alone_token(entry_id: int) -> str:
    """The `match` of an entry that only one of the two has."""
    return f"s{entry_id}"


@dataclass(frozen=True)
class Pair:
    """An entry of the first sheet and the one of the second that stands for the same thing; one may be missing.

    None and None with an empty group is the study itself.
    """

    group: str
    first: Entry | None
    second: Entry | None
    depth: int = 0

    @property
    def match(self) -> str:
        """What the entries of both sheets and of the consensus have in common; "" for the study."""
        if self.first and self.second:
            return self.first.match or pair_token(self.first.id, self.second.id)
        one = self.first or self.second
        return (one.match or alone_token(one.id)) if one else ""

    @property
    def label(self) -> str:
        """The name that one of them gave."""
        return (self.first.label if self.first else "") or (self.second.label if self.second else "")


@dataclass(frozen=True)
class Compared:
    """One item of one pair: what each said (None: nothing, or it is not asked there)."""

    item: Item
    pair: Pair
    first: Answer | None
    second: Answer | None

    @property
    def equal(self) -> bool:
        """Both say the same, "nothing" included."""
        return equal(self.item, self.first, self.second)


def equal(item: Item, one: Answer | None, other: Answer | None) -> bool:
    """Whether two cells say the same: the same mark, or the same value by rules.values.same."""
    return code(item, one) == code(item, other)


def code(item: Item, answer: Answer | None) -> str:
    """One text for all cells that say the same; "" for an empty one."""
    if answer is None:
        return ""
    return canonical(item, answer.value) if answer.mark == Mark.VALUE else f"({answer.mark})"


def pairs(first: Sheet, second: Sheet) -> list[Pair]:
    """The study, then every group's entries matched with the other sheet's, parents before what is within them.

    Within matched parents: by `match` where a person or an earlier comparison set it, then by name, then by position.
    """
    found = [Pair("", None, None)]
    _match_within(first, second, found[0], found)
    return found


def _match_within(first: Sheet, second: Sheet, above: Pair, found: list[Pair]) -> None:
    for group in first.definition.groups_within(above.group):
        ones, others = _children(first, group.id, above, above.first), _children(second, group.id, above, above.second)
        for one, other in match_entries(ones, others):
            pair = Pair(group.id, one, other, above.depth + 1)
            found.append(pair)
            _match_within(first, second, pair, found)


def _children(sheet: Sheet, group: str, above: Pair, parent: Entry | None) -> list[Entry]:
    if above.group and parent is None:
        return []
    wanted = parent.id if parent else None
    return [entry for entry in sheet.entries.values() if entry.group == group and entry.parent == wanted]


def match_entries(firsts: Sequence[Entry], seconds: Sequence[Entry]) -> list[tuple[Entry | None, Entry | None]]:
    """Entries of one group in pairs, in the order of the first sheet; those of the second alone come last."""
    partner: dict[int, Entry] = {}
    free = list(seconds)

    def take(one: Entry, other: Entry | None) -> None:
        if other is not None:
            partner[one.id] = other
            free.remove(other)

    for one in firsts:
        if one.match:
            take(one, next((other for other in free if other.match == one.match), None))
    open_ones = [one for one in firsts if not one.match]
    for one in open_ones:
        label = normal(one.label)
        if label:
            take(one, next((o for o in free if not o.match and normal(o.label) == label), None))
    waiting = [one for one in open_ones if one.id not in partner]
    for one, other in zip(waiting, [other for other in free if not other.match], strict=False):
        take(one, other)
    return [(one, partner.get(one.id)) for one in firsts] + [(None, other) for other in free]


def compare_cells(first: Sheet, second: Sheet, matched: Iterable[Pair]) -> Iterator[Compared]:
    """Every item that at least one of the two was asked or has answered, pair by pair, in the order of the form."""
    for pair in matched:
        for item in first.definition.items_of_group(pair.group):
            if item.type == ItemType.DERIVED:
                continue
            one, other = _seen(first, item, pair.group, pair.first), _seen(second, item, pair.group, pair.second)
            asked = _asked(first, item, pair.group, pair.first) or _asked(second, item, pair.group, pair.second)
            if asked:
                yield Compared(item, pair, one, other)


def _asked(sheet: Sheet, item: Item, group: str, entry: Entry | None) -> bool:
    return (not group or entry is not None) and sheet.is_shown(item, entry.id if entry else None)


def _seen(sheet: Sheet, item: Item, group: str, entry: Entry | None) -> Answer | None:
    """What a sheet says; an item that is not asked there says nothing, whatever was once written."""
    return sheet.answer(item.id, entry.id if entry else None) if _asked(sheet, item, group, entry) else None


def is_settled(cell: Answer | None, comment: str = "") -> bool:
    """Whether a cell of the consensus sheet is decided: it says something, or was left empty on purpose.

    An empty cell with a comment holds a question to the extractors.
    """
    return cell is not None and (cell.mark != Mark.VALUE or cell.value is not None or not comment)


def key_of(compared: Compared, side: Side) -> Key | None:
    """The cell on one of the two sheets; None where its entry is missing."""
    entry = compared.pair.first if side == Side.FIRST else compared.pair.second
    if not compared.pair.group:
        return compared.item.id, None
    return (compared.item.id, entry.id) if entry else None
