"""Every page and part that the resolver knows, asked by every one of the cast: nobody meets another's rows."""

import re

import pytest
from django.test import Client

from tests.cast import ACTORS, BANDS, KINDS, canary, make_cast, may_see
from tests.contracts.operations import routes, view_class

pytestmark = pytest.mark.django_db
ABSENT = 987_654_321
KIND_OF_PREFIX = {
    "/customers/": "customer", "/contacts/": "contact", "/sales/orders/": "order", "/sales/deals/": "deal",
    "/sales/activities/": "activity", "/service/tickets/": "ticket", "/marketing/campaigns/": "campaign",
}  # fmt: skip
BESIDE = ("/live/", "/healthz", "/readyz")
"""The event stream never ends, and health is true to the state of the servers."""


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield make_cast()
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


def pages():
    """Addresses that answer GET, with ``{pk}`` for the key of a row."""
    found = []
    for address, pattern in routes():
        view = view_class(pattern)
        if address.startswith(("/api/", "/accounts/", *BESIDE)) or view is None or not hasattr(view, "get"):
            continue
        filled = re.sub(r"<int:[^>]+>", "{pk}", address)
        if "<" not in filled and "(?" not in filled:
            found.append(filled)
    return sorted(set(found))


def kind_of(page):
    return next((kind for prefix, kind in KIND_OF_PREFIX.items() if page.startswith(prefix)), None)


def signed_in(cast, actor):
    client = Client(raise_request_exception=False)
    if actor != "anonymous":
        client.force_login(cast.users[actor])
    return client


@pytest.mark.parametrize("actor", [one for one in ACTORS if one != "integrator"])
def test_no_page_shows_what_is_not_theirs(cast, actor):
    client = signed_in(cast, actor)
    faults = []
    for page in pages():
        kind = kind_of(page)
        own = [cast.rows[band][kind].pk for band in BANDS if kind and may_see(actor, band, kind)][:1]
        others = [cast.rows[band][kind].pk for band in BANDS if kind and not may_see(actor, band, kind)]
        absent = client.get(page.format(pk=ABSENT)).status_code
        for pk in [*own, *others] if "{pk}" in page else [0]:
            answer = client.get(page.format(pk=pk))
            text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
            if answer.status_code >= 500:
                faults.append((page, pk, answer.status_code))
            if pk in others and answer.status_code != absent:
                faults.append((page, pk, answer.status_code, absent))
            faults += [
                (page, pk, canary(band, word))
                for band in BANDS
                for word in (*KINDS, "mail", "address")
                if canary(band, word) in text and not may_see(actor, band, word)
            ]
    assert not faults


def test_visitors_are_sent_to_sign_in(cast):
    client = signed_in(cast, "anonymous")
    open_doors = []
    for address, pattern in routes():
        policy = getattr(view_class(pattern), "policy", None)
        if address.startswith(("/api/", "/accounts/")) or "<" in address or not policy or policy == ("public", "view"):
            continue
        if client.get(address).status_code not in (302, 401, 403, 405):
            open_doors.append(address)
    assert not open_doors
