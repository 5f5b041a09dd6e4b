"""The import wizard by keyboard only: a file with a mistake is pasted, mended, imported and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm.kit import jobs
from customers.imports import run, services
from customers.models import Customer
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABLE = "Customer no\tName\tE-mail\tBirthday\n1\tKitekeys Ada\tada@example.org\t1990-12-10\n2\tKitekeys Bob\tbob@example.org\tsoon\n"
AT = "(wanted) => document.activeElement?.matches(wanted) ?? false"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of imports go where the test ends them."""
    monkeypatch.setattr(run, "folder", lambda job: tmp_path / "imports" / str(job.token))
    monkeypatch.setattr(services, "folder", run.folder)


@pytest.fixture
def page(live_server: Any, browser: Any, cast: Cast) -> Iterator[Any]:
    """A page signed in as the integrator; every error of the console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "integrator", live_server.url))
    made = context.new_page()
    told: list[str] = []
    made.on("pageerror", lambda error: told.append(str(error)))
    yield made
    context.close()
    assert not told


def tab_to(page: Any, wanted: str) -> None:
    """Press Tab until something that fits has the focus."""
    for _press in range(120):
        if page.evaluate(AT, wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {wanted}")


def test_a_mistake_is_mended_and_the_import_taken_back_by_keyboard_alone(page: Any) -> None:
    keys = page.keyboard
    page.goto("/data/import/")
    tab_to(page, "a[href='/data/import/new/']")
    keys.press("Enter")
    arrive(page, "**/data/import/new/")
    tab_to(page, "summary")
    keys.press("Enter")
    tab_to(page, "#id_pasted")
    keys.insert_text(TABLE)
    tab_to(page, "#id_kind")
    keys.type("Customers")
    keys.press("Alt+ArrowRight")
    arrive(page, "**/map/")
    keys.press("Alt+ArrowLeft")
    arrive(page, "**/upload/")
    page.goto(page.url.replace("/upload/", "/"))
    arrive(page, "**/map/")
    tab_to(page, "#f-1")
    assert page.locator("#f-1").input_value() == "name"
    keys.press("Alt+ArrowRight")
    arrive(page, "**/check/")
    keys.press("n")
    assert page.evaluate(AT, "tr[data-rejected]")
    keys.press("Escape")
    page.evaluate("() => document.activeElement.blur()")
    tab_to(page, "a[href='?show=rejected']")
    keys.press("Enter")
    arrive(page, "**/check/?show=rejected")
    keys.press("n")
    keys.press("Tab")
    assert page.evaluate(AT, "input.cell-input[aria-invalid]")
    keys.press("Control+a")
    keys.type("1991-02-03")
    keys.press("Enter")
    page.wait_for_selector("text=What would happen")
    arrive(page, "**/check/")
    assert page.locator(".figure-value").first.inner_text() == "2"
    keys.press("Alt+ArrowRight")
    arrive(page, "**/run/")
    jobs.run_waiting()
    arrive(page, "**/result/")
    assert Customer.objects.filter(name__startswith="Kitekeys").count() == 2
    tab_to(page, "a[href$='/undo/']")
    keys.press("Enter")
    arrive(page, "**/undo/")
    keys.press("Alt+ArrowRight")
    arrive(page, "**/result/")
    jobs.run_waiting()
    page.wait_for_selector("text=The import is undone")
    assert not Customer.objects.filter(name__startswith="Kitekeys").exists()


def test_a_dropped_file_is_counted_on_its_way_and_a_bad_one_comes_back_with_its_reason(page: Any) -> None:
    page.goto("/data/import/new/")
    page.set_input_files("#id_file", {"name": "empty.csv", "mimeType": "text/csv", "buffer": b""})
    assert "empty.csv" in page.locator("[data-drop-name]").inner_text()
    page.click("main button.primary")
    page.wait_for_selector(".form-errors")
    assert page.evaluate(AT, ".form-errors")
    page.set_input_files("#id_file", {"name": "good.csv", "mimeType": "text/csv", "buffer": b"name,email\nKitedrop,a@example.org\n"})  # fmt: skip
    page.click("main button.primary")
    arrive(page, "**/map/")


def test_reading_with_other_settings_shows_other_columns_at_once(page: Any) -> None:
    page.goto("/data/import/new/")
    text = "name;note\nKite;a,b\n"
    page.set_input_files("#id_file", {"name": "x.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.click("main button.primary")
    arrive(page, "**/map/")
    assert page.locator("input[name^='h-']").count() == 2
    page.select_option("#o-delimiter", ",")
    page.wait_for_function("() => document.querySelector(\"input[name='h-0']\").value.includes(';')")
    assert page.locator("#o-delimiter").input_value() == ","
