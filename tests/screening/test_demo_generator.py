"""The demo's generator: exact counts, equal bytes for equal seeds, titles far apart, votes that settle to the fates.

The files are read back by libraries that have nothing to do with ours (Bio.Medline, rispy, csv), and by our importers.
"""

from __future__ import annotations

import ast
import csv
import io
import string
from collections import Counter
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import pytest
import rispy
from Bio import Medline
from rapidfuzz import fuzz, process

from screening.constants import ScreeningStatus, Stage, Verdict
from screening.demo.abstracts import SYNTHETIC_MARK
from screening.demo.clusters import FILES, TWICE_IN_SCHOLAR
from screening.demo.generator import STUDIES, build_demo
from screening.demo.small import SmallCorpus, build_small
from screening.demo.types import DemoCorpus, Fate, FullTextReason, Kind, Ruling, Source, StageVotes, Vote
from screening.demo.writers import export_bytes, write_exports
from screening.demo.writers_tables import SCHOLAR_COLUMNS, SCOPUS_COLUMNS
from screening.demo.writers_tagged import short_pages
from screening.importers.detection import detect
from screening.importers.reading import parse
from screening.importers.types import ParsedRecord
from screening.queries.duplicates import author_text
from screening.rules.consensus import Vote as CastVote
from screening.rules.consensus import settle, settled_reason
from screening.rules.matching import MatchInput, Zone, cluster, find_pairs, make_veto_check, open_questions

DEMO_FOLDER = Path(STUDIES).parent
OTHER_SEEDS = (1, 7, 2024)
REASONS = list(FullTextReason)


@pytest.fixture(scope="module")
def demo() -> DemoCorpus:
    return build_demo()


@pytest.fixture(scope="module")
def small() -> SmallCorpus:
    return build_small()


@pytest.fixture(scope="module")
def folder(demo: DemoCorpus, small: SmallCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exports")
    write_exports(demo, path)
    write_exports(small.corpus, path)
    return path


# --- counts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, *OTHER_SEEDS])
def test_the_sums_are_exact_for_every_seed(seed: int | None) -> None:
    corpus = build_demo() if seed is None else build_demo(seed)
    sizes = {source.value: len(copies) for source, copies in corpus.copies.items()}
    assert sizes == {"PubMed": 78, "Web of Science": 92, "Scopus": 154, "CINAHL": 12, "Google Scholar": 213}
    found = Counter(copy.report_key for copies in corpus.copies.values() for copy in copies)
    assert (found.total(), len(found), found.total() - len(found)) == (549, 257, 292)
    assert set(found) == {report.key for report in corpus.reports}
    doubtful = [copy for copies in corpus.copies.values() for copy in copies if copy.doubtful]
    assert 7 <= len(doubtful) <= 15
    assert all(found[copy.report_key] > 1 for copy in doubtful)


def test_only_google_scholar_shows_a_report_twice(demo: DemoCorpus) -> None:
    for source, copies in demo.copies.items():
        twice = len(copies) - len({copy.report_key for copy in copies})
        assert twice == (TWICE_IN_SCHOLAR if source is Source.GOOGLE_SCHOLAR else 0), source


def test_fates_are_those_of_the_worked_example(demo: DemoCorpus) -> None:
    assert Counter(report.fate for report in demo.reports) == {
        Fate.EXCLUDED_TITLE_ABSTRACT: 182,
        Fate.NOT_RETRIEVED: 21,
        Fate.FULL_TEXT_EXCLUDED: 27,
        Fate.INCLUDED: 27,
    }
    reasons = Counter(report.reason for report in demo.reports if report.reason)
    assert [reasons[reason] for reason in FullTextReason] == [16, 7, 4]
    assert set(demo.retrieval_notes) == {r.key for r in demo.reports if r.fate is Fate.NOT_RETRIEVED}
    assert all(demo.retrieval_notes.values())


@pytest.mark.shared
def test_the_included_studies_are_the_seed_s(demo: DemoCorpus, shared_dir: Path) -> None:
    with (shared_dir / "domain/seed/studies.csv").open(encoding="utf-8", newline="") as stream:
        seed = {f"R{row['ref']}": row for row in csv.DictReader(stream)}
    real = {report.key: report for report in demo.reports if not report.synthetic}
    assert real.keys() == seed.keys()
    for key, report in real.items():
        row = seed[key]
        assert report.title.casefold() == row["ref_title"].casefold()
        assert (str(report.year), report.doi) == (row["ref_year"], row["doi"])
        assert report.volume == row["ref_volume_pages"].partition(":")[0]
        pages = row["ref_volume_pages"].partition(":")[2]
        assert pages in (short_pages(report.first_page, report.last_page), f"{report.first_page}-{report.last_page}")


# --- what the reports say about themselves ----------------------------------------------------------------------------


def test_synthetic_reports_say_so_and_real_abstracts_are_not_reproduced(demo: DemoCorpus, small: SmallCorpus) -> None:
    for report in (*demo.reports, *small.corpus.reports):
        assert report.abstract.endswith(SYNTHETIC_MARK) is report.synthetic, report.key
        assert report.doi.startswith("10.5555/") or not report.synthetic, report.key
        if not report.synthetic:
            assert "Abstract not reproduced here" in report.abstract
    for copy in (c for copies in demo.copies.values() for c in copies):
        assert copy.abstract.endswith(SYNTHETIC_MARK) is demo.by_key[copy.report_key].synthetic


def test_abstracts_are_of_abstract_length_and_no_near_clones(demo: DemoCorpus) -> None:
    made = [r for r in demo.reports if r.synthetic and r.kind is not Kind.ERRATUM]
    assert [r.key for r in made if not 120 <= len(r.abstract.split()) <= 250] == []
    assert [r.key for r in made if "{" in r.abstract] == []
    texts = [r.abstract for r in made]
    alike = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio)
    assert max(alike[i][j] for i, j in combinations(range(len(texts)), 2)) < 90


def test_distinct_titles_are_far_apart_except_the_near_misses(demo: DemoCorpus) -> None:
    keep = str.maketrans(dict.fromkeys(string.punctuation, " "))
    titles = [report.title.lower().translate(keep) for report in demo.reports]
    alike = process.cdist(titles, titles, scorer=fuzz.token_sort_ratio)
    close = [(i, j) for i, j in combinations(range(len(titles)), 2) if alike[i][j] >= 80]
    pairs = [(demo.reports[i].near_miss, demo.reports[j].near_miss) for i, j in close]
    assert sorted(pairs) == [(name, name) for name in ("abstract", "erratum", "parts", "survey")]


def test_near_misses_share_authors_and_differ_in_doi(demo: DemoCorpus) -> None:
    for name in ("abstract", "erratum", "parts", "survey"):
        one, other = (report for report in demo.reports if report.near_miss == name)
        assert one.authors == other.authors
        assert one.doi != other.doi
    copies = [c for all_copies in demo.copies.values() for c in all_copies if demo.by_key[c.report_key].near_miss]
    assert all(copy.doi and not copy.doubtful for copy in copies)


def test_dois_are_unique(demo: DemoCorpus, small: SmallCorpus) -> None:
    for reports in (demo.reports, small.corpus.reports):
        dois = [report.doi for report in reports if report.doi]
        assert len(dois) == len(set(dois))


def test_copies_differ_as_real_ones_do(demo: DemoCorpus) -> None:
    pairs = [(c, demo.by_key[c.report_key]) for copies in demo.copies.values() for c in copies]
    scholar = demo.copies[Source.GOOGLE_SCHOLAR]
    assert sum(not c.doi for c in scholar) > 0.6 * len(scholar)
    assert sum(c.journal_text.endswith("…") for c in scholar) > 20
    assert sum(c.more_authors for c in scholar) > 50
    seen = {
        "capitals": sum(c.title.isupper() for c, _ in pairs),
        "title case": sum(c.title != r.title and c.title.lower() == r.title.lower() for c, r in pairs),
        "suffix": sum("[Article]" in c.title for c, _ in pairs),
        "entity": sum("&#x27;" in c.title or "&amp;" in c.title for c, _ in pairs),
        "hyphen": sum("‐" in c.title for c, _ in pairs),
        "early view": sum(c.year == r.year - 1 for c, r in pairs),
        "accents lost": sum(c.authors[:1] != r.authors[:1] for c, r in pairs if c.authors),
        "no DOI": sum(not c.doi and bool(r.doi) for c, r in pairs if c.source is not Source.GOOGLE_SCHOLAR),
    }
    assert [name for name, number in seen.items() if number < 2] == []


def test_short_pages() -> None:
    assert short_pages("123", "129") == "123-9"
    assert short_pages("98", "104") == "98-104"
    assert short_pages("e12", "") == "e12"
    assert short_pages("7", "7") == "7-7"


# --- votes ------------------------------------------------------------------------------------------------------------


def settled(stage: Stage, votes: StageVotes) -> tuple[ScreeningStatus, FullTextReason | None]:
    """What the app's own rule makes of the two votes, with the ruling exactly where they conflict."""
    cast = [_cast(number, vote) for number, vote in enumerate((votes.first, votes.second), start=1)]
    status = settle(stage=stage, required=2, votes=cast)
    assert (status == ScreeningStatus.CONFLICT) is (votes.ruling is not None)
    ruling = _cast(3, votes.ruling) if votes.ruling else None
    status = settle(stage=stage, required=2, votes=cast, adjudication=ruling)
    reason = settled_reason(stage=stage, required=2, votes=cast, adjudication=ruling)
    return status, None if reason is None else REASONS[reason]


def _cast(reviewer: int, vote: Vote | Ruling) -> CastVote:
    return CastVote(reviewer, Verdict[vote.verdict], REASONS.index(vote.reason) if vote.reason else None)


@pytest.mark.parametrize("seed", [None, *OTHER_SEEDS])
def test_votes_settle_to_the_fates(seed: int | None) -> None:
    demo = build_demo() if seed is None else build_demo(seed)
    assert demo.title_abstract.keys() == demo.by_key.keys()
    for key, votes in demo.title_abstract.items():
        status, _ = settled(Stage.TITLE_ABSTRACT, votes)
        out = demo.by_key[key].fate is Fate.EXCLUDED_TITLE_ABSTRACT
        assert status == (ScreeningStatus.EXCLUDED if out else ScreeningStatus.INCLUDED), key
    retrieved = {r.key for r in demo.reports if r.fate in (Fate.INCLUDED, Fate.FULL_TEXT_EXCLUDED)}
    assert demo.full_text.keys() == retrieved
    for key, votes in demo.full_text.items():
        report = demo.by_key[key]
        expected = ScreeningStatus.INCLUDED if report.fate is Fate.INCLUDED else ScreeningStatus.EXCLUDED
        assert settled(Stage.FULL_TEXT, votes) == (expected, report.reason), key


def test_reviewers_really_disagree(demo: DemoCorpus) -> None:
    rulings = [votes for votes in demo.title_abstract.values() if votes.ruling]
    assert 0.06 <= len(rulings) / len(demo.reports) <= 0.08
    assert all(votes.ruling.rationale for votes in rulings)
    verdicts = Counter(frozenset((v.first.verdict, v.second.verdict)) for v in demo.title_abstract.values())
    for pair in ({"MAYBE"}, {"MAYBE", "INCLUDE"}, {"MAYBE", "EXCLUDE"}, {"INCLUDE", "EXCLUDE"}):
        assert verdicts[frozenset(pair)] > 0, pair
    full = [votes for votes in demo.full_text.values() if votes.ruling]
    on_reason = [
        v for v in full if v.first.verdict == v.second.verdict == "EXCLUDE" and v.first.reason != v.second.reason
    ]
    assert (len(full), len(on_reason)) == (9, 3)
    firsts = Counter(v.first.verdict for v in rulings)
    assert len(firsts) > 1, "one reviewer is always the strict one"


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(demo: DemoCorpus, small: SmallCorpus) -> None:
    for source in Source:
        assert export_bytes(build_demo(), source) == export_bytes(demo, source)
    assert export_bytes(build_demo(1), Source.SCOPUS) != export_bytes(demo, Source.SCOPUS)
    for source in small.corpus.copies:
        assert export_bytes(build_small().corpus, source) == export_bytes(small.corpus, source)


def test_pubmed_is_read_by_biopython(demo: DemoCorpus, folder: Path) -> None:
    with (folder / "pubmed.nbib").open(encoding="utf-8") as stream:
        records = list(Medline.parse(stream))
    copies = demo.copies[Source.PUBMED]
    assert [record["PMID"] for record in records] == [copy.accession for copy in copies]
    assert [record["TI"] for record in records] == [copy.title for copy in copies]
    assert [record["AB"].split() for record in records] == [copy.abstract.split() for copy in copies]
    assert [len(record["AU"]) for record in records] == [len(copy.authors) for copy in copies]


def test_web_of_science_has_head_and_tail(demo: DemoCorpus, folder: Path) -> None:
    text = (folder / "web_of_science.txt").read_bytes().decode("utf-8")
    assert text.startswith("\ufeffFN Clarivate Analytics Web of Science\nVR 1.0\nPT ")
    assert text.endswith("ER\n\nEF")
    lines = text.splitlines()
    assert lines.count("ER") == 92
    numbers = [line.removeprefix("UT ") for line in lines if line.startswith("UT ")]
    assert numbers == [copy.accession for copy in demo.copies[Source.WEB_OF_SCIENCE]]


def test_scopus_is_read_by_the_csv_module(demo: DemoCorpus, folder: Path) -> None:
    raw = (folder / "scopus.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == SCOPUS_COLUMNS
    copies = demo.copies[Source.SCOPUS]
    assert [(row["EID"], row["Title"], row["DOI"]) for row in rows] == [(c.accession, c.title, c.doi) for c in copies]


@pytest.mark.parametrize("filename", ["cinahl.ris", "back_pain_cinahl.ris"])
def test_cinahl_is_read_by_rispy(demo: DemoCorpus, small: SmallCorpus, folder: Path, filename: str) -> None:
    raw = (folder / filename).read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    entries = rispy.loads(raw.decode("utf-8"))
    corpus = demo if filename == "cinahl.ris" else small.corpus
    copies = corpus.copies[Source.CINAHL]
    assert [entry["primary_title"] for entry in entries] == [copy.title for copy in copies]
    numbers = [f"Accession Number: {copy.accession}." for copy in copies]
    assert all(number in entry["notes"][0] for entry, number in zip(entries, numbers, strict=True))


def test_google_scholar_is_read_by_the_csv_module(demo: DemoCorpus, folder: Path) -> None:
    raw = (folder / "google_scholar.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == SCHOLAR_COLUMNS
    assert [row["GSRank"] for row in rows] == [str(rank) for rank in range(1, 214)]
    copies = demo.copies[Source.GOOGLE_SCHOLAR]
    assert [row["ArticleURL"] for row in rows] == [copy.accession for copy in copies]
    assert sum(not row["Year"] for row in rows) == sum(copy.year is None for copy in copies) > 0


def test_accession_numbers_lead_back_to_the_reports(demo: DemoCorpus) -> None:
    assert len(demo.by_accession) == 549
    for source, copies in demo.copies.items():
        for index, copy in enumerate(copies):
            assert demo.by_accession[source.value, copy.accession] == demo.position(source, index) == copy.report_key


# --- with the app's own importers and duplicate finder ---------------------------------------------------------------


def imported(path: Path) -> list[ParsedRecord]:
    items = list(parse(path, detect(path, path.name)))
    assert all(isinstance(item, ParsedRecord) for item in items)
    return [item for item in items if isinstance(item, ParsedRecord)]


def test_each_dialect_is_recognised(folder: Path) -> None:
    seen = {file.filename: detect(folder / file.filename, file.filename) for file in FILES}
    assert {name: (d.format, d.dialect, d.confident) for name, d in seen.items()} == {
        "pubmed.nbib": ("nbib", "PubMed", True),
        "web_of_science.txt": ("wos", "", True),
        "scopus.csv": ("csv", "Scopus", True),
        "cinahl.ris": ("ris", "EBSCOhost", True),
        "google_scholar.csv": ("csv", "Publish or Perish", True),
    }


def match_inputs(corpus: DemoCorpus, folder: Path) -> tuple[list[MatchInput], dict[int, str]]:
    inputs, truth = [], {}
    for file in corpus.files:
        for index, record in enumerate(imported(folder / file.filename)):
            number = len(inputs) + 1
            truth[number] = corpus.position(file.source, index)
            inputs.append(
                MatchInput(
                    id=number,
                    title=record.title,
                    authors=tuple(author_text(asdict(author)) for author in record.authors),  # as the app hands them on
                    year=record.year,
                    journal=record.journal,
                    volume=record.volume,
                    issue=record.issue,
                    pages=record.pages,
                    doi=record.doi,
                    pmid=record.pmid,
                    isbn=record.issn[0] if record.issn else "",
                    abstract=record.abstract,
                    publication_type=record.publication_type,
                    source=file.source.value,
                )
            )
    return inputs, truth


def test_the_duplicate_finder_is_sure_of_most_and_asks_about_the_rest(demo: DemoCorpus, folder: Path) -> None:
    inputs, truth = match_inputs(demo, folder)
    assert len(inputs) == 549
    pairs = find_pairs(inputs)
    groups = cluster(pairs, vetoed=make_veto_check(inputs))
    assert [group for group in groups if len({truth[member] for member in group}) > 1] == []
    alone = sum(len(group) - 1 for group in groups)
    assert 265 <= alone <= 286
    assert 6 <= len(open_questions(pairs, groups)) <= 27
    confirmed = [(p.a, p.b) for p in pairs if p.zone is Zone.DOUBTFUL and truth[p.a] == truth[p.b]]
    place = {member: group[0] for group in groups for member in group}
    joined = [p for p in pairs if p.zone is Zone.CERTAIN and place.get(p.a, -1) == place.get(p.b, -2)]
    after = cluster(joined, decided_same=confirmed)  # as the app does: what persons say stands over every rule
    assert sum(len(group) - 1 for group in after) == 292


def test_the_small_review_s_duplicates_are_plain(small: SmallCorpus, folder: Path) -> None:
    inputs, truth = match_inputs(small.corpus, folder)
    groups = cluster(find_pairs(inputs), vetoed=make_veto_check(inputs))
    assert sorted(len({truth[member] for member in group}) for group in groups) == [1] * 6
    assert sum(len(group) - 1 for group in groups) == 6


# --- the small review -------------------------------------------------------------------------------------------------


def test_the_small_review_is_half_way(small: SmallCorpus) -> None:
    corpus = small.corpus
    assert {source.value: len(copies) for source, copies in corpus.copies.items()} == {"PubMed": 24, "CINAHL": 16}
    assert len({c.report_key for copies in corpus.copies.values() for c in copies}) == len(corpus.reports) == 34
    firsts = [pair[0] for pair in small.votes.values() if pair[0]]
    both = [(one, two) for one, two in small.votes.values() if one and two]
    assert (len(firsts), len(both)) == (16, 12)
    statuses = Counter(
        settle(stage=Stage.TITLE_ABSTRACT, required=2, votes=[_cast(1, one), _cast(2, two)]) for one, two in both
    )
    assert statuses[ScreeningStatus.CONFLICT] == 3
    assert all(80 <= len(report.abstract.split()) <= 250 for report in corpus.reports)


# --- house ------------------------------------------------------------------------------------------------------------


def test_the_generator_knows_no_framework_clock_or_global_chance() -> None:
    for path in DEMO_FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        roots = {name.split(".")[0] for name in names}
        assert roots.isdisjoint({"django", "time", "datetime", "secrets", "uuid"}), path.name
        inside = [name for name in names if name.startswith("screening.") and not name.startswith("screening.demo")]
        assert inside == [], path.name
        drawn = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random"
        }
        assert drawn <= {"Random"}, path.name
