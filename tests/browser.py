"""A real Chromium for the e2e tests, driven by Playwright; nothing but the loopback is reachable from it.

Use ``new_page(width=…, height=…)`` for each person (a context of their own: cookies are not shared), ``page`` for a
single person at 1440×900, ``live_url`` for the site, ``axe(page)`` to assert that axe-core finds nothing serious.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def find_chromium() -> str | None:
    """``CHROMIUM``, or the first browser found where systems usually keep one."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = [path for name in NAMES if (path := shutil.which(name))]
    return (found + [path for path in PLACES if Path(path).exists()] or [None])[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per module. Django is told that Playwright's event loop in this thread is no asynchronous view."""
    executable = find_chromium()
    if executable is None:
        message = "browser tests need an installed Chromium (set CHROMIUM to its path)"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
            yield running
            running.close()


@pytest.fixture
def live_url(live_server: Any) -> str:
    """Address of the site under test, without a slash at the end."""
    return str(live_server.url)


def _only_loopback(route: Route) -> None:
    if urlsplit(route.request.url).hostname in LOOPBACK:
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def new_page(browser: Browser, live_url: str) -> Iterator[Callable[..., Page]]:
    """Makes pages, each in its own context. At the end: no script error, no CSP violation, no 5xx happened in any."""
    contexts = []
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def on_response(response: Response) -> None:
        if response.status >= 500:
            faults.append(f"{response.status} {response.request.method} {response.url}")

    def make(width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(base_url=live_url, viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.route("**/*", _only_loopback)
        made = context.new_page()
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.on("console", on_console)
        made.on("response", on_response)
        return made

    yield make
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page at 1440×900."""
    return new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """``axe(page)`` fails if axe-core finds anything serious or critical on the page as it is now."""

    def check(page: Page) -> None:
        violations = Axe().run(page).response["violations"]
        grave = [found for found in violations if found["impact"] in {"serious", "critical"}]
        lines = [f"{v['id']} ({v['impact']}): {v['help']}: {[n['target'] for n in v['nodes']][:5]}" for v in grave]
        assert not grave, f"{page.url}\n" + "\n".join(lines)

    return check
