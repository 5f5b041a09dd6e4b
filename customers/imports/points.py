"""E-mails, phones and addresses of imported people as contact points, with the value that look-ups use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from customers.imports.context import Context
from customers.imports.converters import NULL, Bad, json_text
from customers.imports.fields import Field, fold
from customers.phones import normalised_phone

LABELS = {
    "phone": {
        "mobile": "mobile mobilephone cell cellphone handy móvil celular portable 手机 手机号 携帯 携帯電話 휴대폰 phonemobile",
        "work": "workphone businessphone officephone businessphone2 telefongeschäftlich 办公电话 公司电话",
        "home": "homephone telefonprivat otherhomephone 家庭电话 住宅电话",
        "fax": "fax faxnumber businessfax homefax telefax 传真 傳真 ファックス 팩스",
        "other": "otherphone assistantphone asstphone phone2 phone2value telefon2 电话2 备用电话 carphone pager",
    },
    "email": {
        "work": "workemail businessemail officialemail 工作邮箱",
        "home": "homeemail personalemail privateemail 个人邮箱 privatemail",
        "other": "email2 email2value email2address emailaddress2 secondaryemail otheremail alternateemail additionalemailaddresses 备用邮箱",
    },
}  # fmt: skip
"""Kind of a further point → its label → header words."""
MORE = tuple(
    Field(name=f"{kind}.{label}", words=tuple(map(fold, words.split())))
    for kind, labels in LABELS.items()
    for label, words in labels.items()
)
STAGED = {item.staged: item.name.split(".") for item in MORE}
LIMIT = 300
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
PLAIN = {"n": "\n", "t": "\t", "r": "\r"}


def gathered(values: Mapping[str, list[str]]) -> list[str] | None:
    """All further points of a batch, a JSON list each; None where the file has none."""
    columns = [(names, values[staged]) for staged, names in STAGED.items() if staged in values]
    listed = values.get("f_points")
    if not columns and listed is None:
        return None
    countries = values.get("f_country")
    count = len(listed) if listed is not None else len(columns[0][1])
    return [
        _points(
            [(kind, label, column[place]) for (kind, label), column in columns],
            listed[place] if listed else NULL,
            countries[place] if countries else NULL,
        )
        for place in range(count)
    ]


def _points(cells: list[tuple[str, str, str]], listed: str, country: str) -> str:
    found = [] if listed == NULL or listed.__class__ is Bad else _listed(listed)
    for kind, label, cell in cells:
        if cell != NULL and cell.__class__ is not Bad:
            found.append({"kind": kind, "label": label, "value": unescaped(cell)})
    for point in found:
        point["normalised"] = _normalised(point, "" if country == NULL else country)[:LIMIT]
        point["value"] = point["value"][:LIMIT]
    return json_text(found) if found else NULL


def _listed(cell: str) -> list[dict[str, str]]:
    """The points of a card; those that stand in the card's own fields are written with them."""
    found: list[dict[str, str]] = json.loads(unescaped(cell))
    return found


def unescaped(text: str) -> str:
    """A COPY text as the plain text it was."""
    return ESCAPED.sub(lambda found: PLAIN.get(found[1], found[1]), text) if "\\" in text else text


def _normalised(point: Mapping[str, str], country: str) -> str:
    match point["kind"]:
        case "email":
            return point["value"].lower()
        case "phone":
            return normalised_phone(point["value"], country)
        case _:
            return " ".join(point["value"].casefold().split())


POINTS = "customers.contactpoint"
NORMALISED = {"email": "lower(c.f_email)", "phone": "coalesce(c.n_phone, '')"}
NEW = 'INSERT INTO customers_contactpoint ({holder}_id, kind, label, value, normalised, "primary")'


def write_points(context: Context, *, holder: str, new: str, join: str = "") -> None:
    """The first e-mail and phone of each new customer or contact of the working rows."""
    for kind, normalised in NORMALISED.items():
        if context.plan.has(kind):
            _noted(
                context,
                "created",
                f"{NEW.format(holder=holder)} SELECT {new}, '{kind}', '', c.f_{kind}, {normalised}, true "
                f"FROM import_chunk c {join} WHERE c.target IS NULL AND c.f_{kind} IS NOT NULL RETURNING id",
            )
            context.written.add("customers_contactpoint")


def follow_points(context: Context, *, holder: str) -> None:
    """Primary points of the matched working rows follow what the file gives."""
    for kind, normalised in NORMALISED.items():
        if not context.plan.has(kind):
            continue
        _noted(
            context,
            "updated",
            f"UPDATE customers_contactpoint p SET value = c.f_{kind}, normalised = {normalised} FROM import_chunk c "
            f"WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary AND p.value <> c.f_{kind} RETURNING p.id",
        )
        _noted(
            context,
            "created",
            f"{NEW.format(holder=holder)} SELECT c.target, '{kind}', '', c.f_{kind}, {normalised}, true FROM import_chunk c "
            f"WHERE c.target IS NOT NULL AND c.f_{kind} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
            f"customers_contactpoint p WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary) RETURNING id",
        )


def add_points(context: Context, *, holder: str, who: str, join: str = "") -> None:
    """Further points of the working rows, each once; ``who`` is SQL for the customer or contact."""
    if not (context.plan.has("points") or any(context.plan.has(item.name) for item in MORE)):
        return
    main = (
        "x.kind = 'address' AND coalesce(x.main, false) AND NOT EXISTS (SELECT 1 FROM customers_contactpoint p "
        f"WHERE p.{holder}_id = {who} AND p.kind = 'address' AND p.primary)"
    )
    _noted(
        context,
        "created",
        f"{NEW.format(holder=holder)} "
        f"SELECT DISTINCT ON ({who}, x.kind, x.value) {who}, x.kind, left(coalesce(x.label, ''), 40), x.value, "
        f"coalesce(x.normalised, ''), {main} "
        f"FROM import_chunk c {join} CROSS JOIN LATERAL jsonb_to_recordset(c.n_points) "
        "AS x(kind text, label text, value text, normalised text, main boolean) "
        f"WHERE {who} IS NOT NULL AND c.n_points IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customers_contactpoint p "
        f"WHERE p.{holder}_id = {who} AND p.kind = x.kind AND p.value = x.value) RETURNING id",
    )
    _noted(
        context,
        "updated",
        f"UPDATE customers_contactpoint p SET label = left(x.label, 40) FROM import_chunk c {join} "
        "CROSS JOIN LATERAL jsonb_to_recordset(c.n_points) AS x(kind text, label text, value text) "
        f"WHERE p.{holder}_id = {who} AND p.kind = x.kind AND p.value = x.value AND p.label = '' AND x.label <> '' "
        "RETURNING p.id",
    )
    context.written.add("customers_contactpoint")


def _noted(context: Context, action: str, statement: str) -> None:
    context.execute(f"WITH made AS ({statement}) {context.changed(POINTS, action, 'SELECT id FROM made')}")
