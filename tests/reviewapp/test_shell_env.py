"""The environment is read strictly: what cannot be understood stops the program and names the variable."""

import pytest

from reviewapp.env import REQUIRED, EnvError, env_bool, env_int, env_list, env_str


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "Yes", "on", " on "])
def test_bool_reads_the_words_for_true(text):
    assert env_bool("DEBUG", False, environ={"DEBUG": text}) is True


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
def test_bool_reads_the_words_for_false(text):
    assert env_bool("DEBUG", True, environ={"DEBUG": text}) is False


@pytest.mark.parametrize("text", ["2", "ture", "None", "y", "-1"])
def test_bool_refuses_anything_else_and_names_the_variable(text):
    with pytest.raises(EnvError, match=r"^DEBUG is "):
        env_bool("DEBUG", False, environ={"DEBUG": text})


@pytest.mark.parametrize("environ", [{}, {"X": ""}, {"X": "  "}])
def test_unset_and_empty_give_the_default(environ):
    assert env_bool("X", True, environ=environ) is True
    assert env_int("X", 7, environ=environ) == 7
    assert env_list("X", ["a"], environ=environ) == ["a"]
    assert env_str("X", "d", environ=environ) == "d"


@pytest.mark.parametrize("read", [env_bool, env_int, env_list, env_str])
def test_a_required_variable_must_be_there(read):
    with pytest.raises(EnvError, match=r"^SECRET_KEY is not set"):
        read("SECRET_KEY", REQUIRED, environ={})


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("8000", 8000), ("-3", -3), (" 12 ", 12)])
def test_int_reads_plain_digits(text, number):
    assert env_int("PORT", environ={"PORT": text}) == number


@pytest.mark.parametrize("text", ["8k", "1.0", "1_000", "0x10", "--1", "-", "٣", "+5"])
def test_int_refuses_what_is_not_plain_digits(text):
    with pytest.raises(EnvError, match=r"^PORT is .*not a whole number"):
        env_int("PORT", environ={"PORT": text})


def test_int_holds_its_bounds():
    assert env_int("PORT", environ={"PORT": "1"}, minimum=1, maximum=65535) == 1
    assert env_int("PORT", environ={"PORT": "65535"}, minimum=1, maximum=65535) == 65535
    with pytest.raises(EnvError, match=r"PORT is 0, which is below 1"):
        env_int("PORT", environ={"PORT": "0"}, minimum=1, maximum=65535)
    with pytest.raises(EnvError, match=r"PORT is 65536, which is above 65535"):
        env_int("PORT", environ={"PORT": "65536"}, minimum=1, maximum=65535)


@pytest.mark.parametrize(
    ("text", "words"),
    [("a", ["a"]), ("a.org, b.org", ["a.org", "b.org"]), ("a,b,", ["a", "b"])],
)
def test_list_splits_at_commas(text, words):
    assert env_list("ALLOWED_HOSTS", environ={"ALLOWED_HOSTS": text}) == words


@pytest.mark.parametrize("text", ["a,,b", ",a", ","])
def test_list_refuses_an_empty_item(text):
    with pytest.raises(EnvError, match=r"^ALLOWED_HOSTS is .*empty item"):
        env_list("ALLOWED_HOSTS", environ={"ALLOWED_HOSTS": text})


def test_list_default_is_copied():
    default = ["a"]
    env_list("X", default, environ={}).append("b")
    assert default == ["a"]


def test_str_holds_its_choices():
    assert env_str("LEVEL", "INFO", choices=["INFO", "DEBUG"], environ={"LEVEL": "DEBUG"}) == "DEBUG"
    with pytest.raises(EnvError, match=r"^LEVEL is 'debug'. Accepted: INFO, DEBUG"):
        env_str("LEVEL", "INFO", choices=["INFO", "DEBUG"], environ={"LEVEL": "debug"})


def test_the_real_environment_is_read_when_none_is_given(monkeypatch):
    monkeypatch.setenv("REVIEWAPP_TEST_VALUE", "5")
    assert env_int("REVIEWAPP_TEST_VALUE") == 5
