"""One engine for every format whose lines begin with a tag: RIS, MEDLINE, Web of Science, RefWorks, Ovid, Cochrane, refer.

A :class:`Dialect` says what a tag line looks like, what opens and closes an entry and what continues a value. The engine walks
the lines once, keeps one entry at a time and never lets an entry swallow the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from re import Pattern

from screening.importers.build import Entry, Spec, build
from screening.importers.decoding import Lines
from screening.importers.foreign import foreign_format
from screening.importers.types import Parsed, ParseWarning, RejectedEntry

MAX_ENTRY_LINES = 200_000
"""An entry longer than this is cut there: a file that never closes one must not fill the memory."""
REJECTED_RAW = 10_000
MAX_STRAY_LINES = 400

Split = Callable[[str], tuple[str, str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one tagged format writes its lines."""

    format_label: str
    spec: Spec
    split: Callable[[], Split]
    """Makes the function that turns a line into (tag, value), or ``None`` for a line without a tag."""
    starts: frozenset[str] = frozenset()
    """Tags that open an entry; inside an entry they close it first."""
    ends: frozenset[str] = frozenset()
    """Tags that close an entry."""
    heads: Pattern[str] | None = None
    """A line without a tag that opens an entry: ``<1. >``, ``Record #1 of 60``."""
    blank_closes: bool = False
    """A blank line closes the entry."""
    preamble: Pattern[str] | None = None
    """Lines outside entries that are known and carry nothing."""
    file_tags: frozenset[str] = frozenset()
    """Tags that belong to the file, not to an entry: ``FN``, ``VR``, ``EF``."""
    indented_continues: bool = False
    """Only an indented line continues a value."""
    list_tags: frozenset[str] = frozenset()
    """Tags whose continuation lines are values of their own: one author a line."""
    prepare: Callable[[Entry], None] | None = None
    """Reshapes the fields of a whole entry before :func:`build`."""
    fixed_tags: frozenset[str] = frozenset()
    """Two-letter tags that are certain when ``  - `` follows: told apart without a call."""
    opens_implicitly: bool = True
    """A tag outside any entry opens one."""
    warn_missing_start: str = ""
    """Said of an entry that was opened by any other tag than ``starts``."""


@dataclass(slots=True)
class _State:
    entry: Entry | None = None
    lines: list[str] = field(default_factory=list)
    values: list[str] | None = None
    """The list the last tag appended to: continuation lines go to its last element."""
    tag: str = ""
    parts: list[str] | None = None
    """Continuation lines of the last value, joined once the value is complete: no quadratic time."""


def parse_tagged(lines: Lines, dialect: Dialect) -> Iterator[Parsed]:
    """Records, refused entries and warnings in file order. Memory holds one entry and one block of lines."""
    return _Engine(lines, dialect).run()


class _Engine:
    def __init__(self, lines: Lines, dialect: Dialect) -> None:
        self.lines = lines
        self.dialect = dialect
        self.split = dialect.split()
        self.state = _State()
        self.stray: tuple[int, list[str]] | None = None
        self.remarks_told = 0

    def run(self) -> Iterator[Parsed]:
        """The loop over the lines: a tag inside an open entry is handled here, anything else in :meth:`_line`.

        Local names instead of ``state`` make this loop, which sees every line of a file, about twice as fast.
        """
        state, split = self.state, self.split
        special = self.dialect.starts | self.dialect.ends
        fixed = self.dialect.fixed_tags - special
        closed: dict[str, list[str]] = {}
        fields, get, keep = closed, closed.get, state.lines.append
        number, tag, plain = 0, "", False
        values: list[str] | None = None
        for batch in self.lines.batches():
            yield from self._remarks()
            for line in batch:
                number += 1
                if plain and line[2:6] == "  - " and (start := line[:2]) in fixed:
                    tag = start
                    keep(line)
                    values = get(tag)
                    if values is None:
                        fields[tag] = values = [line[6:]]
                    else:
                        values.append(line[6:])
                    continue
                hit = split(line)
                if hit is None or not plain or hit[0] in special:
                    state.tag, state.values = tag, values
                    done = self._line(line, number, hit)
                    tag, values, continued = state.tag, state.values, state.parts is not None
                    fields, keep = state.entry.fields if state.entry is not None else closed, state.lines.append
                    plain, get = fields is not closed and not continued, fields.get
                    if done:
                        yield from done
                    continue
                tag, value = hit
                keep(line)
                values = fields.setdefault(tag, [])
                values.append(value)
            if len(state.lines) > MAX_ENTRY_LINES:
                yield from self._cut(number)
                plain, fields = False, closed
        state.tag, state.values = tag, values
        yield from self._finish(number)

    def _line(self, line: str, number: int, hit: tuple[str, str] | None) -> list[Parsed] | None:
        """Takes a line that is no plain field of an open entry; returns what it completed."""
        if hit is None:
            return self._untagged(line, number)
        tag, value = hit
        dialect, state = self.dialect, self.state
        if tag in dialect.ends:
            return self._end(line, number)
        if tag in dialect.starts and (state.entry is None or self._starts_anew(tag)):
            return self._open(line, number, tag, value)
        if state.entry is None:
            return self._implicit(line, number, tag, value)
        self._flush()
        state.lines.append(line)
        state.entry.add(tag, value)
        state.values = state.entry.fields[tag]
        state.tag = tag
        return None

    def _starts_anew(self, tag: str) -> bool:
        """With closing tags a start inside an entry means the end was forgotten; without, a repeated start tag means the next."""
        entry = self.state.entry
        return entry is not None and (bool(self.dialect.ends) or bool(self.dialect.heads) or tag in entry.fields)

    def _flush(self) -> None:
        state = self.state
        if state.parts is not None and state.values is not None:
            separator = "\n"
            if state.tag in self.dialect.list_tags:
                state.values.extend(part.strip() for part in state.parts[1:])
            else:
                state.values[-1] = separator.join(state.parts)
        state.parts = None

    def _untagged(self, line: str, number: int) -> list[Parsed] | None:
        state, dialect = self.state, self.dialect
        if dialect.heads is not None and dialect.heads.match(line):
            done = self._close(number - 1, complete=True)
            state.entry = Entry(number)
            state.lines = [line]
            state.values = None
            return done
        if not line or line.isspace():
            if dialect.blank_closes and state.entry is not None and state.entry.fields:
                return self._close(number - 1, complete=True)
            if state.entry is not None:
                state.lines.append(line)
                if state.values is not None and not dialect.indented_continues:
                    self._continue("")
            return None
        if state.entry is None:
            return self._outside(line, number)
        state.lines.append(line)
        if dialect.indented_continues and not line[:1].isspace() and dialect.preamble and dialect.preamble.match(line):
            return None
        if state.values is not None:
            self._continue(line)
        return None

    def _continue(self, line: str) -> None:
        state = self.state
        if state.parts is None:
            state.parts = [state.values[-1] if state.values else ""]
        state.parts.append(line)

    def _open(self, line: str, number: int, tag: str, value: str) -> list[Parsed]:
        done = self._close(number - 1, complete=not self.dialect.ends, next_line=number)
        state = self.state
        state.entry = Entry(number, {tag: [value]})
        state.lines = [line]
        state.values = state.entry.fields[tag]
        state.tag = tag
        return done

    def _implicit(self, line: str, number: int, tag: str, value: str) -> list[Parsed] | None:
        dialect = self.dialect
        if tag in dialect.file_tags:
            return None
        if not dialect.opens_implicitly or (self.stray is not None and self._foreign(self.stray[1])):
            return self._outside(line, number)
        done = self._open(line, number, tag, value)
        if dialect.warn_missing_start and self.state.entry is not None:
            self.state.entry.warnings.append(dialect.warn_missing_start)
        return done

    def _end(self, line: str, number: int) -> list[Parsed]:
        if self.state.entry is None:
            return []
        self.state.lines.append(line)
        return self._close(number, complete=True)

    def _close(self, end_line: int, *, complete: bool, next_line: int = 0) -> list[Parsed]:
        """Finishes the entry under way, if any, and tells what stood outside before it."""
        state = self.state
        done: list[Parsed] = self._told_stray()
        entry = state.entry
        if entry is None:
            return done
        self._flush()
        state.entry, state.values = None, None
        while state.lines and (not state.lines[-1] or state.lines[-1].isspace()):
            state.lines.pop()
            end_line = entry.line + len(state.lines) - 1
        entry.raw = self.lines.source_text(state.lines)
        entry.end_line = end_line
        if not entry.fields:
            done.append(RejectedEntry(entry.line, "The entry holds no field.", entry.raw[:REJECTED_RAW]))
            return done
        if not complete:
            entry.warnings.append(self._unclosed(next_line))
        if self.dialect.prepare is not None:
            self.dialect.prepare(entry)
        done.append(build(entry, self.dialect.spec))
        return done

    def _unclosed(self, next_line: int) -> str:
        end = "/".join(sorted(self.dialect.ends))
        if next_line:
            return f"The entry is not closed by {end}: the next one begins in line {next_line}."
        return f"The entry is incomplete: the file ends without {end}."

    def _cut(self, number: int) -> list[Parsed]:
        state = self.state
        entry = state.entry
        if entry is not None:
            entry.warnings.append(f"The entry was cut after {MAX_ENTRY_LINES:,} lines.")
        return self._close(number, complete=True)

    def _outside(self, line: str, number: int) -> list[Parsed] | None:
        """Text that belongs to no entry: known headers pass, anything else is told once per run of lines."""
        if self.dialect.preamble is not None and self.dialect.preamble.match(line):
            return None
        if self.stray is None:
            self.stray = (number, [])
        if len(self.stray[1]) < MAX_STRAY_LINES:
            self.stray[1].append(line)
        return None

    def _told_stray(self) -> list[Parsed]:
        if self.stray is None:
            return []
        (line, lines), self.stray = self.stray, None
        foreign = self._foreign(lines)
        if foreign:
            reason = f"From here on the file is {foreign}, not {self.dialect.format_label}. Import that part as a file of its own."
            return [RejectedEntry(line, reason, "\n".join(lines)[:REJECTED_RAW])]
        return [ParseWarning(line, f"Text between entries was passed over: “{lines[0].strip()[:80]}”.")]

    def _foreign(self, lines: list[str]) -> str:
        foreign = foreign_format("\n".join(lines[:40]))
        return "" if foreign == self.dialect.format_label else foreign

    def _remarks(self) -> list[Parsed]:
        told, self.remarks_told = self.lines.remarks[self.remarks_told :], len(self.lines.remarks)
        return [ParseWarning(line, message) for line, message in told]

    def _finish(self, number: int) -> Iterator[Parsed]:
        yield from self._remarks()
        yield from self._close(number, complete=not self.dialect.ends)
