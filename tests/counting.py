"""Counting of queries that does not depend on what a process happens to keep for a few seconds."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.kit.customfields import people
from crm.kit.workspace import forget_workspace, workspace


def counting() -> CaptureQueriesContext:
    """The queries of a block, in which the workspace's row and colleagues' names are known already."""
    forget_workspace()
    workspace()
    people._kept.until = 0.0
    people.name_of(0)
    return CaptureQueriesContext(connection)
