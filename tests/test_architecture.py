"""Which way the arrows point, read from the source with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("reviewapp", "screening", "extraction", "bias")
LAYERS: dict[str, int] = {
    "rules": 0,
    "instruments": 0,
    "constants": 0,
    "errors": 0,
    "demo": 0,
    "models": 1,
    "importers": 1,
    "forms": 2,
    "access": 2,
    "services": 2,
    "queries": 2,
    "charts": 2,
    "exporters": 2,
    "views": 3,
    "tasks": 3,
    "management": 3,
    "admin": 3,
}
"""Height of a module by the first part of its path inside its app. Modules not named here are [shell]."""
MAY_IMPORT_APP = {
    "reviewapp": {"reviewapp"},
    "screening": {"screening", "reviewapp"},
    "extraction": {"extraction", "screening", "reviewapp"},
    "bias": {"bias", "screening", "reviewapp"},
}


def modules() -> list[Path]:
    return sorted(
        path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.relative_to(ROOT).parts
    )


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> tuple[str, str]:
    """(app, part): ("screening", "services")."""
    app, _, rest = module.partition(".")
    return app, rest.partition(".")[0]


def imports_of(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_down(path: Path) -> None:
    app, part = layer_of(name_of(path))
    for imported, node in imports_of(path):
        other, other_part = layer_of(imported)
        if other not in APPS:
            continue
        where = f"{path.relative_to(ROOT)}:{node.lineno} imports {imported}"
        assert other in MAY_IMPORT_APP[app], f"{where}: another app"
        if part in LAYERS and other_part in LAYERS and other == app:
            assert LAYERS[other_part] <= LAYERS[part], f"{where}: upwards"
        if other == app and part == "queries":
            assert other_part != "services", f"{where}: queries import no services"
        if other_part == "views" and part != "views":
            assert part.endswith("urls"), f"{where}: nothing imports views"


@pytest.mark.parametrize("path", [path for path in modules() if layer_of(name_of(path))[1] == "rules"], ids=name_of)
def test_rules_are_pure(path: Path) -> None:
    forbidden = ("django", "random", "time", "celery", "requests", "psycopg")
    for imported, node in imports_of(path):
        assert imported.partition(".")[0] not in forbidden, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_functions_import_nothing() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path.relative_to(ROOT)}:{inner[0].lineno}"


def test_services_never_enqueue_and_take_no_request() -> None:
    for path in modules():
        if layer_of(name_of(path))[1] not in ("services", "queries", "rules", "models"):
            continue
        text = path.read_text(encoding="utf-8")
        for word in (".delay(", "delay_on_commit", "apply_async", "HttpRequest", "HttpResponse"):
            assert word not in text, f"{path.relative_to(ROOT)} has {word}"


def test_nobody_listens_to_signals() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert "post_save" not in text, path
        assert "pre_save" not in text, path


def test_modules_keep_their_size() -> None:
    long = {
        name_of(path): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert not long
