"""The summary of risk of bias: table, figures, paragraph, sensitivity; built in the background, downloaded as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from bias.charts import bars_figure, traffic_figure
from bias.exporters.document import table_docx
from bias.exporters.drawing import Looks, disc
from bias.exporters.figure_bars import bars_svg
from bias.exporters.figure_print import as_pdf, as_png
from bias.exporters.figure_traffic import traffic_pages
from bias.exporters.table import ROBVIS_NOTE, robvis_csv, table_csv, table_xlsx
from bias.instruments.looks import PALETTE_LABELS, Palette
from bias.queries.summary import SummaryState, summary_state
from bias.rules.summary_types import Cell, PartSummary, Summary, TableRow
from bias.services.summary import request_summary
from bias.tasks import summarise_bias
from reviewapp.access import access_member
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review
from reviewapp.models import Membership, Review
from reviewapp.numbers import as_number

PAGE_SIZE = 50
FILE_SECONDS = 24 * 3600
"""How long a file that takes time to write is kept, by the digest of what it shows."""
SLOW = frozenset({"png", "pdf", "docx"})
TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True)
class Shown:
    """What a file is made of: the summary, the part and palette chosen, the title, and the page of a paged figure."""

    summary: Summary
    part: PartSummary
    palette: Palette
    title: str
    page: int = 1


def _traffic(shown: Shown) -> list[str]:
    return traffic_pages(shown.summary, shown.part, shown.palette, shown.title)


def _traffic_page(shown: Shown) -> str:
    pages = _traffic(shown)
    if not 1 <= shown.page <= len(pages):
        raise Http404("The figure has no such page.")
    return pages[shown.page - 1]


def _bars(shown: Shown) -> str:
    return bars_svg(shown.summary, shown.part, shown.palette, shown.title)


FILES: dict[str, Callable[[Shown], str | bytes]] = {
    "table.docx": lambda shown: table_docx(shown.summary, shown.palette, shown.title),
    "table.xlsx": lambda shown: table_xlsx(shown.summary, shown.title),
    "table.csv": lambda shown: table_csv(shown.summary, shown.part, shown.title),
    "robvis.csv": lambda shown: robvis_csv(shown.summary, shown.part),
    "traffic-light.svg": _traffic_page,
    "traffic-light.png": lambda shown: as_png(_traffic_page(shown)),
    "traffic-light.pdf": lambda shown: as_pdf(_traffic(shown), shown.title),
    "bars.svg": _bars,
    "bars.png": lambda shown: as_png(_bars(shown)),
    "bars.pdf": lambda shown: as_pdf([_bars(shown)], shown.title),
}


def _palette(request: Request) -> Palette:
    given = request.GET.get("palette", "")
    return Palette(given) if given in list(Palette) else Palette.RECOMMENDED


def _shown(request: Request, review: Review, state: SummaryState) -> Shown | None:
    """What the address asks for; None before a summary is built. Raises Http404 for a part that does not exist."""
    if state.summary is None:
        return None
    part = state.summary.part(request.GET.get("part", ""))
    if part is None:
        raise Http404("The instrument has no such part.")
    stale = " (judgements have changed since this was built)" if state.is_stale else ""
    return Shown(state.summary, part, _palette(request), f"{review}{stale}", _page(request))


def _page(request: Request) -> int:
    """The page an address asks for, the first without; 0 for what is no number."""
    return as_number(request.GET.get("page", "1")) or 0


@dataclass(frozen=True)
class ShownCell:
    """A level on the page: which sign ("" for the rule's, which has none), which word, which notes, which look."""

    sign: str
    word: str
    marks: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True)
class ShownRow:
    """A row of the table on the page."""

    row: TableRow
    cells: list[ShownCell]


def _cell(summary: Summary, cell: Cell, *, concern: bool = False, look: str = "") -> ShownCell:
    sign = f"concern-{cell.level}" if concern and cell.level else cell.level
    return ShownCell(sign or "none", summary.word(cell.level), cell.marks, look)


def _row(summary: Summary, part: PartSummary, row: TableRow) -> ShownRow:
    cells = [_cell(summary, cell) for cell in row.domains]
    cells.append(_cell(summary, row.overall, look="overall"))
    if part.by_rule:
        word = summary.word(row.rule) if row.rule else "–"
        cells.append(ShownCell("", word, look="strong" if row.departs else "muted"))
    if part.applicability:
        cells += [_cell(summary, cell, concern=True) for cell in row.applicability]
        cells.append(_cell(summary, row.overall_applicability, concern=True, look="overall"))
    return ShownRow(row, cells)


def _signs(shown: Shown) -> list[tuple[str, SafeString]]:
    """The sign of each level as the inside of a picture of 24 by 24, by the names that `ShownCell.sign` uses."""
    looks, summary = Looks.of(shown.summary, shown.palette), shown.summary
    found = [("none", looks.level(""))]
    found += [(each.key, looks.level(each.key)) for each in summary.levels]
    found += [(f"concern-{each.key}", looks.concern(each.key)) for each in summary.concern_levels]
    return [(name, mark_safe("".join(disc(look, 12, 12)))) for name, look in found]  # drawn from constants alone


def _context(shown: Shown) -> dict[str, object]:
    summary, part = shown.summary, shown.part
    page = Paginator(range(part.row_count), PAGE_SIZE).get_page(max(1, shown.page))
    words = {each.key: each.word for each in summary.levels}
    links = {"palette": shown.palette.value} | ({"part": part.key} if part.key else {})
    return {
        "summary": summary,
        "part": part,
        "page": page,
        "rows": [_row(summary, part, row) for row in part.rows],
        "signs": _signs(shown),
        "traffic": traffic_figure(summary, part, shown.palette, part.rows),
        "bars": bars_figure(summary, part, shown.palette),
        "counts": [*part.counts, part.overall],
        "figure_pages": range(1, part.figure_pages + 1),
        "palettes": [(palette.value, PALETTE_LABELS[palette]) for palette in Palette],
        "palette": shown.palette.value,
        "query": urlencode(links),
        "overall": list(zip(summary.levels, part.overall.numbers, strict=True)),
        "mixes": [
            (
                [words[level].lower() for level in mix.levels],
                [(words[group.level].lower(), group.names) for group in mix.groups],
                mix.pairs,
            )
            for mix in part.mixes
        ],
        "robvis_note": ROBVIS_NOTE,
    }


@require_GET
def summary_page(request: Request, review_id: int) -> HttpResponse:
    """The summary as it was last built, and whether it still fits."""
    membership = access_member(request.user, review_id)
    state = summary_state(review_id, page=_page(request), size=PAGE_SIZE)
    shown = _shown(request, membership.review, state)
    context: dict[str, object] = {"state": state}
    if shown is not None:
        context |= _context(shown)
    return render_review(request, membership, "bias/summary_page.html", context)


@require_POST
def summary_build(request: Request, review_id: int) -> HttpResponse:
    """Build the summary in the background; nothing happens where it fits."""
    membership = access_member(request.user, review_id)
    _ask(request, membership)
    return redirect("bias:summary_page", review_id)


def _ask(request: Request, membership: Membership) -> None:
    job = request_summary(membership=membership)
    if job is None:
        messages.success(request, "The summary is up to date.")
    else:
        summarise_bias.delay_on_commit(job.pk)


@require_GET
def summary_file(request: Request, review_id: int, filename: str) -> HttpResponse:
    """The table or a figure as a file."""
    membership = access_member(request.user, review_id)
    write = FILES.get(filename)
    if write is None:
        raise Http404("There is no such file.")
    state = summary_state(review_id)
    shown = _shown(request, membership.review, state)
    if shown is None:
        raise DomainError("The summary has not been built yet.")
    stem, _, kind = filename.rpartition(".")
    content = _drawn(shown, state.digest, filename) if kind in SLOW else write(shown)
    response = HttpResponse(content, content_type=TYPES[kind])
    place = f"-{shown.page}" if filename.startswith("traffic-light") and kind != "pdf" and shown.page > 1 else ""
    name = f"risk-of-bias-{stem}{place}-{membership.review.slug}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _drawn(shown: Shown, digest: str, filename: str) -> bytes:
    asked = (filename, digest, shown.part.key, shown.palette, str(shown.page), shown.title)
    key = "bias-figure-" + urlencode([("q", each) for each in asked])
    found: bytes | None = cache.get(key)
    if found is None:
        drawn = FILES[filename](shown)
        found = drawn if isinstance(drawn, bytes) else drawn.encode()
        cache.set(key, found, FILE_SECONDS)
    return found
