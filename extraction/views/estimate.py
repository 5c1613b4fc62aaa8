"""Reported estimates: a forest plot without pooling, its table, and files for pooling elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from extraction.exporters.forest import forest_svg, words_of
from extraction.exporters.pooling import METAFOR_NOTE, REVMAN_NOTE, metafor_csv, revman_csv
from extraction.models import ExtractionForm
from extraction.queries.tables import YEAR, Evidence, evidence
from extraction.rules.definition_types import Item
from extraction.rules.estimates import SCALE_LABELS, Estimate, Scale, estimate_items, estimates
from reviewapp.access import access_member
from reviewapp.htmx import Request, render_review

PAGE_SIZE = 60
FILES = {"metafor.csv": "text/csv", "revman.csv": "text/csv", "forest.svg": "image/svg+xml"}


@dataclass(frozen=True)
class Shown:
    """What the address asks for."""

    offered: list[tuple[str, str]]
    key: str
    item: Item
    scale: Scale
    rows: list[Estimate]
    found: Evidence


def _shown(request: Request, review_id: int) -> Shown | None:
    """The item and scale asked for, else the first item that takes an estimate; None where no form has one."""
    given = request.GET.get("scale", "")
    scale = Scale(given) if given in list(Scale) else Scale.PLAIN
    offered: list[tuple[str, str]] = []
    chosen: tuple[str, Item, Evidence] | None = None
    for form in ExtractionForm.objects.filter(review_id=review_id, retired_at=None):
        found = evidence(review_id, form)
        for item in estimate_items(found.definition):
            key = f"{form.pk}-{item.id}"
            offered.append((key, f"{item.label} ({form.name})"))
            if chosen is None or key == request.GET.get("item"):
                chosen = (key, item, found)
    if chosen is None:
        return None
    key, item, found = chosen
    return Shown(offered, key, item, scale, estimates(item.id, found.ready, scale), found)


@require_GET
def estimate_page(request: Request, review_id: int) -> HttpResponse:
    """The plot of one item with its table."""
    membership = access_member(request.user, review_id)
    shown = _shown(request, review_id)
    context: dict[str, object] = {"shown": shown}
    if shown is not None:
        page = Paginator(shown.rows, PAGE_SIZE).get_page(request.GET.get("page"))
        svg = forest_svg(list(page), shown.item.label, shown.scale)
        context |= {
            "page": page,
            "lines": [(one, words_of(one, shown.scale)) for one in page],
            "svg": mark_safe(svg),  # drawn by us, every text escaped
            "scales": [(str(scale.value), label) for scale, label in SCALE_LABELS.items()],
            "metafor_note": METAFOR_NOTE,
            "revman_note": REVMAN_NOTE,
        }
    return render_review(request, membership, "extraction/estimate_page.html", context)


@require_GET
def estimate_file(request: Request, review_id: int, estimate_kind: str) -> HttpResponse:
    """The estimates as a file: all of them, whatever the page."""
    membership = access_member(request.user, review_id)
    shown = _shown(request, review_id)
    if estimate_kind not in FILES or shown is None:
        raise Http404("There is no such file.")
    label = shown.item.label
    if estimate_kind == "metafor.csv":
        years = {
            one.id: int(one.values[(YEAR, None)].value) for one in shown.found.studies if (YEAR, None) in one.values
        }
        content = metafor_csv(shown.rows, label, shown.scale, years)
    elif estimate_kind == "revman.csv":
        content = revman_csv(shown.rows, label, shown.scale)
    else:
        content = forest_svg(shown.rows, label, shown.scale)
    response = HttpResponse(content, content_type=f"{FILES[estimate_kind]}; charset=utf-8")
    name = f"{slugify(label)[:50] or 'estimates'}-{membership.review.slug}-{estimate_kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
