"""Hard cases for the duplicate finder, made by hand: what must never be merged, and what only looks different."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from screening.rules.matching import MatchInput, Zone, cluster, explain, find_pairs

BASE = MatchInput(
    id=1,
    title="Lantern light and the sleep of night porters: a randomised trial",
    authors=("Okafor, Ada", "Lindqvist, Bo", "Haddad, Carim"),
    year=2015,
    journal="Annals of Invented Medicine",
    volume="12",
    issue="3",
    pages="123-131",
    doi="10.5555/aim.2015.17",
    abstract="Night porters sleep badly. We lit their corridors with lanterns and asked them daily how they slept. "
    * 4,
)
OTHER_TEXT = (
    "Bakers rise early. We gave them bells and counted loaves, and found that bells made no difference at all. " * 4
)
MEETING = MatchInput(
    id=1,
    title="Lantern light in porters",
    authors=("Okafor A", "Lindqvist B"),
    year=2014,
    journal="Annals of Invented Medicine",
    volume="11",
    issue="Suppl 1",
    pages="S12",
    doi="10.5555/aim.2014.suppl1",
    abstract=BASE.abstract,
)
EDITORIAL = MatchInput(
    id=1, title="Editorial", authors=("Okafor A",), year=2015, journal="Annals of Invented Medicine", volume="12"
)
BARE = MatchInput(id=1, title="Introduction")
GERMAN = "Laternenlicht und der Schlaf von Nachtportiers: eine randomisierte Studie"


def changed(record: MatchInput, **changes: object) -> MatchInput:
    return replace(record, **changes)  # type: ignore[arg-type]  # test data


# What is written differently by databases and hands, but is one report: (one record, changes in the other).
ONE_REPORT: list[tuple[str, MatchInput, dict[str, object]]] = [
    ("all in capitals", BASE, {"title": BASE.title.upper(), "journal": BASE.journal.upper()}),
    (
        "damaged encoding",
        changed(BASE, authors=("Müller, Jörg", "Sjöberg, Åsa")),
        {"authors": ("MÃ¼ller, JÃ¶rg", "SjÃ¶berg, Ã…sa")},
    ),
    ("authors in another order", BASE, {"authors": ("Haddad, Carim", "Okafor, Ada", "Lindqvist, Bo"), "doi": ""}),
    ("authors glued", BASE, {"authors": ("Okafor A.Lindqvist B.Haddad C.",), "doi": ""}),
    ("given name first", BASE, {"authors": ("Ada Okafor", "Bo Lindqvist", "Carim Haddad"), "doi": ""}),
    ("a DOI with its resolver and a full stop", BASE, {"doi": "https://dx.doi.org/10.5555/AIM.2015.17."}),
    ("a DOI with a label", BASE, {"doi": "doi: 10.5555/aim.2015.17 [doi]"}),
    ("a DOI with its prefix twice", BASE, {"doi": "10.5555/10.5555/aim.2015.17"}),
    (
        "the DOI of a figure",
        changed(BASE, doi="10.1371/journal.pone.0123456"),
        {"doi": "10.1371/journal.pone.0123456.g001"},
    ),
    ("the DOI of a digest", changed(BASE, doi="10.7554/eLife.06487"), {"doi": "10.7554/elife.06487.001", "pages": ""}),
    ("online first, a year earlier and without a place", BASE, {"year": 2014, "volume": "", "issue": "", "pages": ""}),
    (
        "same DOI and abstract, volume of the online edition",
        BASE,
        {"year": 2014, "volume": "2", "issue": "", "pages": ""},
    ),
    ("article number against pages", BASE, {"pages": "e4711", "issue": "", "doi": ""}),
    ("article number in the issue", changed(BASE, pages="e4711", issue=""), {"pages": "", "issue": "e4711", "doi": ""}),
    ("translated title in brackets", BASE, {"title": f"[{BASE.title}]", "doi": ""}),
    ("a language named", BASE, {"title": BASE.title + ". German", "doi": ""}),
    ("two languages, same pages", changed(BASE, doi="", abstract=""), {"title": GERMAN, "doi": "", "abstract": ""}),
    ("two languages, same pages, same abstract", BASE, {"title": GERMAN, "doi": ""}),
    ("two DOIs, same pages", BASE, {"doi": "10.5555/aim.2015.99"}),
    ("two DOIs, one abstract on one page", changed(BASE, pages="e24", volume=""), {"doi": "10.5555/other.1"}),
    (
        "a journal named in two languages",
        changed(BASE, doi=""),
        {"journal": "Jahrbuch der erfundenen Heilkunde", "doi": "", "pages": ""},
    ),
    ("a subseries named for the journal", BASE, {"journal": "Ann Invent Med Suppl", "volume": "91"}),
    ("no title words but script", changed(BASE, title="夜間搬運工的睡眠與燈籠光線隨機試驗"), {"doi": ""}),
    (
        "Cyrillic",
        changed(BASE, title="Сон ночных портье при свете фонаря: рандомизированное исследование"),
        {"doi": ""},
    ),
    ("editorial, same DOI", changed(EDITORIAL, doi="10.5555/e.1", pages="7-8", issue="1"), {}),
    (
        "no year and no place, same abstract in one journal",
        BASE,
        {"year": None, "volume": "", "issue": "", "pages": "", "doi": ""},
    ),
    (
        "a chapter typed as an article",
        changed(BASE, publication_type="article"),
        {"publication_type": "book chapter", "journal": "Handbook of Lanterns"},
    ),
    ("same DOI and abstract, another place", BASE, {"journal": "Lantern Quarterly", "volume": "62", "pages": "1-9"}),
    (
        "one meeting, its proceedings named two ways",
        changed(BASE, journal="Proceedings of the Joint Workshop on Lanterns", volume="", issue="", doi=""),
        {"journal": "2015 Meeting of Porters"},
    ),
    ("editorial, same pages of the same issue", changed(EDITORIAL, pages="77-78", issue="1"), {}),
]


@pytest.mark.parametrize(("record", "changes"), [case[1:] for case in ONE_REPORT], ids=[case[0] for case in ONE_REPORT])
def test_what_is_only_written_differently_is_merged(record: MatchInput, changes: dict[str, object]) -> None:
    verdict = explain(record, changed(record, id=2, **changes))
    assert (verdict.zone, verdict.vetoes) == (Zone.CERTAIN, ()), verdict


# What looks alike, but is two reports, or tells too little: (one record, changes in the other).
TWO_REPORTS: list[tuple[str, MatchInput, dict[str, object]]] = [
    ("empty titles", changed(BASE, title=""), {}),
    ("nothing but one title", MatchInput(id=1, title=BASE.title), {}),
    ("nothing but a short title", BARE, {}),
    ("introductions of two years", changed(BARE, year=2014, journal="Toy J"), {"year": 2015}),
    ("editorials without pages", EDITORIAL, {}),
    ("editorials of two issues on the same pages", changed(EDITORIAL, pages="1-2", issue="1"), {"issue": "2"}),
    ("editorials, DOIs of two issues", changed(EDITORIAL, doi="10.5555/e.1"), {"doi": "10.5555/e.2"}),
    (
        "columns of one author in two years",
        changed(EDITORIAL, title="Letter from the editor", pages="3"),
        {"year": 2016},
    ),
    (
        "part I and part II",
        changed(BASE, title="Care of lanterns. Part I: oil"),
        {"title": "Care of lanterns. Part II: oil"},
    ),
    (
        "part I and II, no DOI, no pages",
        changed(BASE, title="Care of lanterns I", doi="", pages=""),
        {"title": "Care of lanterns II"},
    ),
    (
        "study 1 and study 2",
        changed(BASE, title="Lanterns in use: study 1", doi=""),
        {"title": "Lanterns in use: study 2", "pages": "140-150"},
    ),
    (
        "shared DOI of a supplement, two texts",
        MEETING,
        {"title": "Lantern light in bakers", "pages": "S13", "abstract": OTHER_TEXT},
    ),
    (
        "shared DOI, one group, nearly one title",
        MEETING,
        {"title": "The lantern light in porters", "pages": "S13", "abstract": OTHER_TEXT},
    ),
    ("abstracts on two page letters", changed(MEETING, doi=""), {"pages": "S13", "abstract": OTHER_TEXT}),
    (
        "article and preprint",
        BASE,
        {
            "journal": "medRxiv",
            "doi": "10.1101/2014.01.02",
            "volume": "",
            "issue": "",
            "pages": "",
            "publication_type": "preprint",
        },
    ),
    (
        "article and preprint without a type",
        BASE,
        {"journal": "medRxiv", "doi": "10.1101/2014.01.02", "volume": "", "issue": "", "pages": ""},
    ),
    (
        "conference abstract and paper",
        BASE,
        {"doi": "", "volume": "11 (Suppl 1)", "issue": "", "pages": "S12", "year": 2014},
    ),
    (
        "conference abstract and paper, no place",
        BASE,
        {
            "doi": "",
            "volume": "11",
            "issue": "Suppl 1",
            "pages": "",
            "journal": "Annals of Invented Medicine. Conference: 9th Meeting",
        },
    ),
    (
        "abstract of one meeting in two journals",
        MEETING,
        {"doi": "10.6666/b.1", "journal": "Ball Letters", "volume": "44", "pages": "A101"},
    ),
    (
        "same text in two journals",
        BASE,
        {"doi": "10.6666/b.1", "journal": "Ball Letters", "volume": "44", "issue": "1", "pages": "9-17"},
    ),
    (
        "same text in two journals, no DOIs",
        changed(BASE, doi=""),
        {"journal": "Ball Letters", "volume": "44", "issue": "1", "pages": "9-17"},
    ),
    (
        "Cochrane review and its update",
        changed(BASE, doi="10.1002/14651858.CD001234.pub2", pages="CD001234"),
        {"doi": "10.1002/14651858.CD001234.pub3", "year": 2016},
    ),
    (
        "Cochrane first version and pub2",
        changed(BASE, doi="10.1002/14651858.CD001234", pages="CD001234"),
        {"doi": "10.1002/14651858.CD001234.pub2"},
    ),
    (
        "two Cochrane reviews of one series",
        changed(BASE, doi="10.1002/14651858.CD001234.pub2"),
        {"doi": "10.1002/14651858.CD001235.pub2"},
    ),
    ("erratum with the article's DOI", BASE, {"title": f"Erratum: {BASE.title}"}),
    ("corrigendum in another place", BASE, {"title": f"Corrigendum to '{BASE.title}'", "pages": "400", "doi": ""}),
    ("reply", BASE, {"title": f"{BASE.title}: reply", "pages": "400", "doi": ""}),
    ("reply to", BASE, {"title": f"Reply to: {BASE.title}", "pages": "400-401", "doi": ""}),
    ("comment", BASE, {"title": f"Comment on {BASE.title}", "pages": "400", "doi": ""}),
    ("retraction", BASE, {"title": f"Retraction: {BASE.title}", "doi": ""}),
    (
        "protocol",
        BASE,
        {
            "title": "Lantern light and the sleep of night porters: protocol of a randomised trial",
            "year": 2013,
            "doi": "",
            "pages": "",
        },
    ),
    (
        "two doses",
        changed(BASE, title="Lanterns at 20 lux in porters"),
        {"title": "Lanterns at 40 lux in porters", "doi": "", "pages": "140-150"},
    ),
    (
        "two places",
        changed(BASE, title="Sleep of porters in Norway"),
        {"title": "Sleep of porters in Sweden", "doi": "", "pages": "140-150"},
    ),
    (
        "two notes by one author on one page",
        changed(BASE, pages="55", title="On lanterns", doi="", abstract=""),
        {"title": "On bakers' bells"},
    ),
    (
        "two letters by one author on a spread",
        changed(BASE, pages="55-56", title="On lanterns", doi="", abstract=""),
        {"title": "On bells"},
    ),
    (
        "other issues with the same pages",
        changed(BASE, pages="7-14", doi="", abstract=""),
        {"title": GERMAN, "issue": "4"},
    ),
    ("two Smiths", changed(BASE, authors=("Smith J",), doi=""), {"authors": ("Smith R",)}),
    (
        "thesis and article",
        BASE,
        {"publication_type": "thesis", "journal": "", "volume": "", "issue": "", "pages": "", "doi": ""},
    ),
    (
        "annual report",
        changed(BASE, title="Annual report of the lantern society", doi="", pages="", volume="", abstract=""),
        {"year": 2016},
    ),
    (
        "guideline and its update",
        changed(BASE, title="Guideline on lanterns in corridors", doi=""),
        {"title": "Guideline on lanterns in corridors: 2018 update", "year": 2018, "pages": "5-40", "volume": "15"},
    ),
    ("reprint years later", BASE, {"year": 2019, "volume": "16", "issue": "1", "pages": "7-15", "doi": ""}),
]


@pytest.mark.parametrize(
    ("record", "changes"), [case[1:] for case in TWO_REPORTS], ids=[case[0] for case in TWO_REPORTS]
)
def test_what_only_looks_alike_is_not_merged(record: MatchInput, changes: dict[str, object]) -> None:
    other = changed(record, id=2, **changes)
    assert explain(record, other).zone is not Zone.CERTAIN, explain(record, other)
    assert cluster(find_pairs([record, other])) == []


def test_chains_of_hard_cases_merge_nothing_wrong() -> None:
    """All variants of one record together: copies may meet, but never two that are vetoed."""
    copies = [
        changed(record, id=10 + i, **changes) for i, (_, record, changes) in enumerate(ONE_REPORT) if record is BASE
    ]
    others = [
        changed(record, id=100 + i, **changes) for i, (_, record, changes) in enumerate(TWO_REPORTS) if record is BASE
    ]
    by_id = {record.id: record for record in (BASE, *copies, *others)}
    for group in cluster(find_pairs(list(by_id.values()))):
        assert all(not explain(by_id[a], by_id[b]).vetoes for a, b in combinations(group, 2))
