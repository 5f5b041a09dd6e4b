"""Members of campaigns from files."""

from collections.abc import Callable
from typing import Any

import pytest

from marketing.models import Touch
from tests.imports.conftest import counted, rejected

Bring = Callable[..., dict[str, Any]]
MEMBERS = """id,campaign,customer id,sent
m1,C1,7,2026-01-01
m2,C1,8,2026-01-01
"""


@pytest.fixture
def known(bring: Bring) -> None:
    """Two customers and a campaign."""
    bring("customers", "Customer ID,Full name\n7,Ada\n8,Bob\n")
    bring("campaigns", "id,name,sent\nC1,Spring,2026-01-01\n")


def test_a_file_that_is_brought_again_changes_nothing(bring: Bring, known: None) -> None:
    assert counted(bring("touches", MEMBERS)) == (2, 2, 0, 0, 0, 0)
    assert counted(bring("touches", MEMBERS)) == (2, 0, 0, 2, 0, 0)


@pytest.mark.parametrize("header", ["id,campaign,customer id,sent\nx9,", "campaign,customer id,sent\n"])
def test_a_customer_is_in_a_campaign_once_whatever_the_file_calls_it(bring: Bring, known: None, header: str) -> None:
    bring("touches", MEMBERS)
    assert counted(bring("touches", f"{header}C1,7,2026-01-02\n")) == (1, 0, 1, 0, 0, 0)
    assert list(Touch.objects.order_by("customer__name").values_list("sent_at__day", flat=True)) == [2, 1]


def test_two_unknown_customers_are_not_the_same(bring: Bring, known: None) -> None:
    report = bring("touches", MEMBERS.replace(",7,", ",97,").replace(",8,", ",98,"), mode="update")
    assert counted(report) == (2, 0, 0, 0, 0, 2)
    assert "names no customer of this source" in rejected(report)
