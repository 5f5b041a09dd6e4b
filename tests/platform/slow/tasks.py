import time

from django.db import transaction

from crm.kit.jobs import handler
from crm.kit.models import Source

STEPS = 30


@handler("test.slow", time_limit=60)
def slow(job, report):
    """Three seconds of work, and one row that may exist once only."""
    for step in range(STEPS):
        time.sleep(0.1)
        report(done=step + 1, total=STEPS)
    with transaction.atomic():
        report.fence()
        Source.objects.get_or_create(name=f"slow {job.args['n']}", defaults={"kind": "file"})
    return {"n": job.args["n"]}
