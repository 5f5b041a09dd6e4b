"""Definitions: made, changed, ordered, archived, converted, deleted; the settings page."""

from __future__ import annotations

from typing import Any

import pytest

from crm.accounts.models import AuditEntry, FieldRule
from crm.kit import jobs
from crm.kit.customfields import converting, services
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField
from customers.models import Customer
from tests.cast import NOW, Cast
from tests.customfields.conftest import add_field


def test_a_field_is_named_after_its_label_and_stands_last(cast: Cast) -> None:
    first, second = add_field(cast, "客户等级", "choice", choices=["甲", "乙"]), add_field(cast, "Budget", "money")
    assert (first.name, second.name) == ("客户等级", "budget")
    assert second.position > first.position
    assert first.options == {"甲": "甲", "乙": "乙"}
    assert first.created_by == cast.users["admin"]


@pytest.mark.parametrize(
    "values",
    [
        {"label": ""}, {"label": "x" * 121}, {"type": "colour"}, {"object": "invoice"}, {"type": "choice"},
        {"type": "choice", "choices": ["a", "A"]}, {"type": "number", "sensitive": True}, {"label": "a\nb"},
    ],
)  # fmt: skip
def test_what_makes_no_field_is_refused(cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        add_field(cast, **{"label": "Plan", **values})
    assert not CustomField.objects.exists()


def test_two_fields_in_use_have_two_labels(cast: Cast) -> None:
    add_field(cast, "Plan")
    with pytest.raises(Invalid):
        add_field(cast, "plan")


@pytest.mark.parametrize("actor", ["rep", "agent", "manager", "outsider"])
def test_only_those_with_the_right_make_fields(cast: Cast, actor: str) -> None:
    with pytest.raises(Refused) as refusal:
        services.create_field(user=cast.users[actor], object="customer", label="Plan", type="text", now=NOW)
    assert refusal.value.status == 403


def test_fields_change_places_by_buttons(cast: Cast) -> None:
    fields = [add_field(cast, name) for name in ("A", "B", "C")]
    services.move_field(user=cast.users["admin"], field_id=fields[2].pk, up=True)
    services.move_field(user=cast.users["admin"], field_id=fields[0].pk, up=True)
    assert list(CustomField.objects.values_list("label", flat=True)) == ["A", "C", "B"]


def test_an_archived_field_leaves_and_comes_back_with_its_values(cast: Cast, sign_in: Any) -> None:
    field, admin = add_field(cast, "Plan"), cast.users["admin"]
    customer = cast.rows["rep"]["customer"]
    Customer.objects.filter(pk=customer.pk).update(custom={"plan": "kiteplan"})
    page = sign_in("rep").get(f"/customers/{customer.pk}/")
    assert "kiteplan" in page.text
    services.archive_field(user=admin, field_id=field.pk, now=NOW)
    assert "kiteplan" not in sign_in("rep").get(f"/customers/{customer.pk}/").text
    services.restore_field(user=admin, field_id=field.pk)
    assert "kiteplan" in sign_in("rep").get(f"/customers/{customer.pk}/").text


def test_a_type_changes_only_where_every_value_converts(cast: Cast) -> None:
    field, admin = add_field(cast, "Size"), cast.users["admin"]
    rows = [cast.rows[band]["customer"] for band in ("rep", "rival", "root")]
    for row, value in zip(rows, ("12", "3.5", "many"), strict=True):
        Customer.objects.filter(pk=row.pk).update(custom={"size": value})
    found = converting.preview(field, "number")
    assert (found.fits, found.misfits, found.shown[0][:2]) == (2, 1, ("many", 1))
    with pytest.raises(Refused):
        converting.ask_type(user=admin, field_id=field.pk, new_type="number")
    Customer.objects.filter(pk=rows[2].pk).update(custom={"size": "7"})
    converting.convert(field_id=field.pk, new_type="number")
    field.refresh_from_db()
    assert field.type == "number"
    assert [Customer.objects.get(pk=row.pk).custom["size"] for row in rows] == [12, 3.5, 7]


def test_texts_become_choices_of_what_stands_there(cast: Cast) -> None:
    field = add_field(cast, "Metal")
    Customer.objects.filter(pk=cast.rows["rep"]["customer"].pk).update(custom={"metal": "Gold"})
    converting.convert(field_id=field.pk, new_type="choice")
    field.refresh_from_db()
    assert field.options == {"Gold": "Gold"}


def test_deleting_takes_the_values_and_rules_away(cast: Cast) -> None:
    field, admin = add_field(cast, "Plan"), cast.users["admin"]
    Customer.objects.update(custom={"plan": "x", "other": 1})
    FieldRule.objects.create(role="rep", object="customer", field="custom.plan", level="hidden")
    with pytest.raises(Refused):
        services.ask_delete(user=admin, field_id=field.pk, confirmed="Plan")
    services.archive_field(user=admin, field_id=field.pk, now=NOW)
    with pytest.raises(Refused):
        services.ask_delete(user=admin, field_id=field.pk, confirmed="plam")
    assert services.filled(field) == 3
    job = services.ask_delete(user=admin, field_id=field.pk, confirmed="Plan")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert job.result["rows"] == 3
    assert set(Customer.objects.values_list("custom", flat=True).distinct()[0]) == {"other"}
    assert not CustomField.objects.exists()
    assert not FieldRule.objects.filter(field="custom.plan").exists()


def test_the_settings_page_makes_and_changes_a_field(cast: Cast, sign_in: Any) -> None:
    client = sign_in("admin")
    answer = client.post(
        "/settings/fields/",
        {
            "object": "customer",
            "label": "Metal",
            "type": "choice",
            "choices": "gold\nag = Silver",
            "help": "What it is made of",
        },
    )
    assert answer.status_code in (302, 303), answer.context["form"].errors
    field = CustomField.objects.get()
    assert field.options == {"gold": "gold", "ag": "Silver"}
    assert AuditEntry.objects.filter(action="add", object="field").exists()
    page = client.get("/settings/fields/").text
    assert "Metal" in page and "custom.metal" in page
    assert "ag = Silver" in client.get(f"/settings/fields/{field.pk}/").text
    client.post(f"/settings/fields/{field.pk}/", {"label": "Material", "choices": "gold", "help": ""})
    field.refresh_from_db()
    assert (field.label, field.options) == ("Material", {"gold": "gold"})


def test_managers_read_the_settings_page_and_change_nothing(cast: Cast, sign_in: Any) -> None:
    field, client = add_field(cast, "Plan"), sign_in("manager")
    page = client.get("/settings/fields/")
    assert page.status_code == 200 and "Plan" in page.text
    assert 'data-dialog="add-field"' not in page.text
    assert client.get(f"/settings/fields/{field.pk}/").status_code == 200
    assert client.post(f"/settings/fields/{field.pk}/archive/").status_code == 403
    assert sign_in("rep").get("/settings/fields/").status_code == 403


def test_the_page_of_another_type_says_what_would_not_convert(cast: Cast, sign_in: Any) -> None:
    field, client = add_field(cast, "Size"), sign_in("admin")
    Customer.objects.filter(pk=cast.rows["rep"]["customer"].pk).update(custom={"size": "kitesize"})
    page = client.get(f"/settings/fields/{field.pk}/type/?type=number")
    assert "kitesize" in page.text
    assert client.get(f"/settings/fields/{field.pk}/type/?type=colour").status_code in (302, 303)
