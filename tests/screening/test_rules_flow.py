"""Counts of the flow, the identities P1-P17, and the paragraph in words."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from screening.constants import SourceKind
from screening.rules.flow import FlowCounts, PendingCounts, ReasonCount, SourceCount, Template
from screening.rules.flow_boxes import ARROWS, flow_boxes
from screening.rules.flow_checks import Strength, adds_up, check_flow
from screening.rules.flow_text import cited_numbers, flow_text, quantity

SOURCES = (SourceCount("MEDLINE", SourceKind.DATABASE, 60), SourceCount("Embase", SourceKind.DATABASE, 40))
SMALL = FlowCounts(
    duplicates=20,
    records_screened=80,
    records_excluded=50,
    dbr_sought_reports=30,
    dbr_notretrieved_reports=5,
    dbr_assessed=25,
    dbr_excluded=(ReasonCount("Wrong population", 10), ReasonCount("Wrong outcomes", 3)),
    new_studies=11,
    new_reports=12,
).with_sources(SOURCES)
OTHER = replace(
    SMALL,
    other_sought_reports=6,
    other_notretrieved_reports=1,
    other_assessed=5,
    other_excluded=(ReasonCount("Wrong outcomes", 2),),
    new_reports=15,
).with_sources((*SOURCES, SourceCount("Citation searching", SourceKind.CITATION_SEARCHING, 9)))
UPDATE = replace(SMALL, previous_studies=4, previous_reports=5, total_studies=15, total_reports=17)
OPEN = replace(
    SMALL,
    records_excluded=44,
    dbr_sought_reports=30,
    dbr_assessed=22,
    new_reports=7,
    new_studies=7,
    pending=PendingCounts(
        records_awaiting=4,
        records_in_conflict=2,
        dbr_reports_sought=3,
        dbr_reports_awaiting=1,
        dbr_reports_in_conflict=1,
    ),
)


def outcome(counts: FlowCounts, check_id: str, **given) -> bool | None:
    return next(check for check in check_flow(counts, **given) if check.id == check_id).holds


def test_totals_leave_out_what_was_not_counted():
    assert (SMALL.identified, SMALL.removed, SMALL.register_results) == (100, 20, None)
    assert FlowCounts().identified is None
    nothing_found = FlowCounts().with_sources([SourceCount("CINAHL", SourceKind.DATABASE, 0)])
    assert nothing_found.identified == 0


def test_the_template_follows_the_sources():
    assert SMALL.template == Template.NEW_V1
    assert OTHER.template == Template.NEW_V2
    assert UPDATE.template == Template.UPDATED_V1
    assert replace(OTHER, previous_studies=4).template == Template.UPDATED_V2


def test_each_kind_of_source_has_its_own_count():
    counts = FlowCounts().with_sources(SourceCount(kind.label, kind, n) for n, kind in enumerate(SourceKind, start=1))
    assert (counts.database_results, counts.register_results, counts.website_results) == (1, 2, 3)
    assert (counts.organisation_results, counts.citations_results, counts.other_results) == (4, 5, 6)
    assert (counts.identified, counts.identified_other) == (3, 18)
    assert [source.n for source in counts.sources] == [1, 2, 3, 4, 5, 6]


def test_checks_come_in_order_and_say_what_applies():
    checks = check_flow(SMALL)
    assert [check.id for check in checks] == [f"P{n}" for n in range(1, 18)]
    assert [check.id for check in checks if check.holds] == ["P1", "P3", "P4", "P5", "P8", "P9", "P10", "P14"]
    assert [check.id for check in checks if check.holds is False] == []


@pytest.mark.parametrize("counts", [SMALL, OTHER, UPDATE, OPEN])
def test_sound_flows_add_up(counts):
    assert adds_up(check_flow(counts, included_rows=counts.total_studies or counts.new_studies))


@pytest.mark.parametrize(
    ("counts", "change", "check_id"),
    [
        (SMALL, {"database_results": 101, "records_screened": 81}, "P1"),
        (SMALL, {"register_results": 3, "register_specific_results": (SOURCES[0],)}, "P2"),
        (SMALL, {"excluded_automatic": 1}, "P3"),
        (SMALL, {"records_screened": 79}, "P3"),
        (SMALL, {"records_excluded": 49}, "P4"),
        (SMALL, {"dbr_notretrieved_reports": 4}, "P5"),
        (OTHER, {"other_sought_reports": 10, "other_notretrieved_reports": 5}, "P6"),
        (OTHER, {"other_notretrieved_reports": 0}, "P7"),
        (SMALL, {"dbr_excluded": (ReasonCount("Wrong population", 10),)}, "P8"),
        (OTHER, {"new_reports": 12}, "P8"),
        (SMALL, {"new_studies": 13}, "P9"),
        (SMALL, {"new_studies": 1, "new_reports": 0}, "P10"),
        (UPDATE, {"total_studies": 14}, "P11"),
        (UPDATE, {"total_reports": 16}, "P12"),
        (SMALL, {"total_studies_ma": 12}, "P13"),
        (SMALL, {"duplicates": -1}, "P14"),
        (SMALL, {"duplicates": 20.5}, "P14"),
        (SMALL, {"new_studies": 11, "new_reports": None}, "P16"),
    ],
)
def test_each_identity_notices_its_own_mistake(counts, change, check_id):
    assert outcome(counts, check_id) is not False
    assert outcome(replace(counts, **change), check_id) is False


def test_rows_of_the_included_table_are_compared_when_given():
    assert outcome(SMALL, "P15") is None
    assert outcome(SMALL, "P15", included_rows=11) is True
    assert outcome(SMALL, "P15", included_rows=10) is False
    assert outcome(UPDATE, "P15", included_rows=15) is True


def test_numbers_in_a_text_are_compared_when_given():
    assert outcome(SMALL, "P17") is None
    assert outcome(SMALL, "P17", stated={"identified": 100, "dbr_excluded": 13, "new_studies": 11}) is True
    assert outcome(SMALL, "P17", stated={"new_studies": 12}) is False


def test_what_waits_is_a_term_of_the_identities():
    assert [outcome(OPEN, check_id) for check_id in ("P3", "P4", "P5", "P8")] == [True] * 4
    forgotten = replace(OPEN, pending=PendingCounts())
    assert [outcome(forgotten, check_id) for check_id in ("P3", "P4", "P5", "P8")] == [True, False, False, False]


def test_soft_gaps_are_reported_and_do_not_break_the_flow():
    checks = check_flow(replace(UPDATE, total_studies=14))
    assert [(check.id, check.strength) for check in checks if check.holds is False] == [("P11", Strength.SOFT)]
    assert adds_up(checks)
    several = check_flow(replace(SMALL, records_excluded=49), one_report_per_record=False)
    assert adds_up(several)


def test_a_gap_in_the_other_column_is_explained():
    message = next(check for check in check_flow(OTHER) if check.id == "P6").message
    assert "other 3" in message


def test_reports_not_counted_is_a_warning_of_its_own():
    check = next(check for check in check_flow(replace(SMALL, new_studies=12, new_reports=None)) if check.id == "P16")
    assert (check.holds, check.strength) == (True, Strength.WARNING)
    assert "not told apart" in check.message


def test_a_failing_check_shows_both_numbers():
    check = next(check for check in check_flow(replace(SMALL, records_screened=98)) if check.id == "P3")
    assert (check.left, check.right) == (98, 80)
    assert "100 identified − 20 removed before screening = 80, but the flow shows 98" in check.message


def test_boxes_follow_the_template():
    ids = [box.id for box in flow_boxes(SMALL)]
    assert len(ids) == 9
    assert {box.id for box in flow_boxes(OTHER)} - {*ids} == {
        "ot_identified", "ot_sought", "ot_notretrieved", "ot_assessed", "ot_ft_excluded",
    }  # fmt: skip
    assert {box.id for box in flow_boxes(UPDATE)} - {*ids} == {"prev", "total"}
    everything = {box.id for box in flow_boxes(replace(OTHER, previous_studies=1))}
    assert {end for arrow in ARROWS for end in arrow} == everything


def test_every_line_has_a_key_of_its_own():
    keys = [line.key for box in flow_boxes(OTHER) for line in box.lines]
    assert len(keys) == len({*keys})
    assert "database_specific_results:MEDLINE" in keys
    assert "dbr_excluded:Wrong outcomes" in keys
    assert "other_excluded:Wrong outcomes" in keys


def test_uncounted_lines_are_left_out_and_zero_is_kept():
    removed = next(box for box in flow_boxes(replace(SMALL, excluded_automatic=0)) if box.id == "db_removed")
    assert [(line.key, line.n) for line in removed.lines] == [("duplicates", 20), ("excluded_automatic", 0)]
    empty = next(box for box in flow_boxes(FlowCounts()) if box.id == "db_removed")
    assert [line.count_text for line in empty.lines] == ["(n = –)"]


def test_numbers_below_open_work_are_provisional():
    lines = {line.key: line for box in flow_boxes(OPEN) for line in box.lines}
    assert lines["records_screened"].count_text == "(n = 80; 6 awaiting a decision)"
    assert lines["dbr_sought_reports"].count_text == "(n = 30; 3 awaiting retrieval)"
    assert lines["new_studies"].provisional
    assert not lines["duplicates"].provisional
    assert not any(line.provisional for box in flow_boxes(SMALL) for line in box.lines)


def test_imports_and_pairs_are_noted_in_their_boxes():
    counts = replace(SMALL, pending=PendingCounts(imports_running=1, duplicates_awaiting=2))
    notes = {box.id: box.notes for box in flow_boxes(counts) if box.notes}
    assert notes["db_identified"] == ("1 import still running",)
    assert notes["db_removed"] == ("2 pairs of possible duplicates to judge",)


def test_the_paragraph_of_a_finished_review():
    assert flow_text(SMALL) == (
        "We identified 100 records from databases: MEDLINE (n = 60) and Embase (n = 40). We removed 20 duplicate "
        "records before screening. We screened 80 records by title and abstract and excluded 50. We sought 30 "
        "reports for retrieval; 5 could not be retrieved. We assessed 25 reports for eligibility and excluded 13: "
        "Wrong population (n = 10) and Wrong outcomes (n = 3). The review includes 11 studies, described in 12 reports."
    )


def test_the_paragraph_of_a_review_in_progress_says_so():
    text = flow_text(OPEN)
    assert text.startswith("This review is in progress")
    assert "Of 80 records to screen by title and abstract, 44 are excluded so far, 4 still await a decision and" in text
    assert "reviewers disagree on 2." in text
    assert "3 are still being sought" in text
    assert "Of 22 reports to assess for eligibility, 2 still await a decision, and 13 are excluded so far" in text
    assert "So far, the review includes 7 studies" in text


def test_singular_and_none():
    counts = FlowCounts(
        duplicates=1, records_screened=1, records_excluded=0, dbr_sought_reports=1, dbr_notretrieved_reports=0,
        dbr_assessed=1, dbr_excluded=(), new_studies=1, new_reports=1,
    ).with_sources([SourceCount("ClinicalTrials.gov", SourceKind.REGISTER, 2)])  # fmt: skip
    assert flow_text(counts) == (
        "We identified 2 records from registers: ClinicalTrials.gov (n = 2). We removed 1 duplicate record before "
        "screening. We screened 1 record by title and abstract and excluded none. We sought 1 report for retrieval; it "
        "was retrieved. We assessed 1 report for eligibility and excluded none. The review includes 1 study, "
        "described in 1 report."
    )
    assert [quantity(n, "study", "studies") for n in (0, 1, 1200)] == ["no studies", "1 study", "1,200 studies"]


def test_duplicates_within_one_source_are_told_apart_from_those_across_sources():
    def said(duplicates: int, within: int | None) -> str:
        return flow_text(replace(SMALL, duplicates=duplicates, duplicates_within=within))

    assert "We removed 20 duplicate records (4 within one source, 16 across sources) before screening." in said(20, 4)
    assert "We removed 20 duplicate records (0 within one source, 20 across sources) before" in said(20, 0)
    assert "We removed 1 duplicate record (within one source) before" in said(1, 1)
    assert "We removed 1 duplicate record (across sources) before" in said(1, 0)
    assert "We removed 20 duplicate records before" in said(20, None)
    assert cited_numbers(replace(SMALL, duplicates=20, duplicates_within=4))["duplicates_within"] == 4


def test_other_methods_and_updates_in_words():
    text = flow_text(OTHER)
    assert "By other methods we identified 9 records: citation searching (n = 9)." in text
    assert "We assessed 5 reports identified by other methods for eligibility and excluded 2" in text
    assert flow_text(UPDATE).endswith(
        "This update adds 11 new studies, described in 12 reports. Together with the previous version, the review "
        "includes 15 studies."
    )


def test_reasons_with_commas_are_parted_by_semicolons():
    reasons = (ReasonCount("Editorial, commentary", 2), ReasonCount("Wrong outcomes", 1))
    text = flow_text(replace(SMALL, dbr_excluded=reasons))
    assert "3: Editorial, commentary (n = 2); and Wrong outcomes (n = 1)." in text


@pytest.mark.parametrize("counts", [SMALL, OTHER, UPDATE, OPEN])
def test_every_cited_number_stands_in_the_text_and_agrees_with_its_box(counts):
    cited = cited_numbers(counts)
    assert outcome(counts, "P17", stated=cited) is True
    printed = {int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", flow_text(counts))}
    shown = {n for key, n in cited.items() if n and key != "removed"}
    assert shown <= printed


def from_fixture(fixture: dict) -> FlowCounts:
    """A published flow as counts; papers that entered beside the assessment stand in the other column."""
    extra = fixture.get("extra_included")
    return FlowCounts(
        database_results=fixture["identified"],
        duplicates=fixture["removed"],
        records_screened=fixture["screened"],
        records_excluded=fixture["excluded"],
        dbr_sought_reports=fixture["sought"],
        dbr_notretrieved_reports=fixture["not_retrieved"],
        dbr_assessed=fixture["assessed"],
        dbr_excluded=tuple(ReasonCount(f"Reason {k}", n) for k, n in enumerate(fixture["ft_excluded"], start=1)),
        other_assessed=extra,
        new_studies=fixture["included"],
    )


@pytest.mark.shared
def test_published_flows_are_judged_rightly(shared_dir):
    fixtures = json.loads((shared_dir / "domain/flow_fixtures.json").read_text())
    assert {fixture["ok"] for fixture in fixtures} == {True, False}
    for fixture in fixtures:
        checks = check_flow(from_fixture(fixture))
        assert adds_up(checks) == fixture["ok"], fixture["name"]
        if fixture["name"].startswith("AIIE"):
            failed = [(check.id, check.left, check.right) for check in checks if check.holds is False]
            assert failed == [("P3", 198, 193), ("P5", 139, 144)]


@pytest.mark.shared
def test_boxes_and_arrows_are_those_of_prisma(shared_dir):
    wanted = json.loads((shared_dir / "domain/prisma_boxes.json").read_text())
    everything = flow_boxes(replace(OTHER, previous_studies=1, previous_reports=1))
    places = {box["id"]: (box["phase"], box["column"], box["row"]) for box in wanted["boxes"] if box["id"] != "meta"}
    assert {box.id: (box.phase.value.lower(), box.column.value, box.row) for box in everything} == places
    assert {(start, end) for start, end in wanted["arrows"] if end != "meta"} == {*ARROWS}
    known = {item["key"] for box in wanted["boxes"] for item in box["fields"]}
    assert known <= {*FlowCounts.__dataclass_fields__}


def test_what_is_not_assessed_yet_is_not_called_assessed():
    sought = replace(OPEN, dbr_notretrieved_reports=0, dbr_assessed=0, dbr_excluded=(), new_studies=0, new_reports=0)
    text = flow_text(replace(sought, pending=PendingCounts(dbr_reports_sought=30)))
    assert "assessed no reports" not in text
    assert "30 are still being sought. No report has been assessed for eligibility yet." in text


def test_what_is_assessed_while_reports_are_sought_is_so_far():
    counts = replace(OPEN, pending=PendingCounts(dbr_reports_sought=3))
    assert "So far, we have assessed 22 reports for eligibility and excluded 13" in flow_text(counts)


def test_what_is_sought_while_records_are_screened_is_so_far():
    counts = replace(OPEN, dbr_sought_reports=0, dbr_notretrieved_reports=0, dbr_assessed=0, dbr_excluded=())
    screening = PendingCounts(records_awaiting=36)
    text = flow_text(replace(counts, pending=screening))
    assert "No report has been sought for retrieval yet. No report has been assessed for eligibility yet." in text
    assert "no reports" not in text
    begun = replace(OPEN, dbr_assessed=25, pending=screening)
    assert "So far, we have sought 30 reports for retrieval; 5 could not be retrieved." in flow_text(begun)
    other = replace(OTHER, other_sought_reports=0, other_notretrieved_reports=0, other_assessed=0, other_excluded=())
    text = flow_text(replace(other, pending=PendingCounts(other_records_awaiting=2)))
    assert "No report identified by other methods has been sought for retrieval yet." in text
    assert "We sought 30 reports for retrieval; 5 could not be retrieved." in text, "the other column is finished"


def test_a_finished_review_without_reports_says_that_there_were_none():
    none = replace(SMALL, dbr_sought_reports=0, dbr_notretrieved_reports=0, dbr_assessed=0, dbr_excluded=())
    assert "We sought no reports for retrieval. We assessed no reports for eligibility" in flow_text(none)


def test_what_is_not_brought_in_or_compared_yet_is_said():
    counts = replace(SMALL, pending=PendingCounts(searches_without_file=1, imports_uncompared=2))
    assert counts.in_progress
    text = flow_text(counts)
    assert "For 1 search, no file has been imported yet." in text
    assert "Duplicates have not been looked for yet in 2 imported files." in text
    assert "So far, the review includes" in text
    lines = {line.key: line for box in flow_boxes(counts) for line in box.lines}
    assert lines["database_results"].provisional
    compared = replace(counts, pending=PendingCounts(imports_uncompared=2))
    lines = {line.key: line for box in flow_boxes(compared) for line in box.lines}
    assert (lines["database_results"].provisional, lines["duplicates"].provisional) == (False, True)
