"""Verbs that write: alerts through their life, rules, and the check that raises alerts."""

from alerts.services.checks import check, work_waits
from alerts.services.life import UNDOABLE, acknowledge, assign, reopen, resolve, undo
from alerts.services.rules import change_rule, create_rule, delete_rule

__all__ = [
    "UNDOABLE",
    "acknowledge",
    "assign",
    "change_rule",
    "check",
    "create_rule",
    "delete_rule",
    "reopen",
    "resolve",
    "undo",
    "work_waits",
]
