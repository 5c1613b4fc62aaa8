"""The duplicate finder as a whole: rules and vetoes case by case, zones, groups, and what must hold for any records."""

from __future__ import annotations

import gc
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screening.demo.generator import build_demo
from screening.demo.writers import write_exports
from screening.importers import ParsedRecord, detect, parse
from screening.rules.matching import (
    Index,
    MatchInput,
    MatchSettings,
    ScoredPair,
    Zone,
    cluster,
    differing_fields,
    explain,
    find_pairs,
    make_veto_check,
    open_questions,
    pick_kept,
)
from tests.benchmarks.dedup_sets import load_set, outcome

BASE = MatchInput(
    id=1,
    title="Lantern light and the sleep of night porters: a cohort study",
    authors=("Okafor, Ada", "Lindqvist, Bo", "Haddad, Carim"),
    year=2015,
    journal="Annals of Invented Medicine",
    volume="12",
    issue="3",
    pages="123-131",
    doi="10.5555/aim.2015.17",
    abstract="Night porters sleep badly. " * 12,
)


COCHRANE = "10.1002/14651858.CD00"


def other(**changes: object) -> MatchInput:
    return replace(BASE, id=2, **changes)  # type: ignore[arg-type]  # test data


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": BASE.title.upper() + "."},
        {"title": f"[{BASE.title}]"},
        {"title": BASE.title + " [Article]"},
        {"title": "Lantern light and the sleep of night porters"},
        {"title": BASE.title.replace("porters", "portes")},
        {"authors": ("Okafor A", "Lindqvist B", "Haddad C")},
        {"authors": ("Okafor A.Lindqvist B.Haddad C.",)},
        {"authors": ("Okafor A", "et al")},
        {"authors": ()},
        {"journal": "Ann Invent Med"},
        {"journal": ""},
        {"pages": "123-31"},
        {"pages": ""},
        {"pages": "", "volume": "", "issue": "", "year": 2014},
        {"doi": "https://doi.org/10.5555/AIM.2015.17"},
        {"doi": ""},
        {"doi": "", "abstract": ""},
        {"doi": "", "abstract": "", "issue": ""},
        {"doi": "", "abstract": "", "journal": "Ann Invent Med", "authors": ("A Okafor", "B Lindqvist", "C Haddad")},
        {"year": None, "volume": ""},
    ],
    ids=str,
)
def test_copies_as_databases_spell_them_are_certain(changes: dict[str, object]) -> None:
    assert explain(BASE, other(**changes)).zone is Zone.CERTAIN


NOWHERE = {"doi": "", "pages": "", "volume": ""}
BARE = {**NOWHERE, "issue": "", "journal": "", "abstract": ""}
MEETING = {**NOWHERE, "publication_type": "inproceedings", "journal": "", "booktitle": "Toy Conference", "year": 2014}
SUPPLEMENT = {"pages": "22", "volume": "9 (Suppl 1)"}
OTHER_TEXT = {**NOWHERE, "issue": "", "abstract": "Quite another text about something else. " * 9}


@pytest.mark.parametrize(
    ("first", "second", "veto"),
    [
        ({"title": "Care of lanterns. Part I: oil"}, {"title": "Care of lanterns. Part II: oil"}, "different parts"),
        ({"title": "Lanterns at 20 lux"}, {"title": "Lanterns at 40 lux", "pages": "9-12"}, "different numbers"),
        ({}, {"title": f"Erratum: {BASE.title}"}, "erratum"),
        ({}, {"title": f"{BASE.title} (vol 12, pg 123, 2015)", "pages": "400"}, "erratum"),
        ({}, {"title": f"Retraction of: {BASE.title}"}, "retraction"),
        ({}, {"title": f"{BASE.title}: study protocol"}, "protocol"),
        ({"doi": ""}, {"doi": "", "pages": "200-210"}, "different pages"),
        ({"doi": ""}, {"doi": "", "volume": "13"}, "different volumes"),
        (NOWHERE, {**NOWHERE, "journal": "Ball Letters"}, "different journals"),
        ({"pages": ""}, {"pages": "", "doi": "10.5555/aim.2015.99"}, "different DOIs of one registrant"),
        ({}, {"authors": ("Smithers, Jo",), "doi": ""}, "different authors"),
        ({"authors": ("Smithers J",), "doi": ""}, {"authors": ("Smithers R",), "doi": ""}, "different initials"),
        ({"pmid": "123456"}, {"pmid": "654321"}, "different PubMed identifiers"),
        ({"doi": f"{COCHRANE}1234.pub2"}, {"doi": f"{COCHRANE}1234.pub3"}, "versions of one Cochrane"),
        ({"doi": f"{COCHRANE}1234"}, {"doi": f"{COCHRANE}4321"}, "different Cochrane reviews"),
        ({"publication_type": "article", "doi": ""}, MEETING, "article against conference"),
        ({**NOWHERE, "title": "Editorial"}, {**NOWHERE, "title": "Editorial", "issue": "4"}, "recurs"),
        (
            {**SUPPLEMENT, "title": "Light in porters"},
            {**SUPPLEMENT, "pages": "23", "title": "Light in bakers"},
            "porters / bakers",
        ),
        ({"title": ""}, {}, "a title is missing"),
        ({"title": ""}, {"title": ""}, "a title is missing"),
        (BARE, BARE, "too little"),
        ({"title": "Lantern oil", "doi": ""}, {"title": "Sleep of porters", "doi": ""}, "titles hardly alike"),
        ({"abstract": ""}, {"title": "Sleep of porters", "pages": "9-12"}, "titles hardly alike"),
        ({"pages": "S12"}, {"pages": "S13", "abstract": "Quite another text. " * 9}, "one DOI on different texts"),
        ({"publication_type": "thesis", **BARE, "doi": ""}, {}, "article against thesis"),
        ({"journal": "medRxiv", "volume": "", "pages": "", "doi": ""}, {}, "article against preprint"),
        ({**NOWHERE, "pages": "S40", "issue": "Suppl 2"}, OTHER_TEXT, "supplement"),
        (NOWHERE, {**NOWHERE, "year": 2009}, "years far apart"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_veto_keeps_two_records_from_being_merged(
    first: dict[str, object], second: dict[str, object], veto: str
) -> None:
    a, b = replace(BASE, **first), other(**second)  # type: ignore[arg-type]  # test data
    verdict = explain(a, b, settings=MatchSettings(certain=0.01, doubtful=0.005))
    assert any(veto in text for text in verdict.vetoes), verdict
    assert verdict.zone is not Zone.CERTAIN
    assert cluster([replace(verdict, zone=Zone.CERTAIN)]) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"doi": "10.5555/aim.2015.99"}),
        ({"pages": "123-131", "doi": ""}, {"pages": "S123-S131", "doi": ""}),
        ({"volume": "2"}, {"volume": "12 (Suppl 2)"}),
        ({"title": "Lanterns and Va1108", "doi": ""}, {"title": "Lanterns and Val108", "doi": ""}),
        ({"pages": "e4711", "doi": ""}, {"pages": "1-9", "doi": ""}),
    ],
)
def test_what_only_looks_like_a_difference_is_no_veto(first: dict[str, object], second: dict[str, object]) -> None:
    verdict = explain(replace(BASE, **first), other(**second))  # type: ignore[arg-type]  # test data
    assert verdict.vetoes == ()
    assert verdict.zone is Zone.CERTAIN


def test_translated_titles_need_the_same_pages() -> None:
    german = other(title="Laternenlicht und der Schlaf von Nachtportiers", doi="", abstract="")
    assert explain(BASE, german).zone is Zone.CERTAIN
    assert explain(BASE, replace(german, pages="123")).zone is not Zone.CERTAIN
    assert explain(BASE, replace(german, volume="13")).zone is not Zone.CERTAIN
    assert explain(BASE, replace(german, title="Oil prices at sea in winter")).zone is Zone.DOUBTFUL


@pytest.mark.parametrize(
    "changes",
    [
        {"journal": "Ball Letters", "volume": "3", "pages": "9"},
        {"doi": "10.5555/aim.2016.4", "volume": "13", "issue": "1", "pages": "7-15", "year": 2016},
    ],
)
def test_a_full_title_by_the_same_authors_is_always_asked_about(changes: dict[str, object]) -> None:
    bare = replace(BASE, doi="" if "doi" not in changes else BASE.doi)
    verdict = explain(bare, replace(bare, id=2, **changes))  # type: ignore[arg-type]  # test data
    assert verdict.zone is Zone.DOUBTFUL
    assert verdict.vetoes


def test_a_title_broken_off_is_asked_about_where_the_abstract_is_the_same() -> None:
    cut = MatchInput(id=2, title="Lantern light and the sleep of night …", abstract=BASE.abstract)
    assert explain(BASE, cut).zone is Zone.DOUBTFUL
    assert explain(BASE, replace(cut, abstract="")).zone is Zone.DISTINCT


def test_records_of_one_topic_are_distinct() -> None:
    verdict = explain(BASE, MatchInput(id=9, title="Candle light and the diet of day porters", authors=("Ito, D",)))
    assert verdict.zone is Zone.DISTINCT
    assert find_pairs([BASE, MatchInput(id=9, title="Candle light and the diet of day porters")]) == []


def test_reasons_are_words() -> None:
    verdict = explain(BASE, other(title=BASE.title.replace("porters", "portes"), year=2016))
    assert verdict.reasons[0] == "same DOI"
    assert any(text.startswith("title ") and text.endswith(" %") for text in verdict.reasons)
    assert {"authors agree", "year differs by 1", "same pages"} <= set(verdict.reasons)


def test_differing_fields_leaves_out_what_is_missing() -> None:
    assert differing_fields(BASE, other(title=BASE.title.upper(), doi="", year=2016)) == ("year",)


def test_settings_refuse_thresholds_out_of_order() -> None:
    with pytest.raises(ValueError, match="thresholds"):
        MatchSettings(certain=0.2, doubtful=0.5)


def test_two_records_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two records have the id 1"):
        find_pairs([BASE, BASE])
    with pytest.raises(ValueError, match="two records have the id 1"):
        find_pairs([BASE], existing=[BASE])


# ---- groups
def pair(a: int, b: int, probability: float = 0.99, *, zone: Zone = Zone.CERTAIN, vetoed: bool = False) -> ScoredPair:
    return ScoredPair(a, b, probability, zone, (), ("no",) if vetoed else ())


def test_certain_pairs_join_and_doubtful_ones_do_not() -> None:
    assert cluster([pair(1, 2), pair(2, 3), pair(4, 5, zone=Zone.DOUBTFUL)]) == [(1, 2, 3)]


def test_no_chain_joins_what_is_vetoed_or_decided_distinct() -> None:
    chain = [pair(1, 2, 0.99), pair(2, 3, 0.98)]
    assert cluster([*chain, pair(1, 3, 0.4, zone=Zone.DOUBTFUL, vetoed=True)]) == [(1, 2)]
    assert cluster(chain, decided_distinct=[(3, 1)]) == [(1, 2)]
    assert cluster(chain, vetoed=lambda a, b: {a, b} == {1, 3}) == [(1, 2)]


def test_a_person_overrules_the_finder() -> None:
    assert cluster([], decided_same=[(5, 4)]) == [(4, 5)]
    assert cluster([pair(1, 2)], decided_distinct=[(1, 2)]) == []


def test_the_finder_itself_breaks_chains_at_the_weakest_link() -> None:
    first = replace(BASE, id=1, doi="", pages="123-131")
    bare = replace(BASE, id=2, doi="", pages="", abstract="")
    second = replace(BASE, id=3, doi="", pages="200-210", abstract="")
    found = find_pairs([first, bare, second])
    assert {1, 3} not in [set(group) for group in cluster(found)]
    assert len(cluster(found)) == 1
    assert any("would join" in text for p in found for text in p.vetoes)


def test_questions_are_asked_once_for_two_groups() -> None:
    pairs = [pair(1, 2), pair(3, 4), pair(1, 3, 0.5, zone=Zone.DOUBTFUL), pair(2, 4, 0.6, zone=Zone.DOUBTFUL)]
    assert open_questions(pairs, cluster(pairs)) == [pairs[3]]


def test_the_most_complete_record_is_kept_then_the_first_source() -> None:
    poor = other(doi="", abstract="", source="a")
    assert pick_kept([poor, replace(BASE, source="b")]) == 1
    assert pick_kept([replace(BASE, source="b"), other(source="a")], source_order=["a", "b"]) == 2
    with pytest.raises(ValueError, match="no records"):
        pick_kept([])


# ---- incremental
def test_new_records_meet_the_existing_ones_only() -> None:
    old = [BASE, other()]
    new = [replace(BASE, id=3), replace(BASE, id=4)]
    found = {(p.a, p.b) for p in find_pairs(new, existing=old)}
    assert found == {(1, 3), (1, 4), (2, 3), (2, 4), (3, 4)}
    assert find_pairs(new, existing=Index(old)) == find_pairs(new, existing=old)


def test_an_index_grows_and_is_not_changed_by_a_search() -> None:
    index = Index([BASE])
    first = find_pairs([other()], existing=index)
    assert find_pairs([other()], existing=index) == first
    index.extend([other()])
    assert {(p.a, p.b) for p in find_pairs([replace(BASE, id=3)], existing=index)} == {(1, 3), (2, 3)}


def test_the_collector_of_garbage_is_left_as_it_was() -> None:
    find_pairs([BASE, other()])
    assert gc.isenabled()
    with pytest.raises(ValueError, match="two records"):
        find_pairs([BASE, BASE])
    assert gc.isenabled()
    gc.disable()
    try:
        find_pairs([BASE, other()])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_progress_ends_where_it_should() -> None:
    seen: list[tuple[int, int]] = []
    find_pairs([BASE, other()], progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0


def test_a_title_shared_by_hundreds_is_no_quadratic_trap() -> None:
    records = [MatchInput(id=i, title="Editorial", authors=(f"Name{i:04}",), year=1990 + i % 30) for i in range(900)]
    twin = replace(records[500], id=5000, pages="77-79", volume="4", issue="1", journal="Toy J")
    same = replace(twin, id=5001)
    assert (5000, 5001) in {(p.a, p.b) for p in find_pairs([*records, twin, same])}


# ---- what must hold for any records
WORDS = st.sampled_from(
    [
        "lantern",
        "porter",
        "sleep",
        "night",
        "cohort",
        "trial",
        "light",
        "diet",
        "part",
        "ii",
        "2",
        "3",
        "erratum",
        "the",
    ]
)
TITLES = st.lists(WORDS, max_size=8).map(" ".join)
RECORDS = st.builds(
    MatchInput,
    id=st.just(0),
    title=TITLES,
    authors=st.lists(st.sampled_from(["Okafor A", "Lindqvist B", "Ito, Dai", "Anonymous"]), max_size=3).map(tuple),
    year=st.sampled_from([None, 2014, 2015, 2020]),
    journal=st.sampled_from(["", "Annals of Invented Medicine", "Ann Invent Med", "Ball Letters"]),
    volume=st.sampled_from(["", "12", "13", "1)"]),
    issue=st.sampled_from(["", "3", "Suppl 1"]),
    pages=st.sampled_from(["", "123-9", "123-129", "S12", "e7", "200"]),
    doi=st.sampled_from(["", "10.5555/a.1", "10.5555/a.2", "10.6666/b"]),
    abstract=st.sampled_from(["", "Porters slept under lanterns. " * 8, "Nothing of the kind was seen here. " * 8]),
)
MANY = st.lists(RECORDS, max_size=14).map(lambda rs: [replace(r, id=i) for i, r in enumerate(rs)])
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(MANY, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(records: list[MatchInput], rng: random.Random) -> None:
    shuffled = records[:]
    rng.shuffle(shuffled)
    found = find_pairs(records)
    assert find_pairs(shuffled) == found
    backwards = found[::-1]
    assert cluster(backwards) == cluster(found)


@SLOW
@given(MANY)
def test_no_group_holds_a_vetoed_pair(records: list[MatchInput]) -> None:
    by_id = {record.id: record for record in records}
    for group in cluster(find_pairs(records, settings=MatchSettings(certain=0.05, doubtful=0.05))):
        for a, b in combinations(group, 2):
            assert explain(by_id[a], by_id[b]).vetoes == ()


@SLOW
@given(RECORDS, RECORDS)
def test_a_verdict_is_the_same_from_both_sides(a: MatchInput, b: MatchInput) -> None:
    a, b = replace(a, id=1), replace(b, id=2)
    swapped = explain(b, a)
    assert explain(a, b) == swapped
    mirrored = explain(replace(b, id=1), replace(a, id=2))
    assert (mirrored.probability, mirrored.zone) == (swapped.probability, swapped.zone)


@SLOW
@given(MANY)
def test_an_empty_title_is_never_merged(records: list[MatchInput]) -> None:
    blank = {record.id for record in records if not record.title}
    assert all(blank.isdisjoint(group) for group in cluster(find_pairs(records)))


@SLOW
@given(MANY)
def test_groups_respect_the_veto_check_and_a_person(records: list[MatchInput]) -> None:
    found = find_pairs(records)
    check = make_veto_check(records)
    groups = cluster(found, vetoed=check)
    assert all(not check(a, b) for group in groups for a, b in combinations(group, 2))
    apart = [(a, b) for group in groups for a, b in combinations(group, 2)]
    assert cluster(found, decided_distinct=apart) == [] or apart == []


# ---- whole corpora
def demo_records(folder: Path) -> tuple[list[MatchInput], dict[int | str, str]]:
    """The demo's records as the importers read them, and the report behind each."""
    corpus = build_demo()
    paths = write_exports(corpus, folder)
    records: list[MatchInput] = []
    keys: dict[int | str, str] = {}
    for file in corpus.files:
        path = paths[file.source.value]
        parsed = [item for item in parse(path, detect(path, path.name)) if isinstance(item, ParsedRecord)]
        for place, item in enumerate(parsed):
            records.append(demo_input(len(records) + 1, item))
            keys[records[-1].id] = corpus.position(file.source, place)
    return records, keys


def demo_input(number: int, item: ParsedRecord) -> MatchInput:
    return MatchInput(
        id=number,
        title=item.title,
        authors=tuple(f"{author.family}, {author.given}".strip(", ") for author in item.authors),
        year=item.year,
        journal=item.journal or item.journal_abbreviation,
        volume=item.volume,
        issue=item.issue,
        pages=item.pages,
        doi=item.doi,
        pmid=item.pmid,
        abstract=item.abstract,
        publication_type=item.publication_type,
    )


def test_the_demo_merges_rightly_and_asks_a_handful(tmp_path: Path) -> None:
    records, keys = demo_records(tmp_path)
    found = find_pairs(records)
    groups = cluster(found)
    assert all(len({keys[member] for member in group}) == 1 for group in groups)
    asked = open_questions(found, groups)
    assert 5 <= len(asked) <= 30
    same = [(p.a, p.b) for p in found if p.zone is Zone.DOUBTFUL and keys[p.a] == keys[p.b]]
    apart = [(p.a, p.b) for p in found if p.zone is Zone.DOUBTFUL and keys[p.a] != keys[p.b]]
    decided = cluster(found, decided_same=same, decided_distinct=apart)
    assert sum(len(group) - 1 for group in decided) == 292


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "recall"),
    [
        ("special_cases", 1.0),
        ("respiratory", 0.975),
        ("cytology_screening", 0.995),
        ("neuroimaging", 0.995),
        ("diabetes", 0.993),  # 16 pairs are labels that take two meeting abstracts, pages 51 and 52, for one
        ("digital_work", 0.996),
    ],
)
def test_the_public_sets_hold_no_wrong_merge(shared_dir: Path, name: str, recall: float) -> None:
    labelled = load_set(shared_dir / "bench/dedup" / name)
    result = outcome(labelled, find_pairs(labelled.records))
    assert result.wrong == 0
    assert result.recall >= recall
    assert result.missed_with_person <= 1
    assert result.records_to_look_at <= 0.02 * len(labelled.records)
