"""The queue: who sees what, verdicts, measured precision, merging all certain ones as a job with Undo."""

import pytest

from crm.kit.models import Job
from customers.duplicates import services
from customers.duplicates.scan import silent
from customers.models import Customer, DuplicatePair, Merge
from tests.cast import NOW, make_cast, make_customer, make_pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db):
    return make_cast()


def test_a_pair_is_there_only_for_those_who_see_both(client, cast):
    pair = make_pair(cast, "rep")
    mixed = DuplicatePair.objects.create(
        a=cast.rows["rep"]["customer"],
        b=cast.rows["rival"]["customer"],
        points=50,
        score=1,
        decision="certain",
        found_at=NOW,
    )
    client.force_login(cast.users["rep"])
    page = client.get("/data/duplicates/").content.decode()
    assert f"/data/duplicates/{pair.pk}/" in page
    assert f"/data/duplicates/{mixed.pk}/" not in page
    assert client.get(f"/data/duplicates/{mixed.pk}/").status_code == 404
    assert client.post(f"/data/duplicates/{mixed.pk}/ignore/").status_code == 404


def test_a_reader_without_the_right_cannot_judge(client, cast):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["agent"])
    assert client.get(f"/data/duplicates/{pair.pk}/").status_code == 200
    assert client.post(f"/data/duplicates/{pair.pk}/ignore/").status_code == 403
    assert client.post(f"/data/duplicates/{pair.pk}/merge/").status_code == 403


def test_the_sheet_shows_both_and_merges_what_was_chosen(client, cast):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["rep"])
    page = client.get(f"/data/duplicates/{pair.pk}/").content.decode()
    assert page.count('class="btn primary"') == 1
    assert "1 order" in page
    form = {"ids": [pair.a_id, pair.b_id], "keep": pair.b_id, "field_name": pair.a_id}
    answer = client.post(f"/data/duplicates/{pair.pk}/merge/", form)
    assert answer.headers["Location"] == f"/customers/{pair.b_id}/"
    assert Customer.objects.get(pk=pair.b_id).name == pair.a.name
    record = client.get(f"/customers/{pair.b_id}/").content.decode()
    assert f"/customers/merges/{Merge.objects.get().pk}/split/" in record


def test_a_form_that_names_other_customers_is_refused(client, cast):
    pair = make_pair(cast, "rep")
    stranger = make_customer("Stranger", team=cast.teams["north"])
    client.force_login(cast.users["rep"])
    for form in (
        {"ids": [pair.a_id, stranger.pk], "keep": stranger.pk},
        {"ids": ["x"], "keep": pair.a_id},
        {"ids": [pair.a_id, pair.b_id], "keep": stranger.pk},
    ):
        client.post(f"/data/duplicates/{pair.pk}/merge/", form)
    assert not Merge.objects.exists()


def test_precision_is_what_people_said(client, cast):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["rep"])
    client.post(f"/data/duplicates/{pair.pk}/ignore/", {"next": "/data/duplicates/"})
    assert "0%" in client.get("/data/duplicates/").content.decode()
    client.post(f"/data/duplicates/{pair.pk}/reopen/")
    client.post(f"/data/duplicates/{pair.pk}/merge/", {"next": "/data/duplicates/"})
    assert "100%" in client.get("/data/duplicates/").content.decode()


def test_all_certain_ones_are_merged_by_a_job_and_undone_as_a_whole(client, cast):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["rep"])
    answer = client.post("/data/duplicates/certain/")
    job = Job.objects.get(kind="duplicates.merge")
    assert answer.headers["Location"] == f"/jobs/{job.token}/"
    assert services.merge_certain(job, silent, now=NOW) == {"merged": 1, "refused": 0}
    assert services.merge_certain(job, silent, now=NOW) == {"merged": 1, "refused": 0}, (
        "a repeated run does nothing more"
    )
    Job.objects.filter(pk=job.pk).update(state="done")
    assert DuplicatePair.objects.get(pk=pair.pk).state == "merged"
    undo = f"/data/duplicates/jobs/{job.token}/split/"
    assert undo in client.get(f"/jobs/{job.token}/").content.decode()
    client.post(undo)
    assert services.split_again(Job.objects.get(kind="duplicates.split"), silent, now=NOW) == {"split": 1, "refused": 0}
    assert DuplicatePair.objects.get(pk=pair.pk).state == "open"
    assert Customer.objects.get(pk=pair.b_id).deleted_at is None


def test_the_record_names_its_possible_duplicates(client, cast):
    pair = make_pair(cast, "rep")
    client.force_login(cast.users["rep"])
    page = client.get(f"/customers/{pair.a_id}/").content.decode()
    assert "Possible duplicates" in page
    assert pair.b.name in page
