"""README, CONTRIBUTING and CHANGELOG say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
}


def test_readme_starts_with_the_two_commands() -> None:
    first = README.split("\n\n")[1]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))
    named = {target for text in DOCUMENTS.values() for target in re.findall(r"`make ([a-z0-9]+)", text)}
    assert named
    assert named <= targets


def test_every_management_command_named_exists() -> None:
    named = {name for text in DOCUMENTS.values() for name in re.findall(r"manage\.py ([a-z_]+)", text)}
    assert named
    assert named <= set(get_commands())


def test_every_variable_in_the_table_is_read() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "reviewapp").rglob("*.py"))
    table = [line for line in README.splitlines() if line.startswith("| `")]
    variables = {name for line in table for name in re.findall(r"`([A-Z][A-Z_]+)`", line.split("|")[1])}
    assert len(variables) > 10
    for name in variables:
        assert f'"{name}"' in sources, name


@pytest.mark.parametrize("name", re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
def test_every_picture_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 10_000


def test_no_address_of_a_package_index_is_in_the_repository() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "Makefile", "Dockerfile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|/simple\b", text), name
