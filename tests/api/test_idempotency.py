import threading

import pytest
from django.db import connection
from django.test import Client

from crm.accounts.models import ApiKey, IdempotencyKey
from customers.models import Customer
from tests.cast import make_key, make_user, root_team

URL = "/api/v1/customers/"


def test_the_same_post_twice_is_done_once_and_answers_the_same(call, cast):
    sent = {"name": "Once"}
    first = call("rep", "post", URL, sent, **{"Idempotency-Key": "k1"})
    again = call("rep", "post", URL, sent, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert Customer.objects.filter(name="Once").count() == 1


def test_the_same_key_with_another_body_is_refused(call, cast):
    call("rep", "post", URL, {"name": "Once"}, **{"Idempotency-Key": "k1"})
    other = call("rep", "post", URL, {"name": "Twice"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert not Customer.objects.filter(name="Twice").exists()


def test_another_users_key_replays_nothing(call, cast):
    call("rep", "post", URL, {"name": "Once"}, **{"Idempotency-Key": "k1"})
    theirs = call("rival", "post", URL, {"name": "Once"}, **{"Idempotency-Key": "k1"})
    assert theirs.status_code == 201
    assert Customer.objects.filter(name="Once").count() == 2


def test_a_failed_post_does_not_use_up_its_key(call, cast):
    assert call("rep", "post", URL, {"lifecycle": "?"}, **{"Idempotency-Key": "k1"}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert call("rep", "post", URL, {"name": "Now"}, **{"Idempotency-Key": "k1"}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_posts_with_one_key_make_one_row():
    from crm.accounts.models import Grant, Team
    from crm.accounts.policy import DEFAULT_GRANTS

    Team.objects.get_or_create(name="Everyone", parent=None)
    for (obj, action), scope in DEFAULT_GRANTS["admin"].items():
        Grant.objects.get_or_create(role="admin", object=obj, action=action, defaults={"scope": scope})
    key = make_key(make_user("many", "admin", root_team()))
    answers, go = [], threading.Barrier(20)

    def post():
        client = Client(headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "same"})
        go.wait()
        try:
            answer = client.post(URL, {"name": "Only one"}, content_type="application/json")
            answers.append((answer.status_code, answer.json()["id"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert Customer.objects.filter(name="Only one").count() == 1


def test_a_key_with_scopes_does_no_more(client, cast):
    reader = make_key(cast.users["rep"], "customers:read")
    headers = {"Authorization": f"Bearer {reader}"}
    assert client.get(URL, headers=headers).status_code == 200
    assert client.post(URL, {"name": "x"}, content_type="application/json", headers=headers).status_code == 403
    assert client.get("/api/v1/deals/", headers=headers).status_code == 403


def test_keys_are_kept_as_digests_and_die_when_revoked_expired_or_disabled(client, cast):
    key = make_key(cast.users["rep"])
    row = ApiKey.objects.get(prefix=key[:12])
    assert key not in repr(ApiKey.objects.filter(pk=row.pk).values().get())
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get(URL, headers=headers).status_code == 200
    ApiKey.objects.filter(pk=row.pk).update(expires_at="2020-01-01T00:00:00Z")
    assert client.get(URL, headers=headers).status_code == 401
    ApiKey.objects.filter(pk=row.pk).update(expires_at=None, revoked_at="2020-01-01T00:00:00Z")
    assert client.get(URL, headers=headers).status_code == 401
    assert client.get(URL, headers=cast.headers("disabled")).status_code == 401
