"""2,000 generated requests over every operation with a fixed seed: no answer of 5xx, no status that is not told."""

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings

from crm.apidocs import document
from tests.cast import make_cast
from tests.contracts.operations import operations

pytestmark = pytest.mark.django_db
CASES = 2_000
SEED = 20261122


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker):
    # The bare WSGI handler would close the connection that holds the test's transaction.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield make_cast()
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


SCHEMA = schemathesis.openapi.from_dict(document())
EVERY = [one.ok() for one in SCHEMA.get_all_operations()]
EACH = -(-CASES // len(EVERY))


@pytest.mark.parametrize("operation", EVERY, ids=lambda one: one.label)
def test_generated_requests_get_an_answer_that_the_document_tells_of(cast, operation):
    told = {int(status) for status in operation.definition.raw["responses"]}
    faults = []

    @seed(SEED)
    @settings(
        max_examples=EACH, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def run(case):
        with transaction.atomic():  # each request on its own, as outside the tests
            answer = case.call(app=WSGIHandler(), headers=cast.headers("admin"))
            transaction.set_rollback(True)
        if answer.status_code >= 500 or answer.status_code not in told:
            faults.append((answer.status_code, case.as_curl_command()[:300]))

    run()
    assert not faults


def test_the_generated_requests_are_two_thousand():
    assert len(EVERY) == len(operations())
    assert len(EVERY) * EACH >= CASES
