"""Same-study offers: which pairs are put before a person, why, and which never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screening.rules.matching import Index, MatchInput, StudyOfferPair, cluster, find_pairs, study_offers
from screening.rules.matching.studies import registration_numbers

ARTICLE = MatchInput(
    id=1,
    title="Lantern light and the sleep of night porters: a randomised trial",
    authors=("Okafor, Ada", "Lindqvist, Bo", "Haddad, Carim"),
    year=2015,
    journal="Annals of Invented Medicine",
    volume="12",
    issue="3",
    pages="123-131",
    doi="10.5555/aim.2015.17",
    abstract="Night porters sleep badly. We lit their corridors with lanterns and asked them how they slept. " * 4,
)
ELSEWHERE = {"doi": "", "journal": "Ball Letters", "volume": "44", "issue": "1", "pages": "9-17"}


def other(**changes: object) -> MatchInput:
    return replace(ARTICLE, id=2, **changes)  # type: ignore[arg-type]  # test data


def offers(*records: MatchInput) -> list[StudyOfferPair]:
    return list(study_offers(records))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"journal": "medRxiv", "doi": "10.1101/2014.01.02.123456", "volume": "", "pages": ""}, "article and preprint"),
        (
            {"journal": "", "booktitle": "Toy Conference", "publication_type": "conference paper", "doi": ""},
            "conference",
        ),
        ({"volume": "11 (Suppl 1)", "issue": "", "pages": "S12", "year": 2014, "doi": ""}, "different volumes"),
        (ELSEWHERE, "in different journals"),
        ({**ELSEWHERE, "year": 2021}, "years apart"),
        ({"title": f"{ARTICLE.title}: study protocol", **ELSEWHERE}, "a protocol and a later report"),
        (
            {"title": "Lantern light and the sleep of night porters: protocol for a cluster study", **ELSEWHERE},
            "a protocol and a later report",
        ),
        ({"title": f"Correction to: {ARTICLE.title}", "pages": "400", "doi": ""}, "one is a correction to the other"),
        ({"title": f"Retraction: {ARTICLE.title}", "pages": "400", "doi": ""}, "one is a retraction notice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_two_reports_of_one_study_are_offered_with_the_reason(changes: dict[str, object], reason: str) -> None:
    base = replace(ARTICLE, publication_type="article") if "publication_type" in changes else ARTICLE
    (offer,) = offers(base, other(**changes))
    assert (offer.a, offer.b) == (1, 2)
    assert "same first author" in offer.reasons
    assert any(reason in text for text in offer.reasons), offer
    assert cluster(find_pairs([base, other(**changes)])) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"doi": "", "pages": "123-31"},
        {"title": f"{ARTICLE.title}: reply", "pages": "400", "doi": "", "volume": "13"},
        {"title": f"Comment on: {ARTICLE.title}", "pages": "400", "doi": "", "volume": "13"},
        {**ELSEWHERE, "authors": ("Smithers, Jo", "Ito, Dai")},
        {**ELSEWHERE, "title": "Lantern light and the sleep of night bakers: a randomised trial"},
        {**ELSEWHERE, "title": "Editorial"},
        {"volume": "", "issue": "", "pages": "", "year": 2014},
    ],
    ids=str,
)
def test_copies_answers_and_strangers_are_not_offered(changes: dict[str, object]) -> None:
    assert offers(ARTICLE, other(**changes)) == []


@pytest.mark.parametrize("answer", ["Comment on: {}", "{}: reply"])
def test_answers_are_not_offered_however_long_their_titles(answer: str) -> None:
    long = ARTICLE.title + " in four hospitals of one city, winter and summer seasons compared"
    assert offers(replace(ARTICLE, title=long), other(title=answer.format(long), **ELSEWHERE)) == []
    assert len(offers(replace(ARTICLE, title=long), other(title=long, **ELSEWHERE))) == 1


def test_parts_of_a_series_are_not_offered() -> None:
    first = replace(ARTICLE, title="Care of lanterns in the corridor. Part I: oil")
    assert offers(first, other(title="Care of lanterns in the corridor. Part II: oil", **ELSEWHERE)) == []


@pytest.mark.parametrize(
    ("one", "two", "number"),
    [
        ("Registered as NCT01234567.", "ClinicalTrials.gov NCT 01234567", "NCT01234567"),
        ("ISRCTN12345678", "(ISRCTN 12345678)", "ISRCTN12345678"),
        ("ACTRN12612345678901", "actrn12612345678901", "ACTRN12612345678901"),
        ("ChiCTR-TRC-12345678", "ChiCTRTRC12345678", "CHICTRTRC12345678"),
        ("EudraCT number: 2012-123456-12", "EUCTR2012-123456-12", "EUCTR201212345612"),
        ("DRKS00012345", "DRKS 00012345", "DRKS00012345"),
        ("UMIN000012345", "JPRN-UMIN000012345", "UMIN000012345"),
        ("PROSPERO CRD42012345678", "CRD 42012345678", "CRD42012345678"),
    ],
)
def test_a_shared_registration_number_is_offered_whatever_the_titles(one: str, two: str, number: str) -> None:
    first = replace(ARTICLE, abstract=f"Night porters sleep badly. {one}")
    second = MatchInput(id=7, title="Bells for bakers", authors=("Ito D",), year=2018, abstract=two)
    assert offers(first, second) == [StudyOfferPair(1, 7, (f"same trial registration number {number}",))]


def test_records_that_name_many_numbers_or_none_share_nothing() -> None:
    many = MatchInput(id=1, title="A review", abstract=" ".join(f"NCT0000000{i}" for i in range(6)))
    assert registration_numbers(many) == frozenset()
    assert registration_numbers(replace(many, abstract="NCT123, ISRCTN1 and 12345678")) == frozenset()


def test_copies_with_one_number_are_left_to_the_duplicate_finder() -> None:
    numbered = replace(ARTICLE, abstract=ARTICLE.abstract + "NCT01234567")
    assert offers(numbered, replace(numbered, id=2, doi="")) == []


def test_only_pairs_with_a_new_record_are_offered() -> None:
    preprint = other(journal="medRxiv", doi="10.1101/2014.01.02.123456", volume="", pages="")
    third = replace(ARTICLE, id=3, year=2021, **ELSEWHERE)  # type: ignore[arg-type]  # test data
    old = [ARTICLE, preprint]
    found = {(o.a, o.b) for o in study_offers([third], existing=old)}
    assert found == {(1, 3), (2, 3)}
    assert list(study_offers([third], existing=Index(old))) == list(study_offers([third], existing=old))
    assert {(o.a, o.b) for o in study_offers([*old, third])} == {(1, 2), (1, 3), (2, 3)}


def test_the_order_of_rows_does_not_matter_and_crowds_are_thinned_out() -> None:
    records = [
        replace(
            ARTICLE,
            id=i,
            doi="",
            journal=f"Journal {'abcdefghijklmnopqrstuvwxyz'[i]}ology",
            volume=str(10 + i),
            pages=f"{300 + 20 * i}",
        )
        for i in range(26)
    ]
    found = offers(*records)
    assert found == offers(*records[::-1])
    assert {i for o in found for i in (o.a, o.b)} == set(range(26))
    assert len(found) < 26 * 25 / 2


@pytest.mark.parametrize("title", ["", "Editorial", "Introduction"])
def test_titles_that_say_nothing_offer_nothing(title: str) -> None:
    assert offers(replace(ARTICLE, title=title), other(title=title, **ELSEWHERE)) == []
