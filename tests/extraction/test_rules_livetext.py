"""Texts with references, and numbers in prose that the data do not give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.rules.livetext import Fact, Facts, percent, plain, render
from extraction.rules.prose import doubts

GAN, VAE = frozenset(range(1, 19)), frozenset(range(18, 24))
FACTS = Facts(
    names={n: f"Study {n}" for n in range(1, 28)},
    items=[
        Fact(
            "model_family",
            "Model family",
            having={"GAN": GAN, "VAE": VAE, "LLM": frozenset({26, 27}), "Diffusion": frozenset()},
            alone={"GAN": GAN - {18}, "VAE": VAE - {18}, "LLM": frozenset({26, 27}), "GAN + VAE": frozenset({18})},
        ),
        Fact("theme", "Theme", having={"Drug response": frozenset({1, 2})}),
    ],
    own=frozenset({3, 1}),
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{count}} of 27", "2 of 27"),
        ("{{ studies }}", "Study 1 and Study 3"),
        ("{{percent}}", "7%"),
        ("{{count model_family=GAN}}", "18"),
        ("{{count Model family == gan}}", "17"),
        ("{{count model family == GAN + VAE}}", "1"),
        ("{{count model_family == Diffusion}}", "0"),
        ("{{studies theme = drug response}}", "Study 1 and Study 2"),
        ("{{percent model_family=GAN}}", "67%"),
        ("{{studies model_family = Diffusion}}", "no study"),
        ("no {reference} here", "no {reference} here"),
    ],
)
def test_references_are_filled_in(body: str, expected: str) -> None:
    parts = render(body, FACTS)
    assert plain(parts) == expected
    assert not any(part.problem for part in parts)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{{sum}}", "Begin with count"),
        ("{{}}", "Begin with count"),
        ("{{count x = 1}}", "no item “x”"),
        ("{{count model_family = RNN}}", "not offered"),
        ("{{ count|safe }}", "Begin with count"),
        ("{{count.__class__}}", "Begin with count"),
    ],
)
def test_what_cannot_be_filled_in_stays_and_says_why(body: str, problem: str) -> None:
    [part] = render(body, FACTS)
    assert part.text == body
    assert problem in part.problem


@given(st.text(alphabet="{}count =GAN%studies_\n<>&", max_size=60))
def test_whatever_is_typed_is_rendered_and_nothing_is_lost(body: str) -> None:
    parts = render(body, FACTS)
    assert "".join(part.reference.source if part.reference else part.text for part in parts) == body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GANs were used most (16 studies).", [("16", "GAN", ("18", "17"))]),
        ("GANs were used most (18 studies).", []),
        ("followed by VAEs (VAEs; seven studies).", [("seven", "VAE", ("6", "5"))]),
        ("GANs and VAEs account for 23 out of 27 studies.", []),
        ("GANs and VAEs account for 21 out of 27 studies.", [("21", "GAN and VAE", ("24", "23", "22"))]),
        ("We included 27 studies.", []),
        ("We included 28 studies.", [("28", "", ())]),
        ("Twenty-six articles were read.", [("Twenty-six", "", ())]),
        ("Studies (n = 40) were small.", [("40", "", ())]),
        ("In 2021, doses of 12 mg were given over 7 weeks.", []),
        ("LLMs made up 7% of them, GANs 60 per cent.", [("60 per cent", "GAN", ("67%", "63%"))]),
        ("GANs: {{count model_family = GAN}} studies.", []),
        ("", []),
    ],
)
def test_numbers_of_studies_are_compared_with_the_data(
    text: str, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    found = doubts(render(text, FACTS), FACTS)
    assert [(one.written, one.about, one.given) for one in found] == expected


def test_a_doubt_says_what_the_data_give() -> None:
    [doubt] = doubts(render("GANs (16 studies)", FACTS), FACTS)
    assert str(doubt) == "“16” for GAN: the data give 18 or 17."
    assert percent(1, 0) == "0%"
    assert percent(1, 8) == "13%"
