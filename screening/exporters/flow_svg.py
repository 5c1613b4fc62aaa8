"""The PRISMA 2020 flow diagram as one standalone SVG figure.

It prints in black and white, needs no style sheet, and holds no ``style`` attribute, ``<style>`` or script, so that it
also stands in a page under a strict content security policy. Colours are presentation attributes, which any program
that draws SVG understands and any style sheet outranks: a page themes the figure by its classes ``flow-page``,
``flow-head``, ``flow-side``, ``flow-side-text``, ``flow-box``, ``flow-text``, ``flow-pending``, ``flow-arrow``,
``flow-arrow-head``, ``flow-link``, ``flow-hit``, ``flow-note`` and ``flow-credit``.

Layout follows the PRISMA 2020 templates (Page et al., BMJ 2021;372:n71, CC BY 4.0): phases down the left edge, each
column with what leaves the flow at its right. Text is wrapped by approximate widths, and boxes grow with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from screening.exporters.svg_text import FONT_FAMILY, Run, text_width, wrap, xml_attribute, xml_text
from screening.rules.flow import FlowCounts, Template
from screening.rules.flow_boxes import ARROWS, Column, FlowBox, FlowLine, Phase, column_titles, flow_boxes
from screening.rules.flow_checks import Strength, check_flow
from screening.rules.flow_text import flow_text

SIZE, LEADING, PAD = 13.0, 17.0, 11.0
MARGIN, SIDE_BAR, SIDE_GAP, ROW_GAP, INDENT = 10.0, 28.0, 12.0, 30.0, 14.0
HEAD_GAP, ITEM_GAP, LINKED_ITEM_GAP = 18.0, 3.0, 7.0
INK, LINE, HEAD_FILL, SIDE_FILL, PAPER = "#1a1a1a", "#333333", "#e6e6e6", "#d9d9d9", "#ffffff"
CREDIT = "Layout: PRISMA 2020 (Page et al., BMJ 2021;372:n71), CC BY 4.0."

_WIDTHS = {
    Template.NEW_V1: {Column.DATABASES: 300.0, Column.DATABASES_SIDE: 300.0},
    Template.NEW_V2: {
        Column.DATABASES: 260.0,
        Column.DATABASES_SIDE: 226.0,
        Column.OTHER: 260.0,
        Column.OTHER_SIDE: 206.0,
    },
}
_WIDTHS[Template.UPDATED_V1] = {Column.PREVIOUS: 180.0, **_WIDTHS[Template.NEW_V1]}
_WIDTHS[Template.UPDATED_V2] = {Column.PREVIOUS: 170.0, **_WIDTHS[Template.NEW_V2]}
_GAPS = {Template.NEW_V1: 50.0, Template.NEW_V2: 34.0, Template.UPDATED_V1: 40.0, Template.UPDATED_V2: 32.0}


@dataclass(frozen=True, slots=True)
class _Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class _Item:
    """One wrapped paragraph of a box; ``line`` is the count it shows, None for a title or a note."""

    lines: list[list[Run]]
    indent: float
    line: FlowLine | None

    @property
    def height(self) -> float:
        return len(self.lines) * LEADING


@dataclass(frozen=True, slots=True)
class _Layout:
    columns: dict[Column, tuple[float, float]]
    rects: dict[str, _Rect]
    heads: list[tuple[str, _Rect]]
    phases: dict[Phase, _Rect]
    width: float
    bottom: float


def flow_svg(
    counts: FlowCounts,
    *,
    title: str,
    template: Template | None = None,
    links: Mapping[str, str] | None = None,
    id_prefix: str = "flow",
) -> str:
    """The diagram as an SVG document.

    ``template`` None: the one that fits the counts (other methods only where such sources exist). ``links``: address by
    line key or box id of ``flow_boxes``; without links the figure is one image (``role="img"``), with them a group, so
    that a screen reader reaches each link. ``id_prefix`` keeps ids apart when a page holds two diagrams. Raises
    ValueError for an address that is neither relative nor http(s).
    """
    chosen = template or counts.template
    addresses = {key: _address(url) for key, url in (links or {}).items()}
    gap = LINKED_ITEM_GAP if addresses else ITEM_GAP
    boxes = flow_boxes(counts, chosen)
    columns = _columns(chosen)
    items = {box.id: _items(box, columns[box.column][1]) for box in boxes}
    layout = _lay_out(boxes, items, chosen, gap)
    body = [_head(text, rect) for text, rect in layout.heads]
    body += [_phase(phase, rect) for phase, rect in layout.phases.items()]
    body += [_arrow(start, end, boxes, layout.rects) for start, end in ARROWS if {start, end} <= layout.rects.keys()]
    body += [_box(box, items[box.id], layout.rects[box.id], addresses, gap) for box in boxes]
    notes, height = _notes(counts, layout)
    return _document(body + notes, layout.width, height, (title, flow_text(counts)), (id_prefix, bool(addresses)))


def _address(url: str) -> str:
    if ":" in url.split("/", 1)[0] and not url.startswith(("http://", "https://")):
        raise ValueError(f"not an address to link to: {url!r}")
    return url


def _columns(template: Template) -> dict[Column, tuple[float, float]]:
    """x and width of each column."""
    x, placed = MARGIN + SIDE_BAR + SIDE_GAP, {}
    for column, width in _WIDTHS[template].items():
        placed[column] = (x, width)
        x += width + _GAPS[template]
    return placed


def _items(box: FlowBox, width: float) -> list[_Item]:
    room = width - 2 * PAD
    items = [_Item(wrap([Run(box.title)], room, SIZE), 0, None)] if box.title else []
    for line in box.lines:
        indent = INDENT if line.indented else 0
        items.append(_Item(wrap(_runs(line), room - indent, SIZE), indent, line))
    return items + [_Item(wrap([Run(note, italic=True)], room, SIZE), 0, None) for note in box.notes]


def _runs(line: FlowLine) -> list[Run]:
    """Label and count; a short count never breaks, one with words about what waits breaks before those."""
    count = line.count_text + (":" if line.has_parts else "")
    number, semicolon, waiting = count.partition("; ")
    unbroken = number.replace(" ", "\u00a0")
    rest = waiting.replace(" ", "\u00a0", 1) if semicolon else ""
    return [Run(line.label), Run(f"{unbroken}; {rest}" if rest else unbroken, italic=line.provisional)]


def _lay_out(boxes: tuple[FlowBox, ...], items: dict[str, list[_Item]], template: Template, gap: float) -> _Layout:
    columns = _columns(template)
    heads, top = _heads(template, columns)
    sizes = {box.id: _height(items[box.id], gap) for box in boxes}
    rects: dict[str, _Rect] = {}
    phases: dict[Phase, _Rect] = {}
    y = top + HEAD_GAP
    for phase in Phase:
        rows = sorted({box.row for box in boxes if box.phase == phase})
        start = y
        for row in rows:
            members = [box for box in boxes if box.row == row]
            for box in members:
                x, width = columns[box.column]
                rects[box.id] = _Rect(x, y, width, sizes[box.id])
            y += max(sizes[box.id] for box in members) + ROW_GAP
        label = text_width(phase.value, SIZE, bold=True) + 10
        y = max(y, start + label + ROW_GAP)
        phases[phase] = _Rect(MARGIN, start, SIDE_BAR, y - ROW_GAP - start)
    right = max(x + width for x, width in columns.values())
    return _Layout(columns, rects, heads, phases, right + MARGIN, y - ROW_GAP)


def _heads(template: Template, columns: dict[Column, tuple[float, float]]) -> tuple[list[tuple[str, _Rect]], float]:
    """The headings over the columns, all of one height, and where they end."""
    last = {Column.DATABASES: Column.DATABASES_SIDE, Column.OTHER: Column.OTHER_SIDE}
    spans = []
    for column, text in column_titles(template).items():
        x, end = columns[column][0], sum(columns[last.get(column, column)])
        spans.append((text, x, end - x))
    lines = max(len(wrap([Run(text)], width - 2 * PAD, SIZE, bold=True)) for text, _, width in spans)
    height = lines * LEADING + PAD
    return [(text, _Rect(x, MARGIN, width, height)) for text, x, width in spans], MARGIN + height


def _height(items: list[_Item], gap: float) -> float:
    return sum(item.height for item in items) + gap * (len(items) - 1) + 2 * PAD


def _head(text: str, rect: _Rect) -> str:
    lines = wrap([Run(text)], rect.width - 2 * PAD, SIZE, bold=True)
    y = rect.middle - len(lines) * LEADING / 2
    drawn = "".join(
        _text(line, rect.centre, y + index * LEADING, 'text-anchor="middle" font-weight="bold" ')
        for index, line in enumerate(lines)
    )
    return _rect(rect, "flow-head", HEAD_FILL, 'rx="8" ') + drawn


def _phase(phase: Phase, rect: _Rect) -> str:
    x, y = rect.centre, rect.middle
    return _rect(rect, "flow-side", SIDE_FILL, 'rx="6" ') + (
        f'<text class="flow-side-text" x="{x:g}" y="{y:g}" transform="rotate(-90 {x:g} {y:g})" text-anchor="middle" '
        f'dominant-baseline="central" font-weight="bold" fill="{INK}">{xml_text(phase.value)}</text>'
    )


def _box(box: FlowBox, items: list[_Item], rect: _Rect, links: Mapping[str, str], gap: float) -> str:
    """A box with one count is one link; in a box with several, each line is one, and the title leads to all."""
    frame = _rect(rect, "flow-box", PAPER)
    own = links.get(box.id, "")
    whole = own or links.get(box.lines[0].key, "") if len(box.lines) == 1 else ""
    drawn, y = [], rect.y + PAD
    for item in items:
        text = "".join(_text(line, rect.x + PAD + item.indent, y + n * LEADING) for n, line in enumerate(item.lines))
        hit = _Rect(rect.x, y - gap / 2, rect.width, item.height + gap)
        url = (own if item is items[0] else "") if item.line is None else links.get(item.line.key, "")
        name = box.title if item.line is None else _name(item.line)
        drawn.append(text if whole else _link(url, name, _hit(hit) + text) if url else text)
        y += item.height + gap
    body = frame + "".join(drawn)
    return _link(whole, f"{box.title} {_name(box.lines[0])}".strip(), body) if whole else f"<g>{body}</g>"


def _name(line: FlowLine) -> str:
    return f"{line.label} {line.count_text}"


def _link(url: str, name: str, body: str) -> str:
    return f'<a class="flow-link" href="{xml_attribute(url)}" aria-label="{xml_attribute(name)}">{body}</a>'


def _hit(rect: _Rect) -> str:
    place = f'x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" height="{rect.height:g}"'
    return f'<rect class="flow-hit" {place} fill="none" pointer-events="all"/>'


def _rect(rect: _Rect, css: str, fill: str, extra: str = "") -> str:
    place = f'x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" height="{rect.height:g}"'
    return f'<rect class="{css}" {place} {extra}fill="{fill}" stroke="{LINE}" stroke-width="1"/>'


def _text(line: list[Run], x: float, top: float, extra: str = "") -> str:
    spans = "".join(
        f'<tspan class="flow-pending" font-style="italic">{xml_text(run.text)}</tspan>'
        if run.italic
        else xml_text(run.text)
        for run in line
    )
    return f'<text class="flow-text" x="{x:g}" y="{top + SIZE:g}" {extra}fill="{INK}">{spans}</text>'


def _arrow(start: str, end: str, boxes: tuple[FlowBox, ...], rects: Mapping[str, _Rect]) -> str:
    """Down inside a column, to the right into a side column, and round a corner into another column's box."""
    source, target = rects[start], rects[end]
    columns = {box.id: box.column for box in boxes}
    if columns[start] == columns[end]:
        return _line([(source.centre, source.bottom), (target.centre, target.y)])
    if (start, end) in (("ot_assessed", "included"), ("prev", "total")):
        edge = target.x if source.x < target.x else target.right
        return _line([(source.centre, source.bottom), (source.centre, target.middle), (edge, target.middle)])
    y = source.y + min(source.height, target.height) / 2
    return _line([(source.right, y), (target.x, y)])


def _line(points: list[tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = points[-2:]
    dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    back_x, back_y = x2 - 7 * dx, y2 - 7 * dy
    path = " ".join(f"{x:g},{y:g}" for x, y in [*points[:-1], (back_x, back_y)])
    tip = f"{x2:g},{y2:g} {back_x - 4 * dy:g},{back_y - 4 * dx:g} {back_x + 4 * dy:g},{back_y + 4 * dx:g}"
    return (
        f'<polyline class="flow-arrow" points="{path}" fill="none" stroke="{LINE}" stroke-width="1.2"/>'
        f'<polygon class="flow-arrow-head" points="{tip}" fill="{LINE}"/>'
    )


def _notes(counts: FlowCounts, layout: _Layout) -> tuple[list[str], float]:
    """Under the figure: that work is in progress, what does not add up, the credit; and where the figure ends."""
    x, y, drawn = MARGIN + SIDE_BAR + SIDE_GAP, layout.bottom + 12, []
    width = layout.width - MARGIN - x
    failed = [check for check in check_flow(counts) if check.holds is False and check.strength != Strength.SOFT]
    texts = ["Work in progress: numbers in italics may still change."] if counts.in_progress else []
    texts += [f"Does not add up: {check.message}" for check in failed]
    for text in texts:
        for line in wrap([Run(text, italic=True)], width, SIZE):
            drawn.append(_text(line, x, y).replace("flow-text", "flow-note", 1))
            y += LEADING
    drawn.append(
        f'<text class="flow-credit" x="{x:g}" y="{y + 13:g}" font-size="9.5" fill="#595959">{xml_text(CREDIT)}</text>'
    )
    return drawn, y + 21


def _document(body: list[str], width: float, height: float, words: tuple[str, str], identity: tuple[str, bool]) -> str:
    (title, description), (prefix, linked) = words, identity
    ids = f"{xml_attribute(prefix)}-title {xml_attribute(prefix)}-desc"
    title_id, description_id = ids.split(" ")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow-diagram" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="{"group" if linked else "img"}" '
        f'aria-labelledby="{title_id}" aria-describedby="{description_id}" '
        f'font-family="{xml_attribute(FONT_FAMILY)}" font-size="{SIZE:g}">'
    )
    page = f'<rect class="flow-page" x="0" y="0" width="{width:g}" height="{height:g}" fill="{PAPER}"/>'
    words_ = (
        f'<title id="{title_id}">{xml_text(title)}</title><desc id="{description_id}">{xml_text(description)}</desc>'
    )
    return "\n".join([head, words_, page, *body, "</svg>\n"])
