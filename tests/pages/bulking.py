"""What the tests of bulk actions share: leads of a team, what the bar posts, one attempt of a job."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from crm.kit.lists import bulk
from crm.kit.models import Job
from crm.kit.progress import LeaseLost
from customers.models import Customer
from tests.cast import NOW, Cast, make_customer

LEADS = "/customers/?lifecycle=lead"


class Report:
    """Progress for nobody; ``dies`` loses the lease at that fence."""

    def __init__(self, dies: int = 0) -> None:
        self.fences, self.dies, self.told = 0, dies, {}

    def __call__(self, **values: Any) -> None:
        self.told |= values

    def fence(self) -> None:
        self.fences += 1
        if self.fences == self.dies:
            raise LeaseLost


def leads(cast: Cast, n: int, *, band: str = "rep", **values: Any) -> list[Customer]:
    """So many leads of the rep's team, or of another's."""
    team = cast.teams["south" if band == "rival" else "north"]
    given = {"team": team, "owner": cast.users[band], "lifecycle": "lead", **values}
    return [make_customer(f"Lead {band} {number:03d}", **given) for number in range(n)]


def send(client: Client, address: str, action: str, *, rows: list[Any] | None = None, **more: Any) -> Any:
    """What the bulk bar posts: the ticked rows, or the flag for all that match."""
    chosen = {"every": "1"} if rows is None else {"ids": [row.pk for row in rows]}
    return client.post(address, {"action": action, **chosen, **more})


def said(answer: Any) -> str:
    """The messages of an answer."""
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


def with_tag(tag: str) -> set[int]:
    """Keys of the customers that carry a tag."""
    return set(Customer.objects.filter(tags__contains=[tag]).values_list("pk", flat=True))


def keys(rows: list[Any]) -> set[int]:
    """Keys of rows."""
    return {row.pk for row in rows}


def queued(client: Client, address: str = LEADS, action: str = "tag", **more: Any) -> Job:
    """An action that became a job."""
    answer = send(client, address, action, **(more or {"tag": "fair"}))
    job = Job.objects.get(kind=bulk.KIND)
    assert answer.status_code == 303, answer.content
    assert answer.headers["Location"] == f"/jobs/{job.token}/"
    return job


def run(job: Job, report: Any = None) -> dict[str, Any]:
    """One attempt of the job; its end as the runner writes it."""
    job.refresh_from_db()
    result = bulk.run(job, report or Report(), now=NOW)
    Job.objects.filter(pk=job.pk).update(result=result, state=Job.State.DONE)
    return result
