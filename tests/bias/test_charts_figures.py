"""Figures: every sign with its word, patterns, contrast, pages that stay legible, and files that can be opened."""

from __future__ import annotations

import csv
import io
import re
import zlib
from xml.etree import ElementTree

import docx
import openpyxl
import pytest

from bias.charts import bars_figure, traffic_figure
from bias.constants import Scale
from bias.exporters.document import table_docx
from bias.exporters.drawing import ROOM, SMALL, Looks
from bias.exporters.figure_bars import bars_svg, shares
from bias.exporters.figure_print import as_pdf, as_png
from bias.exporters.figure_traffic import PAGE_HEIGHT, traffic_page_count, traffic_pages
from bias.exporters.table import robvis_csv, table_csv, table_xlsx
from bias.instruments.assessed import DomainKey
from bias.instruments.custom import instrument_from
from bias.instruments.looks import MIN_TEXT_CONTRAST, Palette, contrast
from bias.rules.summary import summarise
from bias.rules.summary_types import Protocol, SettledOverall, SettledRow, Summary
from screening.exporters.svg_text import text_width
from tests.bias.test_rules_summary import protocol, row

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Wołoszyn-Montgomery, van der Featherstonehaugh and the International Consortium for Very Long Names"


def small() -> Summary:
    rows = [row(1, "lmll", "l", study='=cmd|" /C calc"!A0'), row(2, "mmmh", study="Rampášek"), row(3, "llll")]
    return summarise(rows, protocol(level_definitions={"moderate": "Flaws that may matter."}))


def lhu() -> Summary:
    return summarise([row(1, "luhl"), row(2, "llul")], protocol(scale=Scale.PROBAST_LHU))


def large(rows: int = 200, domains: int = 10) -> Summary:
    keys = ("low", "some_concerns", "moderate", "unclear", "no_information", "high", "serious", "critical")
    own = instrument_from(
        {
            "name": "Ours",
            "levels": [{"key": key} for key in keys],
            "domains": [{"name": f"Domain {n} with quite a long name", "questions": []} for n in range(domains)],
        }
    )
    columns = [DomainKey("", domain.key) for domain in own.parts[0].domains]
    return summarise(
        [
            SettledRow(
                n,
                n,
                f"{LONG} {n}" if n % 3 == 0 else f"Study {n}",
                levels={key: keys[(n + place) % len(keys)] for place, key in enumerate(columns)},
                overall={"": SettledOverall(keys[n % len(keys)])},
            )
            for n in range(rows)
        ],
        Protocol(own, Scale.CUSTOM, "Own"),
    )


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("palette", list(Palette))
@pytest.mark.parametrize("summary", [small(), lhu(), large(20)], ids=["lmh", "lhu", "own"])
def test_every_level_stands_in_the_legend_with_sign_and_word(palette: Palette, summary: Summary) -> None:
    [part] = summary.parts
    looks = Looks.of(summary, palette)
    for svg in (traffic_pages(summary, part, palette, "T")[0], bars_svg(summary, part, palette, "T")):
        found = texts(svg)
        for level in summary.levels:
            place = found.index(level.word)
            assert found[place - 1] == looks.level(level.key).symbol
    signs = [looks.level(level.key).symbol for level in summary.levels]
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("palette", list(Palette))
@pytest.mark.parametrize("summary", [small(), lhu(), large(20)], ids=["lmh", "lhu", "own"])
def test_text_reads_on_what_is_behind_it(palette: Palette, summary: Summary) -> None:
    [part] = summary.parts
    for level in summary.levels:
        shown = Looks.of(summary, palette).level(level.key)
        assert contrast(shown.text, shown.fill) >= MIN_TEXT_CONTRAST
    for svg in (traffic_pages(summary, part, palette, "T")[0], bars_svg(summary, part, palette, "T")):
        for fill in set(re.findall(r'<text[^>]*fill="(#[0-9a-f]{6})"', svg)) - {"#ffffff", "#FFFFFF"}:
            assert contrast(fill, "#e6e6e6") >= MIN_TEXT_CONTRAST


def test_unclear_is_hatched_in_print_and_on_the_page() -> None:
    summary = lhu()
    [part] = summary.parts
    svg = bars_svg(summary, part, Palette.COCHRANE, "T")
    assert svg.count("<path") >= 3
    figure = bars_figure(summary, part, Palette.COCHRANE)
    shapes = {trace["name"]: trace["marker"]["pattern"]["shape"] for trace in figure["data"]}
    assert shapes == {"+ Low": "", "? Unclear": "/", "− High": ""}


def test_figures_are_plain_deterministic_svg() -> None:
    summary = small()
    [part] = summary.parts
    for make in (lambda: traffic_pages(summary, part, Palette.RECOMMENDED, "T & <b>")[0],
                 lambda: bars_svg(summary, part, Palette.RECOMMENDED, "T & <b>")):  # fmt: skip
        svg = make()
        assert svg == make()
        root = ElementTree.fromstring(svg)
        assert root.find(f"{SVG}title") is not None
        assert root.find(f"{SVG}desc") is not None
        assert not re.search(r"style=|<style|<script|href", svg)
        assert "a scale of this review" in svg
        assert "Moderate: Flaws that may matter." in texts(svg)


def test_overall_is_set_apart_and_departures_are_marked() -> None:
    summary = small()
    [part] = summary.parts
    svg = traffic_pages(summary, part, Palette.RECOMMENDED, "T")[0]
    assert 'fill="#e6e6e6"' in svg
    assert "a" in texts(svg)
    assert "Letters beside a sign refer to the notes below the table, where each is explained." in texts(svg)


def test_two_hundred_studies_by_ten_domains_stay_legible() -> None:
    summary = large()
    [part] = summary.parts
    pages = traffic_pages(summary, part, Palette.RECOMMENDED, "T")
    assert 5 <= len(pages) == traffic_page_count(summary, part) <= 15
    names: list[str] = []
    for number, page in enumerate(pages, 1):
        root = ElementTree.fromstring(page)
        width, height = float(root.get("width", "0")), float(root.get("height", "0"))
        assert height <= PAGE_HEIGHT + 30
        assert width <= 1000
        assert f"{number} of {len(pages)}" in texts(page)
        for element in root.iter(f"{SVG}text"):
            size, x = float(element.get("font-size", "0")), float(element.get("x", "0"))
            assert size >= 9
            if element.get("text-anchor") is None:
                assert x + text_width(element.text or "", size) * ROOM <= width + SMALL
        names += [text for text in texts(page) if text.startswith(("Study ", "Wołoszyn"))]
    assert len([name for name in names if name != "Study"]) == 200


def test_numbers_of_narrow_segments_stand_side_by_side() -> None:
    rows = [row(n, "llll") for n in range(200)] + [row(300, "mmmm"), row(301, "hhhh")]
    summary = summarise(rows, protocol())
    svg = bars_svg(summary, summary.parts[0], Palette.RECOMMENDED, "T")
    places = [
        float(element.get("x", "0"))
        for element in ElementTree.fromstring(svg).iter(f"{SVG}text")
        if element.text == "1" and element.get("font-size") == "11"
    ]
    assert len(places) == 10
    assert all(abs(one - other) > 5 for one, other in zip(places[::2], places[1::2], strict=True))


def test_shares_by_number_and_by_weight() -> None:
    summary = summarise([row(1, "llll", weight=3.0), row(2, "hhhh", weight=1.0)], protocol())
    overall = summary.parts[0].overall
    assert shares(overall, weighted=False) == (0.5, 0.0, 0.5)
    assert shares(overall, weighted=True) == (0.75, 0.0, 0.25)
    assert bars_figure(summary, summary.parts[0], Palette.RECOMMENDED)["data"][0]["x"][-1] == 75.0


def test_the_plot_on_the_page_has_each_cell_once() -> None:
    summary = small()
    [part] = summary.parts
    figure = traffic_figure(summary, part, Palette.RECOMMENDED, part.rows)
    assert sum(len(trace["x"]) for trace in figure["data"]) == 3 * 5
    assert [trace["name"] for trace in figure["data"]] == ["+ Low", "~ Moderate", "− High"]
    assert "Rampášek<br>Analysis: High" in [said for trace in figure["data"] for said in trace["customdata"]]


def test_png_and_pdf_come_from_the_svg() -> None:
    summary = large(40)
    [part] = summary.parts
    pages = traffic_pages(summary, part, Palette.RECOMMENDED, "T")
    png = as_png(pages[0])
    width = float(ElementTree.fromstring(pages[0]).get("width", "0"))
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == pytest.approx(width * 300 / 96, abs=2)
    pdf = as_pdf(pages, "T")
    assert pdf == as_pdf(pages, "T")
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == len(pages)
    assert b"DejaVu" in pdf or any(
        b"DejaVu" in zlib.decompress(s) for s in re.findall(rb"stream\r?\n(x.*?)endstream", pdf, re.S)
    )


def test_tables_print_scale_definitions_notes_and_paragraph() -> None:
    summary = small()
    [part] = summary.parts
    document = docx.Document(io.BytesIO(table_docx(summary, Palette.RECOMMENDED, "T")))
    word = "\n".join(paragraph.text for paragraph in document.paragraphs)
    sheet = openpyxl.load_workbook(io.BytesIO(table_xlsx(summary, "T"))).worksheets[0]
    excel = "\n".join(str(cell.value) for line in sheet.iter_rows() for cell in line if cell.value)
    for text in (word, excel, table_csv(summary, part, "T").replace('""', '"')):
        assert "a scale of this review, not the instrument's own" in text
        assert "Moderate: Flaws that may matter." in text
        assert "a. Overall low; by the rule it is moderate. The sample is large." in text
        assert part.text in text
        assert "https://www.probast.org/" in text
    table = [[cell.text for cell in line.cells] for line in document.tables[0].rows]
    assert table[0][2:] == [
        "D1 Participants",
        "D2 Predictors",
        "D3 Outcome",
        "D4 Analysis",
        "Overall",
        "Overall by the rule",
    ]
    assert table[2][2:] == ["Moderate", "Moderate", "Moderate", "High", "High", "High"]
    assert table[1][6:] == ["Low [a]", "Moderate"]
    counts = [[cell.text for cell in line.cells] for line in document.tables[1].rows]
    assert counts[-1] == ["", "Overall by the rule", "1", "1", "1", ""]


def test_no_cell_is_a_formula() -> None:
    summary = small()
    [part] = summary.parts
    for text in (table_csv(summary, part, "=T"), robvis_csv(summary, part)):
        assert not [
            cell for line in csv.reader(io.StringIO(text)) for cell in line if cell.lstrip("\ufeff").startswith("=")
        ]
    book = openpyxl.load_workbook(io.BytesIO(table_xlsx(summary, "=T")))
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            assert not [cell for cell in line if cell.data_type == "f"]
    assert book.worksheets[0]["A2"].value.startswith("'=")


def test_the_robvis_table_is_what_robvis_reads() -> None:
    rows = [row(1, "lmll", study="Shi"), row(2, "hhhh", study="Shi")]
    text = robvis_csv(summarise(rows, protocol()), summarise(rows, protocol()).parts[0])
    assert text.splitlines() == [
        "Study,D1,D2,D3,D4,Overall",
        "Shi,Low,Moderate,Low,Low,Moderate",
        "Shi (2),High,High,High,High,High",
    ]
