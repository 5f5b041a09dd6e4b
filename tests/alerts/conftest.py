from datetime import UTC, datetime

import pytest

from alerts.services.rules import RuleInput, create_rule
from crm.accounts.models import Membership, Team, User

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def person(name, role, team):
    user = User.objects.create_user(name, password="a long secret")
    Membership.objects.create(user=user, team=team, role=role)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def root(db):
    return Team.objects.filter(parent=None).order_by("id").first() or Team.objects.create(name="House")


@pytest.fixture
def north(root):
    return Team.objects.create(name="North of the alerts", parent=root)


@pytest.fixture
def south(root):
    return Team.objects.create(name="South of the alerts", parent=root)


@pytest.fixture
def boss(root):
    return person("alerts-admin", "admin", root)


@pytest.fixture
def sender(root):
    return person("alerts-integrator", "integrator", root)


@pytest.fixture
def seller(north):
    return person("alerts-rep", "rep", north)


@pytest.fixture
def rival(south):
    return person("alerts-rival", "rep", south)


@pytest.fixture
def lead(north):
    return person("alerts-manager", "manager", north)


@pytest.fixture
def rule(boss):
    return create_rule(given=RuleInput("Too many returns", "returns_per_day", settings={"above": 50}), user=boss)
