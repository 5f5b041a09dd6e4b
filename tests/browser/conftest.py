"""A real Chromium on a real server over the cast's rows; one browser for the whole run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client

from tests.cast import Cast, make_cast

SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
]  # fmt: skip


def chromium() -> str | None:
    """The Chromium of this machine."""
    named = os.environ.get("CRM_CHROMIUM", "")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found if found and Path(found).exists() else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The browser; without one the tests are skipped with a sentence, or fail when it is required."""
    program = chromium()
    if program is None:
        sentence = "No Chromium was found on this machine: install one, or name it in CRM_CHROMIUM."
        if os.environ.get("CRM_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import sync_playwright  # only where a browser is

    # Playwright runs an event loop in this thread; Django's guard would take our queries for async ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield made
        made.close()


BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state = 'active' OR state LIKE 'idle in tr%')
"""


@pytest.fixture
def cast(transactional_db: None) -> Iterator[Cast]:
    """Everyone, with one row of every kind per band, committed for the server's threads.

    Parts of a page may still be on their way when a test ends: the tables are emptied when nobody reads any more.
    """
    yield make_cast()
    for _look in range(50):
        with connection.cursor() as cursor:
            cursor.execute(BUSY)
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def nobody_looks_on(browser: Any, cast: Cast) -> Iterator[None]:
    """Open pages are closed before the tables are emptied."""
    yield
    for context in list(browser.contexts):
        context.close()


def arrive(page: Any, pattern: str) -> None:
    """Wait for an address; when another page answers instead, fail with what it says."""
    from playwright.sync_api import TimeoutError as Late  # only where a browser is

    try:
        page.wait_for_url(pattern)
    except Late:
        seen = page.evaluate("document.body.innerText").split("\n")
        pytest.fail(
            f"wanted {pattern}, stands at {page.url}: {' · '.join(line for line in seen if line.strip())[:3000]}"
        )


def cookies_of(cast: Cast, actor: str, address: str) -> list[dict[str, str]]:
    """The session of an actor, as a browser keeps it."""
    client = Client()
    client.force_login(cast.users[actor])
    assert SESSION_KEY in client.session
    return [
        {
            "name": settings.SESSION_COOKIE_NAME,
            "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
            "url": address,
        }
    ]
