"""The container files: every service watched, every state in a volume, nobody root, every variable one that is read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
READ_ELSEWHERE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "PORT"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def names_the_settings_read() -> set[str]:
    text = (ROOT / "reviewapp" / "settings.py").read_text()
    return set(re.findall(r'env_\w+\(\s*"([A-Z_]+)"', text))


def test_every_lasting_service_has_a_health_check(compose):
    lasting = {name: service for name, service in compose["services"].items() if service["restart"] != "no"}
    assert set(lasting) == {"web", "worker", "postgres", "valkey"}
    for name, service in lasting.items():
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
        assert {"interval", "timeout", "retries"} <= set(service["healthcheck"]), name


def test_state_lies_in_named_volumes(compose):
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == set(compose["volumes"]) == {"database", "broker", "files"}
    assert "--appendonly" in compose["services"]["valkey"]["command"]


def test_web_and_worker_wait_for_the_migration_and_the_servers(compose):
    services = compose["services"]
    for name in ("web", "worker"):
        conditions = {on: what["condition"] for on, what in services[name]["depends_on"].items()}
        assert conditions == {"migrate": "service_completed_successfully", "valkey": "service_healthy"}
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_secrets_have_no_default(compose):
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text


def test_every_variable_given_is_one_the_settings_read(compose):
    given = set(compose["services"]["web"]["environment"])
    assert given <= names_the_settings_read()
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - READ_ELSEWHERE <= given
    assert {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"} <= named


def test_the_image_runs_as_an_ordinary_user(compose, dockerfile):
    uid = re.search(r"useradd .*--uid (\d+) app", dockerfile)[1]
    assert int(uid) >= 1000
    lines = [line.split()[0] for line in dockerfile.splitlines() if line and not line.startswith(("#", " "))]
    assert re.search(r"^USER app$", dockerfile, re.MULTILINE)
    assert lines.index("USER") > max(number for number, word in enumerate(lines) if word == "RUN")
    for name in ("migrate", "web", "worker"):
        assert compose["services"][name]["user"] == uid


def test_the_image_installs_by_hash_and_leaves_secrets_out(dockerfile):
    assert "pip install --require-hashes -r requirements.lock" in dockerfile
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var", ".venv"} <= set(ignored)


def test_readme_names_every_variable():
    readme = (ROOT / "README.md").read_text()
    assert {name for name in names_the_settings_read() if f"`{name}`" not in readme} == set()
