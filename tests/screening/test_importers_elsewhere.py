"""Votes in files: Rayyan's and Covidence's notes, one row per vote, numbered columns, and verdicts without a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from screening.importers import ParsedRecord, ParsedVote, detect, parse
from screening.importers.rayyan import holds_votes, rayyan_votes, without_votes
from screening.importers.receipt import Receipt, take_receipt
from screening.importers.votes import is_vote_column
from tests.screening.importing import records, rejected, warned, write

INCLUSION = 'RAYYAN-INCLUSION: {"Anna"=>"Included", "Ben O\'Neil"=>"Excluded", "Cy"=>"Undecided"}'
NOTES = (
    f"{INCLUSION} | RAYYAN-LABELS: mice,rats | RAYYAN-EXCLUSION-REASONS: wrong population,no data | "
    'USER-NOTES: {"Ben O\'Neil"=>["out"]}'
)

CSV_NOTES = NOTES.replace('"', '""')


def receipt_of(path: Path) -> Receipt:
    detection = detect(path, path.name)
    return take_receipt(parse(path, detection), detection)


def the_votes(record: ParsedRecord) -> list[tuple[str, str, str, str]]:
    return [(vote.reviewer, vote.stage, vote.verdict, vote.reason) for vote in record.votes]


def test_rayyan_several_reviewers_share_the_reasons_and_undecided_is_no_vote() -> None:
    assert rayyan_votes(NOTES) == [
        ParsedVote("Anna", "INCLUDE"),
        ParsedVote("Ben O'Neil", "EXCLUDE", reason="wrong population,no data"),
    ]


def test_rayyan_escaped_quotes() -> None:
    note = r"RAYYAN-INCLUSION: {\"Marta\"=\>\"Maybe\", \"Ed\"=&gt;\"Included\"}"
    assert rayyan_votes(note) == [ParsedVote("Marta", "MAYBE"), ParsedVote("Ed", "INCLUDE")]


def test_votes_are_cut_out_of_notes_and_labels_stay() -> None:
    assert without_votes(f"Seen twice | {NOTES}") == "Seen twice | RAYYAN-LABELS: mice,rats"
    assert without_votes("Exclusion reason: Wrong outcomes; Read it again") == "Read it again"
    assert without_votes("Nothing | to hide") == "Nothing | to hide"
    assert holds_votes(NOTES)
    assert not holds_votes("RAYYAN-LABELS: mice")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ris", f"TY  - JOUR\nTI  - One\nN1  - {NOTES}\nER  - \n"),
        ("x.bib", f"@article{{a, title={{One}}, author={{Rowe, Ann}}, note={{{NOTES}}}}}\n"),
        ("x.csv", "key,title,year,journal,authors,pubmed_id,notes\nr-1,One,2020,J,Rowe,,\"" + CSV_NOTES + "\"\n"),
        (
            "x.xml",
            "<xml><records><record><titles><title>One</title></titles><notes>"
            + NOTES.replace(">", "&gt;")
            + "</notes></record></records></xml>",
        ),
    ],
)  # fmt: skip
def test_rayyan_votes_come_with_every_format(tmp_path: Path, name: str, content: str) -> None:
    [record] = records(write(tmp_path, name, content))
    assert [vote[0] for vote in the_votes(record)] == ["Anna", "Ben O'Neil"]


LONG = (
    "title,year,reviewer,stage,verdict,reason\n"
    "One,2020,Anna,title/abstract,include,\n"
    "Two,2020,Anna,title/abstract,no,\n"
    "One,2020,Ben,title/abstract,maybe,\n"
    "One,2020,Ben,full text,exclude,Wrong population\n"
    "One,2021,Ben,title/abstract,include,\n"
)


def test_one_row_per_vote_is_one_record_wherever_its_rows_stand(tmp_path: Path) -> None:
    path = write(tmp_path, "votes.csv", LONG)
    one, two, other_year = records(path)
    assert the_votes(one) == [
        ("Anna", "TITLE_ABSTRACT", "INCLUDE", ""),
        ("Ben", "TITLE_ABSTRACT", "MAYBE", ""),
        ("Ben", "FULL_TEXT", "EXCLUDE", "Wrong population"),
    ]
    assert the_votes(two) == [("Anna", "TITLE_ABSTRACT", "EXCLUDE", "")]
    assert (other_year.title, other_year.year, len(other_year.votes)) == ("One", 2021, 1)
    assert one.raw.count("\n") == 2, "all rows of the record are kept"
    assert one.other == ()
    assert [item.message for item in warned(path)] == ["One row per vote: 5 rows hold the votes on 3 records."]


def test_rows_with_the_same_identifier_and_title_are_one_record(tmp_path: Path) -> None:
    text = "id,title,seen on,reviewer,vote\n7,One,Monday,Anna,1\n7,one ,Tuesday,Ben,0\n7,Another,Monday,Anna,1\n"
    first, second = records(write(tmp_path, "v.csv", text))
    assert [vote[0] for vote in the_votes(first)] == ["Anna", "Ben"]
    assert second.title == "Another"


def test_rows_without_a_vote_are_never_merged(tmp_path: Path) -> None:
    text = "title,year,reviewer,verdict\nOne,2020,,\nOne,2020,,\nOne,2020,Anna,\n"
    assert len(records(write(tmp_path, "v.csv", text))) == 3


def test_a_table_of_titles_and_votes_needs_no_mapping(tmp_path: Path) -> None:
    assert len(records(write(tmp_path, "v.csv", "title,reviewer,verdict\nOne,Anna,yes\n"))[0].votes) == 1


def test_a_row_too_long_is_refused_among_votes(tmp_path: Path) -> None:
    path = write(tmp_path, "v.csv", "title,year,reviewer,verdict\nOne,2020,Anna,yes\nTwo,2020,Anna,yes,and,more\n")
    assert [record.title for record in records(path)] == ["One"]
    assert [entry.line for entry in rejected(path)] == [3]


def test_numbered_columns(tmp_path: Path) -> None:
    text = (
        "title,year,reviewer 1,verdict 1,reviewer_2,verdict_2,stage_2,reason_2\n"
        "One,2020,Anna,include,Ben,exclude,full text,Wrong population\n"
        "Two,2020,,,Ben,include,,\n"
    )
    one, two = records(write(tmp_path, "wide.csv", text))
    assert the_votes(one) == [
        ("Anna", "TITLE_ABSTRACT", "INCLUDE", ""),
        ("Ben", "FULL_TEXT", "EXCLUDE", "Wrong population"),
    ]
    assert the_votes(two) == [("Ben", "TITLE_ABSTRACT", "INCLUDE", "")]


def test_what_is_no_verdict_is_told_and_kept(tmp_path: Path) -> None:
    [record] = records(write(tmp_path, "v.csv", "title,year,reviewer,verdict\nOne,2020,Anna,perhaps\n"))
    assert record.votes == ()
    assert ("verdict", "perhaps") in record.other
    assert "none of include" in record.warnings[0]
    assert "perhaps" not in record.warnings[0], "remarks are read by everyone"


def test_verdicts_without_a_reviewer_are_counted_and_nobodys_vote(tmp_path: Path) -> None:
    text = "title,year,decision\nOne,2020,included\nTwo,2020,included\nThree,2020,excluded\nFour,2020,\n"
    receipt = receipt_of(write(tmp_path, "v.csv", text))
    assert receipt.elsewhere == (("TITLE_ABSTRACT", "EXCLUDE", 1), ("TITLE_ABSTRACT", "INCLUDE", 2))
    assert dict(receipt.fields).get("votes") is None


def test_covidence_reasons_name_nobody(tmp_path: Path) -> None:
    text = 'Title,Authors,Covidence #,Notes,Tags\nOne,"Rowe, A.",#1,Exclusion reason: Wrong population; ,\n'
    path = write(tmp_path, "review_1_excluded_csv.csv", text)
    assert the_votes(records(path)[0]) == [("", "FULL_TEXT", "EXCLUDE", "Wrong population")]
    assert receipt_of(path).elsewhere == (("FULL_TEXT", "EXCLUDE", 1),)


def test_the_table_in_the_readme_is_understood(tmp_path: Path) -> None:
    readme = Path(__file__).resolve().parents[2] / "README.md"
    lines = [line.strip() for line in readme.read_text().splitlines() if re.match(r"    (id|\d+),", line)]
    first, second = records(write(tmp_path, "readme.csv", "\n".join(lines) + "\n"))
    assert the_votes(first) == [
        ("Anna", "TITLE_ABSTRACT", "INCLUDE", ""),
        ("Ben", "TITLE_ABSTRACT", "MAYBE", ""),
        ("Anna", "FULL_TEXT", "EXCLUDE", "Wrong population"),
    ]
    assert the_votes(second) == [("Anna", "TITLE_ABSTRACT", "EXCLUDE", "")]


def test_vote_columns_are_known_by_name() -> None:
    named = ("Reviewer", "verdict 2", "reason_1", "Exclusion reason")
    assert all(is_vote_column(name) for name in named)
    assert not any(is_vote_column(name) for name in ("title", "volume", "year 1", "reviewers"))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["rayyan_10.csv", "ris_rayyan_10.ris"])
def test_real_rayyan_files_hold_emilys_votes(shared_dir: Path, name: str) -> None:
    found = records(shared_dir / "formats" / "public" / name)
    votes = [vote for record in found for vote in record.votes]
    assert len(found) == 10
    assert {vote.reviewer for vote in votes} == {"Emily"}
    assert {"INCLUDE", "MAYBE"} <= {vote.verdict for vote in votes}
