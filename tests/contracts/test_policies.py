import pytest

from crm.accounts.policy import ACTIONS, DEFAULT_GRANTS, OBJECTS
from tests.contracts.operations import operations, routes, view_class

# Sign-in, sign-out and passwords come from django-allauth, which guards them itself; everyone may ask for them.
OF_ALLAUTH = "allauth."
NO_ONE_IN_PARTICULAR = {"self", "public"}


def named_policies(policy):
    return list(policy.values()) if isinstance(policy, dict) else [policy]


def test_every_route_names_its_policy():
    nameless, unknown = [], []
    for address, pattern in routes():
        module = pattern.callback.__module__
        if module.startswith((OF_ALLAUTH, "django.views.static")):
            continue
        policy = getattr(view_class(pattern), "policy", None) or getattr(pattern.callback, "policy", None)
        if not policy:
            nameless.append(address)
            continue
        for obj, action in named_policies(policy):
            if obj not in OBJECTS | NO_ONE_IN_PARTICULAR or action not in ACTIONS:
                unknown.append((address, obj, action))
    assert not nameless, f"routes that no policy names: {nameless}"
    assert not unknown, f"policies that no grant knows: {unknown}"


def test_every_action_of_every_rest_view_has_its_policy():
    missing = []
    for address, pattern in routes():
        actions = getattr(pattern.callback, "actions", None)
        policy = getattr(view_class(pattern), "policy", None)
        if not actions or not isinstance(policy, dict):
            continue
        for method, action in actions.items():
            if method not in ("head", "options") and action not in policy and method not in policy:
                missing.append((address, method, action))
    assert not missing


def test_the_document_describes_every_rest_route():
    described = {
        (operation.method, operation.path.count("{"), operation.path.split("{")[0]) for operation in operations()
    }
    missing = []
    for address, _pattern in routes():
        if not address.startswith("/api/v1/"):
            continue
        bare = address.replace("^", "").replace("$", "").split("(?P")[0].split("<")[0]
        found = {path for _method, _count, path in described}
        if not any(path.startswith(bare) or bare.startswith(path) for path in found):
            missing.append(address)
    assert not missing


@pytest.mark.parametrize("role", sorted(DEFAULT_GRANTS))
def test_default_grants_name_known_objects_and_actions(role):
    for obj, action in DEFAULT_GRANTS[role]:
        assert obj in OBJECTS
        assert action in ACTIONS


def test_every_operation_documents_its_errors():
    silent = []
    for operation in operations():
        told = set(operation.detail["responses"])
        wanted = {"503"}
        if operation.detail.get("security"):
            wanted |= {"401", "403"}
        if "{" in operation.path:
            wanted.add("404")
        if operation.takes_body:
            wanted |= {"400", "415"}
        if wanted - told:
            silent.append((str(operation), sorted(wanted - told)))
    assert not silent
