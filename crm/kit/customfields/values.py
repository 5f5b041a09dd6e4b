"""Values of custom fields by type: checked on the way in, put into words on the way out.

``clean`` takes what a program sends, ``read`` what a person or a file wrote; both give what the row keeps.
``words`` is what people read, ``plain`` what files hold, ``open_value`` what the API shows. Sensitive texts
are sealed before they are kept, and every way out shows them masked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from crm.kit.crypto import Unreadable, is_sealed, seal, unseal
from crm.kit.customfields import people
from crm.kit.errors import Invalid
from crm.kit.masking import STARS, mask
from crm.kit.models import CustomField
from crm.kit.ui import words as ui_words
from crm.kit.workspace import workspace

Type = CustomField.Type
LIMITS = {Type.TEXT: 500, Type.LONG_TEXT: 20_000, Type.LINK: 2_000}
TEXTS = frozenset(LIMITS)
MOST_DIGITS = Decimal(10) ** 15
MOST_CHOSEN = 50
AMOUNT = re.compile(r"[+-]?(\d{1,14}(\.\d{0,6})?|\.\d{1,6})")
CURRENCY = re.compile(r"[A-Z]{3}")
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "CNY", "￥": "CNY"}
YES = frozenset({"1", "true", "t", "yes", "y", "on", "x", "ja", "oui", "si", "sí", "是", "有"})
NO = frozenset({"0", "false", "f", "no", "n", "off", "nein", "non", "否", "无"})
SPLIT = re.compile(r"[;|；\n]")


def about(field: CustomField) -> str:
    """What a sealed value is bound to."""
    return f"{field.object}.{field.name}"


def kept(field: CustomField, value: Any) -> Any:
    """A checked value as the row keeps it: sealed where the field is sensitive."""
    return seal(value, about=about(field)) if field.sensitive and isinstance(value, str) else value


def clean(field: CustomField, value: Any, user: Any = None) -> Any:
    """What a program sent, checked; None empties the field. Raises Invalid with a sentence."""
    if value is None or value == "" or value == []:
        return None
    return _CHECKS[Type(field.type)](field, value, user)


def read(field: CustomField, text: str, user: Any = None) -> Any:
    """What a person or a file wrote, checked; an empty text is None. Raises Invalid with a sentence."""
    text = text.strip()
    if not text:
        return None
    match field.type:
        case Type.NUMBER:
            return _number(field, _decimal(text), user)
        case Type.BOOLEAN:
            return _yes(text)
        case Type.CHOICE:
            return _chosen(field, text, user)
        case Type.MULTI:
            return _several(field, [part.strip() for part in SPLIT.split(text) if part.strip()], user)
        case _:
            return clean(field, text, user)


def _text(field: CustomField, value: Any, _user: Any) -> str:
    if not isinstance(value, str):
        raise Invalid(_("Send a text."))
    text = unicodedata.normalize("NFC", value).strip()
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text) or any(
        0xD800 <= ord(char) < 0xE000 for char in text
    ):
        raise Invalid(_("This text holds characters that cannot be kept."))
    most = LIMITS[Type(field.type)]
    if len(text) > most:
        raise Invalid(_("At most %(most)s characters.") % {"most": f"{most:,}"})
    return text


def _link(field: CustomField, value: Any, user: Any) -> str:
    text = _text(field, value, user)
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        fits = False
    if not fits:
        raise Invalid(_("Send an address that begins with https:// or http://."))
    return text


def _number(_field: CustomField, value: Any, _user: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Invalid(_("Send a number."))
    number = Decimal(str(value))
    if not number.is_finite():
        raise Invalid(_("Send a number."))
    if abs(number) >= MOST_DIGITS:
        raise Invalid(_("This number is too large."))
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(text: str) -> Decimal:
    """A plain decimal number; a blank or an apostrophe may group its digits."""
    bare = re.sub(r"[\s\u00a0\u202f'’_]", "", unicodedata.normalize("NFKC", text)).replace("−", "-")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    if not AMOUNT.fullmatch(bare):
        raise Invalid(_("Send a number."))
    try:
        return Decimal(bare)
    except InvalidOperation as error:
        raise Invalid(_("Send a number.")) from error


def _money(_field: CustomField, value: Any, _user: Any) -> dict[str, str]:
    return money(value, home=lambda: workspace().home_currency)


def money(value: Any, *, home: Callable[[], str]) -> dict[str, str]:
    """``{"amount": "12.50", "currency": "EUR"}``; a bare amount is in the home currency."""
    amount, currency = value, ""
    if isinstance(value, dict):
        if set(value) - {"amount", "currency"} or not isinstance(value.get("currency", ""), str):
            raise Invalid(_("Send an amount, or an object with “amount” and “currency”."))
        amount, currency = value.get("amount"), value.get("currency", "")
    if isinstance(amount, str):
        amount, found = _with_currency(amount)
        currency = currency or found
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        raise Invalid(_("Send an amount, or an object with “amount” and “currency”."))
    exact = Decimal(str(amount))
    if not exact.is_finite():
        raise Invalid(_("Send a number."))
    if abs(exact) >= Decimal(10) ** 14:
        raise Invalid(_("This number is too large."))
    currency = currency.upper() or home()
    if currency and not CURRENCY.fullmatch(currency):
        raise Invalid(_("The currency is a three-letter code such as EUR."))
    rounded = exact.quantize(Decimal("0.0001"))
    return {"amount": _trimmed(rounded), "currency": currency}


def _with_currency(text: str) -> tuple[Decimal, str]:
    """``12.50 EUR``, ``EUR 12.50``, ``€12.50``, ``12.50``."""
    found = ""
    for sign, code in SIGNS.items():
        if sign in text:
            text, found = text.replace(sign, ""), code
    code_found = re.search(r"[A-Za-z]{3}", text)
    if code_found:
        found, text = code_found[0].upper(), text.replace(code_found[0], "", 1)
    return _decimal(text), found


def _trimmed(amount: Decimal) -> str:
    text = f"{amount:f}"
    whole, _point, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest.ljust(2, '0')}" if rest else whole


def _date(_field: CustomField, value: Any, _user: Any) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Invalid(_("Send a date such as 2026-11-22.")) from error
    if not 1800 <= day.year <= 2200:
        raise Invalid(_("The year must be from %(a)s to %(b)s.") % {"a": 1800, "b": 2200})
    return day.isoformat()[:10]


def _chosen(field: CustomField, value: Any, _user: Any) -> str:
    """The value of a choice, by its value or its label."""
    options = field.options
    if isinstance(value, str):
        text = value.strip()
        if text in options:
            return text
        for known, label in options.items():
            if text.casefold() in (label.casefold(), known.casefold()):
                return known
    raise Invalid(_("Choose one of: %(choices)s.") % {"choices": ", ".join(list(options.values())[:50])})


def _several(field: CustomField, value: Any, user: Any) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple) or len(value) > MOST_CHOSEN:
        raise Invalid(_("Send a list of at most %(most)s choices.") % {"most": MOST_CHOSEN})
    return list(dict.fromkeys(_chosen(field, one, user) for one in value)) or []


def _bool(_field: CustomField, value: Any, _user: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(_("Send true or false."))
    return value


def _yes(text: str) -> bool:
    word = text.casefold()
    if word not in YES | NO:
        raise Invalid(_("Send yes or no."))
    return word in YES


def _person(field: CustomField, value: Any, user: Any) -> int:
    """A colleague by key or by name, within the reach of whoever writes."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Invalid(_("Send an id or a name."))
    return people.directory().named(user, field.object, value)


_CHECKS: dict[CustomField.Type, Callable[[CustomField, Any, Any], Any]] = {
    Type.TEXT: _text, Type.LONG_TEXT: _text, Type.LINK: _link, Type.NUMBER: _number, Type.MONEY: _money,
    Type.DATE: _date, Type.CHOICE: _chosen, Type.MULTI: _several, Type.BOOLEAN: _bool, Type.PERSON: _person,
}  # fmt: skip


# Out


def level_of(field: CustomField, levels: Mapping[str, str]) -> str:
    """What a reader sees of a field: by the rules of their roles, and masked at least where it is sensitive."""
    return levels.get(field.rule) or ("masked" if field.sensitive else "")


def unsealed(field: CustomField, stored: Any) -> Any:
    """A stored value in the clear; raises Unreadable where no key opens it."""
    return unseal(stored, about=about(field)) if is_sealed(stored) else stored


def masked(field: CustomField, stored: Any) -> str:
    """A value of a masked field; what no key opens is stars alone."""
    try:
        value = unsealed(field, stored)
    except Unreadable:
        return STARS
    return mask(value if isinstance(value, str) else plain(field, value))


def words(field: CustomField, stored: Any) -> str:
    """A value as people read it; sealed ones are masked."""
    if stored is None or stored in ("", []):
        return ""
    if is_sealed(stored) or field.sensitive:
        return masked(field, stored)
    try:
        return _worded(field, stored)
    except (ValueError, KeyError, TypeError, InvalidOperation):
        return str(stored)  # a value of before the field had its type


def _worded(field: CustomField, stored: Any) -> str:
    match field.type:
        case Type.NUMBER:
            return ui_words.number(stored, 0 if float(stored).is_integer() else 2)
        case Type.MONEY:
            return ui_words.money_exact(Decimal(stored["amount"]), stored["currency"])
        case Type.DATE:
            return ui_words.day(date.fromisoformat(stored))
        case Type.CHOICE:
            return field.options.get(stored, str(stored))
        case Type.MULTI:
            return ", ".join(field.options.get(one, str(one)) for one in stored)
        case Type.BOOLEAN:
            return _("Yes") if stored is True else _("No")
        case Type.PERSON:
            return people.name_of(int(stored)) or _("someone no longer here")
        case _:
            return str(stored)


def plain(field: CustomField, stored: Any) -> str:
    """A value as files hold it: what ``read`` takes back."""
    if stored is None or stored in ("", []):
        return ""
    if is_sealed(stored) or field.sensitive:
        return masked(field, stored)
    if isinstance(stored, bool):
        return "true" if stored else "false"
    if isinstance(stored, dict):
        return f"{stored.get('amount', '')} {stored.get('currency', '')}".strip()
    if isinstance(stored, list):
        return "; ".join(map(str, stored))
    if field.type == Type.PERSON and isinstance(stored, int):
        return people.sign_in_name_of(stored) or str(stored)
    return str(stored)


def restricted(
    custom: Mapping[str, Any], levels: Mapping[str, str], fields: Mapping[str, CustomField]
) -> dict[str, Any]:
    """All values of a row as programs see them: hidden ones left out, masked and sealed ones as their mask."""
    found: dict[str, Any] = {}
    for name, value in custom.items():
        field = fields.get(name)
        level = level_of(field, levels) if field else levels.get(f"custom.{name}", "")
        if level == "hidden":
            continue
        if is_sealed(value) or level == "masked":
            found[name] = masked(field, value) if field else STARS
        else:
            found[name] = value
    return found
