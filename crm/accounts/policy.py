"""The default grants and field rules: role, object, action, scope. Seeded into tables, changed there.

Sources: ``domain.md`` of the project's design (default reach of the five roles).
"""

OWN, TEAM, SUBTREE, ALL = "own", "team", "subtree", "all"
"""Scopes from narrow to wide."""

WRITE = ("view", "add", "change", "delete")
BUSINESS = ("customer", "contact", "interaction", "deal", "order", "activity", "ticket", "campaign")
RESULTS = ("segment", "score", "run", "model", "finding", "metric")

OBJECTS = frozenset(
    {
        *BUSINESS, *RESULTS, "product", "alert", "rule", "import", "export", "quality", "job",
        "user", "team", "apikey", "audit", "setting", "source", "channel", "webhook", "field", "sensitive",
        "privacy",
    }
)  # fmt: skip
"""Everything a grant may name. Of privacy one views, holds (change), takes out (run), erases (delete), rules (approve)."""

OWNED = frozenset({"customer", "contact", "deal", "activity", "ticket", "campaign", "alert"})
"""What has an owner: only within the reach of these may people be looked up (everyone reads products)."""

ACTIONS = frozenset({"view", "add", "change", "delete", "run", "approve", "purge"})
PURGED = frozenset({"customer", "contact"})
"""What may be deleted for ever, a right of its own: ``delete`` only moves to the trash."""


Grants = dict[tuple[str, str], str]


def _grants(scope: str, objects: tuple[str, ...], *actions: str) -> Grants:
    return {(obj, action): scope for obj in objects for action in actions}


DEFAULT_GRANTS: dict[str, Grants] = {
    "rep": {
        **_grants(TEAM, ("customer", "contact", "interaction", "deal", "activity"), *WRITE),
        **_grants(TEAM, ("order", "ticket", "campaign", "score", "segment", "finding", "alert"), "view"),
        **_grants(TEAM, ("ticket",), "add"),
        **_grants(TEAM, ("alert",), "change"),
        **_grants(ALL, ("product",), "view"),
        **_grants(TEAM, ("export",), "run"),
        **_grants(OWN, ("apikey", "job"), *WRITE),
    },
    "agent": {
        **_grants(ALL, ("customer", "contact", "interaction", "order", "product", "score", "segment"), "view"),
        **_grants(ALL, ("interaction",), "add"),
        **_grants(TEAM, ("ticket",), *WRITE),
        **_grants(TEAM, ("alert", "finding"), "view"),
        **_grants(TEAM, ("alert",), "change"),
        **_grants(ALL, ("deal",), "view"),
        **_grants(OWN, ("apikey", "job", "activity"), *WRITE),
    },
    "manager": {
        **_grants(SUBTREE, BUSINESS, *WRITE),
        **_grants(SUBTREE, (*RESULTS, "alert", "rule"), "view", "change", "run", "approve"),
        **_grants(SUBTREE, ("alert", "rule", "segment"), "add", "delete"),
        **_grants(SUBTREE, ("team", "user"), "view"),
        **_grants(SUBTREE, ("quality",), "view", "add", "change", "delete", "run"),
        **_grants(ALL, ("product", "channel", "field"), "view"),
        **_grants(SUBTREE, ("export", "import"), "run"),
        **_grants(SUBTREE, ("import",), "view", "add"),
        **_grants(SUBTREE, ("privacy",), "view", "change", "run", "delete"),
        **_grants(OWN, ("apikey", "job"), *WRITE),
    },
    "integrator": {
        **_grants(ALL, (*BUSINESS, "product", "metric"), *WRITE),
        **_grants(ALL, (*RESULTS, "alert", "rule", "quality", "job"), "view"),
        **_grants(ALL, ("rule",), "add", "change"),
        **_grants(ALL, ("run", "quality"), "run"),
        **_grants(ALL, ("quality",), "add", "change"),
        **_grants(ALL, ("field",), "view", "add"),
        **_grants(ALL, ("import", "export", "source", "webhook", "channel"), *WRITE, "run"),
        **_grants(OWN, ("apikey",), *WRITE),
    },
    "admin": {(obj, action): ALL for obj in OBJECTS for action in ACTIONS if action != "purge" or obj in PURGED},
}

DEFAULT_FIELD_RULES: dict[str, dict[tuple[str, str], str]] = {
    "agent": {
        ("customer", "email"): "masked",
        ("customer", "phone"): "masked",
        ("customer", "address"): "masked",
        ("contact", "email"): "masked",
        ("contact", "phone"): "masked",
        ("deal", "amount"): "hidden",
    },
}
