"""The template tags of the design system: what they write, and that nothing of a record's text gets out unescaped."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.constants import JobState
from reviewapp.templatetags import ui


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def without_marks(html: str) -> str:
    for tag in ("<mark>", '<mark class="mark-include">', '<mark class="mark-exclude">', "</mark>"):
        html = html.replace(tag, "")
    return html


class TestIcon:
    def test_every_icon_is_hidden_from_screen_readers(self):
        for name in ui.ICON_PATHS:
            assert 'aria-hidden="true"' in ui.icon(name)

    def test_an_unknown_name_is_an_error(self):
        with pytest.raises(KeyError):
            ui.icon("no-such-icon")


class TestBadge:
    @pytest.mark.parametrize(
        ("value", "word", "tone"),
        [
            ("include", "Include", "badge-include"),
            ("maybe", "Maybe", "badge-maybe"),
            ("exclude", "Exclude", "badge-exclude"),
            ("conflict", "Conflict", "badge-conflict"),
            ("EXCLUDED", "Excluded", "badge-exclude"),
            ("not_retrieved", "Not retrieved", "badge"),
        ],
    )
    def test_says_the_state_in_a_word_and_by_a_tone(self, value, word, tone):
        html = ui.badge(value)
        assert f">{word}</span>" in html or f"</svg>{word}</span>" in html
        assert tone in html

    @pytest.mark.parametrize("verdict", ["include", "maybe", "exclude"])
    def test_a_verdict_has_a_sign_besides_its_colour(self, verdict):
        assert "<svg" in ui.badge(verdict)

    def test_the_three_verdicts_have_three_signs(self):
        assert len({ui.badge(verdict, "x").split("<path")[1] for verdict in ("include", "maybe", "exclude")}) == 3

    @pytest.mark.parametrize("state", JobState.values)
    def test_knows_every_job_state(self, state):
        assert state in ui._SIGNS

    def test_an_own_word_wins_and_is_escaped(self):
        html = render("{% badge 'done' word %}", word="<b>Complete</b>")
        assert "&lt;b&gt;Complete&lt;/b&gt;" in html
        assert "Done" not in html

    def test_an_unknown_state_is_shown_plainly(self):
        assert ui.badge("awaiting_reply") == '<span class="badge">Awaiting reply</span>'


class TestPeople:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Ann Mary Lee", "AL"),
            ("ann", "A"),
            ("olga@example.org", "O"),
            ("Åsa Öberg", "ÅÖ"),
            ("", "?"),
            ("--", "?"),
        ],
    )
    def test_initials(self, name, expected):
        assert ui.initials(name) == expected

    def test_the_same_person_always_has_the_same_tone(self):
        assert ui.avatar("Ann Lee") == ui.avatar("Ann Lee")

    def test_a_name_is_escaped(self):
        assert "<script>" not in ui.person("<script>alert(1)</script>")

    def test_the_avatar_is_hidden_because_the_name_stands_beside_it(self):
        assert 'aria-hidden="true"' in ui.avatar("Ann")


class TestFigures:
    @pytest.mark.parametrize(("number", "expected"), [(0, "0"), (999, "999"), (12345, "12,345"), (None, "–")])
    def test_count(self, number, expected):
        assert ui.count(number) == expected

    @pytest.mark.parametrize(
        ("part", "whole", "expected"),
        [
            (0, 300, "0 %"),
            (1, 300, "<1 %"),
            (299, 300, ">99 %"),
            (300, 300, "100 %"),
            (182, 257, "71 %"),
            (0, 0, "–"),
        ],
    )
    def test_percent_never_rounds_to_all_or_nothing(self, part, whole, expected):
        assert ui.percent_of(part, whole) == expected


class TestHighlight:
    def test_marks_whole_words_in_any_case(self):
        html = ui.highlight("Cohort of cohorts", ["cohort"])
        assert html == '<mark class="mark-include">Cohort</mark> of cohorts'

    def test_a_star_takes_word_endings(self):
        assert '<mark class="mark-include">cohorts</mark>' in ui.highlight("two cohorts", ["cohort*"])

    def test_the_longer_term_wins(self):
        html = ui.highlight("a randomised trial", ["randomised", "randomised trial"])
        assert '<mark class="mark-include">randomised trial</mark>' in html

    def test_include_and_exclude_terms_are_told_apart(self):
        html = ui.highlight("mice and people", ["people"], ["mice"])
        assert '<mark class="mark-exclude">mice</mark>' in html
        assert '<mark class="mark-include">people</mark>' in html

    def test_signs_in_a_term_are_literal(self):
        assert "<mark" not in ui.highlight("axb", ["a.b"])
        assert '<mark class="mark-include">C++ (2020)</mark>' in ui.highlight("in C++ (2020) code", ["C++ (2020)"])

    def test_blank_terms_mark_nothing(self):
        assert ui.highlight("text", ["", "  ", "*"]) == "text"

    def test_markup_in_the_text_is_escaped(self):
        html = ui.highlight("<script>cohort</script>", ["cohort", "script"])
        assert "<script>" not in html
        assert "&lt;" in html

    @given(st.text(max_size=60), st.lists(st.text(max_size=6), max_size=4))
    def test_without_its_marks_it_is_the_escaped_text(self, text, terms):
        assert without_marks(ui.highlight(text, terms)) == ui.escape(text)


class TestAbstract:
    def test_each_line_is_a_paragraph_and_its_heading_bold(self):
        html = ui.abstract("Methods: We asked.\n\nRESULTS AND DISCUSSION: They said.\nNo heading here.")
        assert html == (
            "<p><b>Methods.</b> We asked.</p><p><b>RESULTS AND DISCUSSION.</b> They said.</p><p>No heading here.</p>"
        )

    def test_a_colon_in_a_sentence_makes_no_heading(self):
        assert "<b>" not in ui.abstract("We asked 12 people: all of them answered.")
        assert "<b>" not in ui.abstract("Ratio:1.2 was seen.")

    def test_markup_is_escaped(self):
        assert ui.abstract("Aims: <i>x</i>") == "<p><b>Aims.</b> &lt;i&gt;x&lt;/i&gt;</p>"

    def test_nothing_gives_nothing(self):
        assert ui.abstract(" \n ") == ""


class TestCompare:
    def test_equal_values_do_not_differ(self):
        same = ui.compare("One title", "One title")
        assert (same.left, same.right, same.differs) == ("One title", "One title", False)

    def test_marks_what_differs_on_both_sides(self):
        pair = ui.compare("Trial of aspirin", "Trial of ibuprofen")
        assert pair.left == "Trial of <mark>aspirin</mark>"
        assert pair.right == "Trial of <mark>ibuprofen</mark>"
        assert pair.differs

    def test_capitals_and_spaces_are_no_difference(self):
        pair = ui.compare("Data  synthesis", "DATA Synthesis")
        assert not pair.differs
        assert "<mark>" not in pair.left + pair.right

    def test_a_changed_phrase_is_one_mark_without_spaces_at_its_edges(self):
        pair = ui.compare("the red old house", "the house")
        assert pair.left == "the <mark>red old</mark> house"

    def test_none_counts_as_empty(self):
        pair = ui.compare(None, "2020")
        assert (pair.left, pair.right, pair.differs) == ("", "<mark>2020</mark>", True)
        assert not ui.compare(None, "").differs

    def test_numbers_are_compared_as_written(self):
        assert ui.compare(2020, 2021).differs

    def test_is_used_with_as(self):
        assert render("{% compare a b as x %}{{ x.left }}", a="<i>", b="<i>") == "&lt;i&gt;"

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_without_its_marks_each_side_is_its_escaped_text(self, left, right):
        pair = ui.compare(left, right)
        assert isinstance(pair.left, SafeString)
        assert without_marks(pair.left) == ui.escape(left)
        assert without_marks(pair.right) == ui.escape(right)

    @given(st.text(max_size=40))
    def test_a_value_never_differs_from_itself(self, text):
        pair = ui.compare(text, text)
        assert not pair.differs
        assert pair.left == pair.right == ui.escape(text)
