"""Customers and contacts from files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from customers.duplicates.at_import import link_doubles
from customers.imports import pending
from customers.imports.context import Context
from customers.imports.converters import NULL, Bad
from customers.imports.fields import Field, choices
from customers.imports.kinds import register
from customers.imports.known import find
from customers.imports.links import by_key, names_customers
from customers.imports.points import MORE, add_points, follow_points, gathered, write_points
from customers.imports.tables import TableKind
from customers.imports.words import CUSTOMER_ID, CUSTOMER_NAME, GENDERS, WORDS
from customers.models import Contact, Customer
from customers.phones import normalised_phone

KINDS = choices({"person": ("individual", "private", "人", "个人"), "company": ("business", "organisation", "organization", "firma", "公司", "企业")})  # fmt: skip
LIFECYCLES = choices({
    "lead": ("线索",), "prospect": ("潜在", "潜在客户"), "active": ("customer", "活跃", "客户"), "at_risk": ("atrisk", "风险"),
    "lost": ("churned", "inactive", "流失"),
})  # fmt: skip

SHARED = (
    Field(name="first_name", column="first_name"),
    Field(name="last_name", column="last_name"),
    Field(name="company", column="company"),
    Field(name="title", column="title"),
    Field(name="email", column="email"),
    Field(name="phone", column="phone"),
    Field(name="birth_date", type="date", column="birth_date"),
    Field(name="gender", type="choice", column="gender", choices=choices(GENDERS)),
    Field(name="address", column="address"),
    Field(name="city", column="city"),
    Field(name="region", column="region"),
    Field(name="postcode", column="postcode"),
    Field(name="country", type="code", column="country", limit=60),
    Field(name="language", type="code", column="language", limit=10),
    Field(name="owner", type="lookup", column="owner_id"),
    Field(name="team", type="lookup", column="team_id"),
    Field(name="tags", type="tags", column="tags"),
    Field(name="note", column="note"),
    Field(name="custom", type="custom"),
    Field(name="points", type="points"),
    *MORE,
)
EXPORTED = (
    "name", "first_name", "last_name", "company", "title", "email", "phone", "birth_date", "gender", "address", "city",
    "region", "postcode", "country", "language", "owner", "team",
)  # fmt: skip
HAN = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"


def full_name(row: str) -> str:
    """SQL for a name made of its parts: family name first where it is written in Han, Kana or Hangul."""
    first, last = f"coalesce({row}.f_first_name, '')", f"coalesce({row}.f_last_name, '')"
    return (
        f"nullif(CASE WHEN {last} ~ '{HAN}' OR {first} ~ '{HAN}' THEN {last} || {first} "
        f"ELSE btrim({first} || ' ' || {last}) END, '')"
    )


def _normal(phone: str, country: str) -> str:
    """The COPY text of a phone's normalised form."""
    if phone == NULL or phone.__class__ is Bad:
        return NULL
    return normalised_phone(phone, "" if country == NULL else country)


def with_words(items: tuple[Field, ...]) -> tuple[Field, ...]:
    """Fields with their header words."""
    return tuple(Field(**{**item.__dict__, "words": item.words or WORDS.get(item.name, ())}) for item in items)


class PeopleKind(TableKind):
    """What customers and contacts have in common."""

    derived = {"n_phone": "text", "n_points": "jsonb"}
    found_by = ("email", "phone", "name")
    identity = ("name", "first_name", "last_name", "company", "email", "phone", "address", "birth_date")

    def derive(self, values: Mapping[str, list[str]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if "f_phone" in values:
            phones = values["f_phone"]
            countries = values.get("f_country") or [NULL] * len(phones)
            found["n_phone"] = [_normal(phone, country) for phone, country in zip(phones, countries, strict=True)]
        points = gathered(values)
        return found if points is None else found | {"n_points": points}

    def work(self, context: Context, low: int, high: int) -> None:
        super().work(context, low, high)
        find(context, self, name=f"coalesce(c.f_name, {full_name('c')}, c.f_company)")

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        context.refuse(
            "import_chunk",
            "target IS NULL AND derived AND coalesce(f_name, f_first_name, f_last_name, f_company, f_email, f_phone) "
            "IS NULL",
            _("the row names nobody"),
        )

    def values(self, context: Context) -> dict[str, str]:
        found = super().values(context)
        found["name"] = (
            f"left(coalesce(c.f_name, {full_name('c')}, c.f_company, c.f_email, c.f_phone, c.external_id), 200)"
        )
        return found

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        parts = context.plan.has("first_name") or context.plan.has("last_name")
        if parts or context.plan.has("name"):
            made = f"{full_name('c')}, " if parts else ""
            found["name"] = f"coalesce(c.f_name, {made}t.name)"
        return found

    def update(self, context: Context) -> int:
        updated = super().update(context)
        follow_points(context, holder=self.object)
        add_points(context, holder=self.object, who="c.target")
        return updated

    def exported(self) -> Mapping[str, str]:
        paths = {name: name for name in EXPORTED} | {"owner": "owner__username", "team": "team__name"}
        return {"external_id": "external_id"} | paths | {"tags": "tags", "note": "note", "custom": "custom"}


@register
class Customers(PeopleKind):
    """Customers, named in their source by ExternalId."""

    name = "customers"
    object = "customer"
    side_by_side = True
    model = Customer
    fields = with_words(
        (
            Field(name="external_id", type="code", limit=200),
            Field(name="kind", type="choice", column="kind", choices=KINDS),
            Field(name="name", column="name", limit=200),
            *SHARED,
            Field(name="lifecycle", type="choice", column="lifecycle", choices=LIFECYCLES),
        )
    )

    def prepare(self, context: Context) -> None:
        """Customers that other files only named are filled by this one."""
        super().prepare(context)
        context.resolved += pending.adopt_named(context)
        link_doubles(context)

    def target(self) -> str:
        return by_key("customers_externalid", "x.customer_id AS id", source="%(source)s", key="s.external_id", to="t")

    def extras(self) -> dict[str, str]:
        fresh = "CASE WHEN t.id IS NULL THEN nextval(pg_get_serial_sequence('customers_customer', 'id')) END"
        return {"fresh": fresh}

    def values(self, context: Context) -> dict[str, str]:
        found = super().values(context) | {"id": "c.fresh"}
        company = "c.f_company IS NOT NULL AND coalesce(c.f_name, c.f_first_name, c.f_last_name) IS NULL"
        found["kind"] = f"coalesce(c.f_kind, CASE WHEN {company} THEN 'company' ELSE 'person' END)"
        return found

    def insert(self, context: Context) -> int:
        made = super().insert(context)
        if made:
            context.execute(
                "INSERT INTO customers_externalid (source_id, external_id, customer_id) "
                "SELECT %(source)s, external_id, fresh FROM import_chunk WHERE target IS NULL"
            )
            write_points(context, holder="customer", new="fresh")
            add_points(context, holder="customer", who="c.fresh")
        return made

    def exported(self) -> Mapping[str, str]:
        found = {name: path for name, path in super().exported().items() if name != "external_id"}
        return {"external_id": "external_ids", "kind": "kind"} | found | {"lifecycle": "lifecycle"}


@register
class Contacts(PeopleKind):
    """People at companies, linked to the customer that the row names."""

    name = "contacts"
    object = "contact"
    model = Contact
    customers_by_id = True
    fields = (
        *with_words(
            (
                Field(name="external_id", type="code", limit=200),
                Field(name="name", column="name", limit=200),
                *SHARED,
            )
        ),
        Field(name="customer.external_id", type="code", limit=200, words=tuple(w for w in CUSTOMER_ID if w != "客户")),
        Field(
            name="customer.name",
            type="code",
            limit=200,
            words=tuple(w for w in CUSTOMER_NAME if w not in WORDS["company"]),
        ),
        Field(name="role", limit=80),
    )

    def finish(self, context: Context) -> None:
        """What waited for these contacts has them now."""
        super().finish(context)
        context.resolved += pending.resolve(self.object, now=context.now)

    def insert(self, context: Context) -> int:
        made = super().insert(context)
        found = by_key("customers_contact", "x.id", source="%(source)s", key="c.external_id", to="t")
        if made:
            write_points(context, holder="contact", new="t.id", join=found)
            add_points(context, holder="contact", who="t.id", join=found)
        if names_customers(context):
            context.execute(
                'WITH made AS (INSERT INTO customers_contactrole (contact_id, customer_id, role, "primary") '
                f"SELECT t.id, c.customer_id, coalesce(c.f_role, ''), false FROM import_chunk c {found} "
                "WHERE c.customer_id IS NOT NULL ON CONFLICT DO NOTHING RETURNING id) "
                + context.changed("customers.contactrole", "created", "SELECT id FROM made")
            )
        return made
