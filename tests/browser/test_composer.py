"""The composer by keyboard: a draft outlives a reload, a colleague is named, a file is dropped and undone."""

from __future__ import annotations

from typing import Any

import pytest

from crm.accounts.models import User
from customers.files.models import Attachment
from customers.models import Interaction
from tests.browser.conftest import arrive, cookies_of
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DROP = """zone => {
  const bag = new DataTransfer();
  bag.items.add(new File(["an offer"], "offer.txt", { type: "text/plain" }));
  zone.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: bag }));
}"""


def test_words_are_kept_a_colleague_is_named_and_a_file_comes_and_goes(
    live_server: Any, browser: Any, cast: Cast
) -> None:
    """L opens the call, its draft is there again after a reload; @ offers who may see; Undo takes the file back."""
    User.objects.filter(pk=cast.users["manager"].pk).update(first_name="小明", last_name="王")
    row = cast.rows["rep"]["customer"]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.add_cookies(cookies_of(cast, "rep", live_server.url))
    page = context.new_page()
    page.goto(f"/customers/{row.pk}/")
    page.keyboard.press("l")
    page.wait_for_selector("#composer select[name=outcome]")
    page.wait_for_function("document.activeElement.id === 'composer-text'")
    page.select_option("#composer select[name=outcome]", "voicemail")
    page.focus("#composer-text")
    page.keyboard.type("Half a sentence")
    page.wait_for_selector("#draft-state:has-text('Draft saved')")
    page.reload()
    assert page.input_value("#composer-text") == "Half a sentence"
    assert page.input_value("#composer select[name=outcome]") == "voicemail"
    page.focus("#composer-text")
    page.keyboard.press("End")
    page.keyboard.type(" for @wangx")
    page.wait_for_selector("#mention-list:popover-open [role=option][aria-selected=true]:has-text('王')")
    page.keyboard.press("Enter")
    assert page.input_value("#composer-text") == "Half a sentence for @cast-manager "
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".event-text .mention")
    assert page.input_value("#composer-text") == ""
    made = Interaction.objects.get(customer=row, kind="call", payload__outcome="voicemail")
    assert list(made.payload["mentions"]) == ["cast-manager"]
    page.click(".tabs .tab:has-text('Files')")
    arrive(page, "**?tab=files")
    page.eval_on_selector("[data-drop-files]", DROP)
    page.wait_for_selector(".file-line:has-text('offer.txt')")
    page.click(".toast:has-text('offer.txt is added') .btn:has-text('Undo')")
    page.wait_for_selector("#files:has-text('No files yet')")
    assert Attachment.objects.get().removed_at is not None
    page.click(".toast:has-text('offer.txt is removed') .btn:has-text('Undo')")
    page.wait_for_selector(".file-line:has-text('offer.txt')")
