"""The flow as a figure, as the R package's CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from screening.constants import SourceKind
from screening.exporters.flow_csv import HEADER, flow_csv, plain_text
from screening.exporters.flow_json import flow_json
from screening.exporters.flow_svg import flow_svg
from screening.exporters.svg_text import Run, text_width, wrap, xml_attribute, xml_text
from screening.rules.flow import FlowCounts, PendingCounts, ReasonCount, SourceCount, Template
from screening.rules.flow_boxes import flow_boxes
from screening.rules.flow_text import flow_text

SVG = "{http://www.w3.org/2000/svg}"
SMALL = FlowCounts(
    duplicates=200,
    records_screened=1000,
    records_excluded=900,
    dbr_sought_reports=100,
    dbr_notretrieved_reports=0,
    dbr_assessed=100,
    dbr_excluded=(ReasonCount("Wrong design", 70), ReasonCount("Wrong outcomes", 10)),
    new_studies=18,
    new_reports=20,
).with_sources([SourceCount("MEDLINE", SourceKind.DATABASE, 700), SourceCount("Embase", SourceKind.DATABASE, 500)])
OPEN = replace(SMALL, records_excluded=890, pending=PendingCounts(records_awaiting=10))
OTHER = replace(
    SMALL, other_sought_reports=3, other_notretrieved_reports=0, other_assessed=3, new_reports=23
).with_sources([*SMALL.sources, SourceCount("Citation searching", SourceKind.CITATION_SEARCHING, 3)])
HOSTILE = replace(
    SMALL,
    dbr_excluded=(
        ReasonCount("</text><script>alert(\"x\")</script> & 'quoted'", 70),
        ReasonCount("Réponse \x0b\x00 漢字の長い理由がここに入りますので折り返しが必要です", 10),
    ),
)


def draw(counts: FlowCounts, **given) -> ET.Element:
    return ET.fromstring(flow_svg(counts, title="Flow", **given))


def texts(root: ET.Element) -> list[str]:
    return ["".join(node.itertext()).replace("\u00a0", " ") for node in root.iter(f"{SVG}text")]


def boxes(root: ET.Element) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))
        for rect in root.iter(f"{SVG}rect")
        if rect.get("class") == "flow-box"
    ]


def test_figure_shows_every_count_and_the_phases():
    shown = texts(draw(SMALL))
    for wanted in ("Databases (n = 1,200):", "MEDLINE (n = 700)", "Duplicate records removed (n = 200)",
                   "Records screened (n = 1,000)", "Reports not retrieved (n = 0)", "Reports excluded (n = 80):",
                   "Wrong design (n = 70)", "Studies included in review (n = 18)", "Identification", "Screening",
                   "Included"):  # fmt: skip
        assert wanted in shown
    assert not any("Registers" in text or "automation" in text for text in shown)


def test_figure_is_an_image_with_title_and_description():
    root = draw(SMALL, id_prefix="one")
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Flow"
    assert root.find(f"{SVG}desc").text == flow_text(SMALL)
    ids = {node.get("id") for node in root.iter() if node.get("id")}
    assert ids == {root.get("aria-labelledby"), root.get("aria-describedby")} == {"one-title", "one-desc"}


@pytest.mark.parametrize("counts", [SMALL, OPEN, OTHER, HOSTILE])
def test_figure_passes_a_strict_content_security_policy(counts):
    drawn = flow_svg(counts, title='A "flow" <of> & records', links={"db_screened": '/r/?a=1&b="2"'})
    root = ET.fromstring(drawn)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "a", "rect", "text", "tspan", "polyline", "polygon"}
    names = {name for node in root.iter() for name in node.attrib}
    assert not [name for name in names if name == "style" or name.startswith("on")]


def test_links_lead_from_boxes_and_lines():
    links = {box.id: f"/flow/{box.id}/" for box in flow_boxes(SMALL)}
    links |= {
        "dbr_excluded:Wrong design": "/flow/reason/1/",
        "new_studies": "/studies/",
        "new_reports": "/reports/?a=1&b=2",
    }
    root = draw(SMALL, links=links)
    found = {anchor.get("href"): anchor.get("aria-label") for anchor in root.iter(f"{SVG}a")}
    assert root.get("role") == "group"
    assert found["/flow/db_screened/"] == "Records screened (n = 1,000)"
    assert found["/flow/reason/1/"] == "Wrong design (n = 70)"
    assert found["/flow/db_removed/"] == ("Records removed before screening: Duplicate records removed (n = 200)")
    assert found["/flow/db_identified/"] == "Records identified from:"
    assert found["/reports/?a=1&b=2"] == "Reports of included studies (n = 20)"
    assert not [inner for anchor in root.iter(f"{SVG}a") for inner in anchor.iter(f"{SVG}a") if inner is not anchor]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x"])
def test_addresses_that_run_something_are_refused(url):
    with pytest.raises(ValueError, match="not an address"):
        flow_svg(SMALL, title="Flow", links={"db_screened": url})


def test_columns_for_other_methods_only_where_they_exist():
    heads = "Identification of studies via other methods"
    assert heads not in texts(draw(SMALL))
    assert heads in texts(draw(OTHER))
    assert heads in texts(draw(SMALL, template=Template.NEW_V2))
    assert len(boxes(draw(OTHER))) == len(boxes(draw(SMALL))) + 5


def test_open_work_is_in_italics_and_explained():
    root = draw(OPEN)
    italics = {"".join(node.itertext()).replace("\u00a0", " ") for node in root.iter(f"{SVG}tspan")}
    assert "(n = 1,000; 10 awaiting" in " ".join(italics)
    assert "Work in progress: numbers in italics may still change." in texts(root)
    assert not list(draw(SMALL).iter(f"{SVG}tspan"))


def test_a_count_that_does_not_add_up_is_said_in_the_figure():
    shown = " ".join(texts(draw(replace(SMALL, records_screened=1001, records_excluded=901))))
    assert "Does not add up: 1200 identified − 200 removed before screening = 1000, but the flow shows 1001" in shown


@pytest.mark.parametrize("reasons", [1, 12, 40])
def test_boxes_grow_and_never_overlap(reasons):
    name = "A reason that needs rather more than one line of a box to be said in full"
    counts = replace(OTHER, dbr_excluded=tuple(ReasonCount(f"{name} {k}", 1) for k in range(reasons)))
    root = draw(counts)
    places = boxes(root)
    for index, (x, y, width, height) in enumerate(places):
        for other_x, other_y, other_width, other_height in places[index + 1 :]:
            apart = x + width <= other_x or other_x + other_width <= x
            assert apart or y + height <= other_y or other_y + other_height <= y
    for text in root.iter(f"{SVG}text"):
        if text.get("class") == "flow-text" and text.get("text-anchor") is None:
            left, top, words = float(text.get("x")), float(text.get("y")), "".join(text.itertext())
            home = [box for box in places if box[0] < left < box[0] + box[2] and box[1] < top < box[1] + box[3]]
            assert len(home) == 1
            assert left + text_width(words, 13) <= home[0][0] + home[0][2]
    assert float(root.get("height")) > max(y + height for _, y, _, height in places)


def test_wrapping_keeps_every_word_and_cuts_what_is_too_long():
    lines = wrap([Run("Reports sought for retrieval"), Run("(n = 5)", italic=True)], 120, 13)
    assert ["".join(run.text for run in line) for line in lines] == ["Reports sought for", "retrieval (n = 5)"]
    assert [run.italic for run in lines[1]] == [False, True]
    long = wrap([Run("x" * 90)], 100, 13)
    assert "".join(run.text for line in long for run in line) == "x" * 90
    assert all(text_width(run.text, 13) <= 100 for line in long for run in line)


def test_what_xml_cannot_hold_is_left_out():
    assert xml_text("a\x00<b>\n& c") == "a&lt;b&gt; &amp; c"
    assert xml_attribute('"a"') == "&quot;a&quot;"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def by_key(counts: FlowCounts) -> dict[str, str]:
    return {row["data"]: row["n"] for row in rows(flow_csv(counts))}


def read_as_the_package_does(cell: str) -> list[tuple[str, str]]:
    """The splitting of ``PRISMA_data()``: at "; ", then before the first comma and after it."""
    return [(re.sub(",.*$", "", part), re.sub(".*?,(.*)", r"\1", part)) for part in cell.split("; ")]


def test_csv_has_the_packages_rows():
    table = list(csv.reader(io.StringIO(flow_csv(SMALL))))
    assert tuple(table[0]) == HEADER
    assert len(table) == 35
    assert {len(row) for row in table} == {8}


def test_csv_tells_zero_from_not_counted():
    n = by_key(replace(SMALL, excluded_automatic=0, other_excluded=()))
    assert (n["excluded_automatic"], n["excluded_other"], n["register_results"]) == ("0", "NA", "NA")
    assert (n["other_excluded"], n["register_specific_results"]) == ("0", "NA")
    assert (n["database_results"], n["dbr_excluded"]) == ("1200", "Wrong design, 70; Wrong outcomes, 10")


def test_csv_text_survives_the_packages_parser():
    hard = (
        "Wrong design, e.g. review; or editorial",
        "Fewer than 1,000 patients",
        "=HYPERLINK(1)",
        "line\nbreak",
        ";,",
    )
    counts = replace(SMALL, dbr_excluded=tuple(ReasonCount(reason, k) for k, reason in enumerate(hard)))
    assert read_as_the_package_does(by_key(counts)["dbr_excluded"]) == [
        ("Wrong design / e.g. review / or editorial", " 0"),
        ("Fewer than 1000 patients", " 1"),
        ("HYPERLINK(1)", " 2"),
        ("line break", " 3"),
        ("unnamed", " 4"),
    ]
    assert plain_text("Population or setting") == "Population or setting"


def test_csv_names_other_sources_where_the_package_has_no_row():
    counts = SMALL.with_sources(
        [SourceCount("WHO", SourceKind.ORGANISATION, 4), SourceCount("Experts", SourceKind.OTHER, 2)]
    )
    row = next(row for row in rows(flow_csv(counts)) if row["data"] == "organisation_results")
    assert (row["boxtext"], row["n"]) == ("Organisations and other sources", "6")
    assert next(row for row in rows(flow_csv(OTHER)) if row["data"] == "organisation_results")["n"] == "NA"


def test_json_is_flat_and_keeps_null_apart_from_zero():
    found = flow_json(SMALL)
    assert json.loads(json.dumps(found)) == found
    keys = ("identified", "removed", "screened", "excluded", "sought", "not_retrieved", "assessed", "included_reports",
            "included_studies")  # fmt: skip
    assert [found[key] for key in keys] == [1200, 200, 1000, 900, 100, 0, 100, 20, 18]
    assert found["ft_excluded"] == [{"reason": "Wrong design", "n": 70}, {"reason": "Wrong outcomes", "n": 10}]
    assert found["sources"][1] == {"name": "Embase", "kind": "database", "n": 500}
    assert found["removed_by"] == {"duplicates": 200, "automation": None, "other": None}
    assert (found["complete"], found["adds_up"], found["other"], found["previous"]) == (True, True, None, None)
    assert len(found["checks"]) == 17


def test_json_of_open_and_of_broken_flows():
    found = flow_json(OPEN)
    assert (found["complete"], found["in_progress"]["records_awaiting"]) == (False, 10)
    assert flow_json(OTHER)["other"]["sought"] == 3
    assert flow_json(replace(SMALL, records_screened=7))["adds_up"] is False


@pytest.mark.shared
def test_csv_of_the_worked_example(shared_dir):
    flow = json.loads((shared_dir / "domain/seed/flow.json").read_text())
    counts = FlowCounts(
        duplicates=flow["duplicates_removed"],
        excluded_automatic=flow["removed_by_automation"],
        excluded_other=flow["removed_other_reasons"],
        records_screened=flow["records_screened"],
        records_excluded=flow["records_excluded"],
        dbr_sought_reports=flow["reports_sought"],
        dbr_notretrieved_reports=flow["reports_not_retrieved"],
        dbr_assessed=flow["reports_assessed"],
        dbr_excluded=tuple(ReasonCount(**reason) for reason in flow["reports_excluded"]),
        new_studies=flow["studies_included"],
        new_reports=flow["reports_of_included_studies"],
    ).with_sources(SourceCount(name, SourceKind.DATABASE, n) for name, n in flow["by_source"].items())
    wanted = rows((shared_dir / "domain/seed/prisma2020_r.csv").read_text())
    columns = [name for name in HEADER if name != "description"]
    found = rows(flow_csv(counts))
    assert [[row[name] for name in columns] for row in found] == [[row[name] for name in columns] for row in wanted]
