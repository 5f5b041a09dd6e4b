"""Amounts in the home currency, at the rate of their day."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from crm.kit.models import ExchangeRate
from crm.kit.workspace import home_currency

PLACES = Decimal("0.0001")


def rounded(amount: Decimal) -> Decimal:
    """An amount with four decimals, halves away from zero."""
    return amount.quantize(PLACES, rounding=ROUND_HALF_UP)


def rate(currency: str, day: date) -> Decimal | None:
    """The value of one unit of a currency in the home currency on a day; None where no rate is known.

    Where the workspace has no home currency yet, the first one seen becomes it.
    """
    home = home_currency(first_seen=currency)
    if not currency or currency == home:
        return Decimal(1)
    found = ExchangeRate.objects.filter(currency=currency, day__lte=day).order_by("-day").first()
    return found.rate if found else None


def in_home(amount: Decimal | None, currency: str, day: date) -> Decimal | None:
    """An amount in the home currency; None where there is no amount or no rate."""
    if amount is None:
        return None
    factor = rate(currency, day)
    return None if factor is None else rounded(amount * factor)
