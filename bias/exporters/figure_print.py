"""Figures for print: PNG and PDF from our own SVG, without a browser and without any library of the system.

PNG by resvg (Rust, one wheel), PDF by svglib and reportlab (pure Python; text stays text). Letters come from DejaVu
Sans, which the package ziafont brings along, so that a file looks the same on a server that has no fonts. Scripts that
DejaVu Sans lacks (Chinese, Japanese, Korean) need a font of the system in a PNG, and stay empty boxes in a PDF.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import resvg_py
import ziafont
from reportlab.graphics import renderPDF
from reportlab.pdfgen.canvas import Canvas
from svglib.fonts import register_font
from svglib.svglib import svg2rlg

from screening.exporters.svg_text import FONT_FAMILY, xml_attribute

FONT = "DejaVu Sans"
DOTS_PER_INCH = 300
UNITS_PER_INCH = 96
POINTS_PER_INCH = 72


@cache
def font_path() -> str:
    """Where the font is. Registers it for PDF."""
    path = str(Path(ziafont.__file__).parent / "fonts" / "DejaVuSans.ttf")
    register_font(FONT, path)
    return path


def _with_font(svg: str) -> str:
    return svg.replace(f'font-family="{xml_attribute(FONT_FAMILY)}"', f'font-family="{FONT}"', 1)


def as_png(svg: str) -> bytes:
    """The figure as PNG with 300 dots an inch. Raises ValueError for what is no SVG."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=_with_font(svg),
            font_files=[font_path()],
            font_family=FONT,
            sans_serif_family=FONT,
            zoom=DOTS_PER_INCH / UNITS_PER_INCH,
        )
    )


def as_pdf(pages: Sequence[str], title: str) -> bytes:
    """All pages of a figure in one PDF, the same bytes each time. Raises ValueError for what is no SVG."""
    font_path()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    scale = POINTS_PER_INCH / UNITS_PER_INCH
    for page in pages:
        drawing = svg2rlg(io.StringIO(_with_font(page)))
        if drawing is None:
            raise ValueError("This is no SVG document.")
        canvas.setPageSize((drawing.width * scale, drawing.height * scale))
        canvas.saveState()
        canvas.scale(scale, scale)
        renderPDF.draw(drawing, canvas, 0, 0)
        canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
