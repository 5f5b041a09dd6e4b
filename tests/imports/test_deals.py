"""Deals from files: what their currency may do."""

import pytest

from crm.kit.workspace import load_workspace
from sales.models import Deal

DEALS = "Deal ID,Deal name,Stage,Amount\n1,Ten grinders,New,1200\n"


@pytest.mark.parametrize(("code", "home"), [("eur", "EUR"), ("'||", ""), ("€", "")])
def test_only_a_three_letter_code_becomes_the_home_currency(bring, code, home):
    columns = {"Deal ID": "external_id", "Deal name": "title", "Stage": "stage", "Amount": "amount"}
    bring("deals", DEALS, mapping={"columns": columns, "constants": {"currency": code}})
    assert load_workspace().home_currency == home
    assert Deal.objects.filter(title="Ten grinders", home_amount=1200).exists() == bool(home)


def test_a_quote_in_the_currency_of_the_workspace_stays_a_value(bring):
    row = load_workspace()
    type(row).objects.filter(pk=row.pk).update(home_currency="'")
    bring("deals", DEALS)
    assert Deal.objects.get(title="Ten grinders").currency == "'"
