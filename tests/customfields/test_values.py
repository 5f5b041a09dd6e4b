"""Values by type, names from labels, types guessed from columns."""

from __future__ import annotations

from typing import Any

import pytest

from crm.kit.customfields import guess_type, searchable_values
from crm.kit.customfields.naming import name_of
from crm.kit.customfields.values import clean, plain, read, words
from crm.kit.errors import Invalid
from crm.kit.models import CustomField, Workspace
from crm.kit.workspace import forget_workspace


def field(type: str, **more: Any) -> CustomField:
    return CustomField(object="customer", name="thing", label="Thing", type=type, **more)


@pytest.mark.parametrize(
    ("type", "sent", "kept"),
    [
        ("text", " 007 ", "007"),
        ("number", 12, 12),
        ("number", 1.5, 1.5),
        ("date", "2026-02-28", "2026-02-28"),
        ("boolean", False, False),
        ("link", "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("money", {"amount": "12.5", "currency": "eur"}, {"amount": "12.50", "currency": "EUR"}),
        ("money", "€ 1,200", {"amount": "1200", "currency": "EUR"}),
        ("number", None, None),
    ],
)
def test_what_a_program_sends_is_kept_by_type(db: None, type: str, sent: Any, kept: Any) -> None:
    assert clean(field(type), sent) == kept


@pytest.mark.parametrize(
    ("type", "sent"),
    [
        ("text", 7), ("text", "x" * 501), ("number", "7"), ("number", True), ("number", float("nan")), ("number", 10**15),
        ("date", "2026-02-30"), ("date", "1066-10-14"), ("boolean", "yes"), ("link", "javascript:alert(1)"),
        ("link", "ftp://example.com"), ("link", "https://"), ("money", {"amount": "12", "cents": 1}), ("money", "twelve"),
        ("money", float("inf")), ("choice", "wood"), ("multi", ["gold", "wood"]), ("text", "a\x00b"), ("text", ["a"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_sentence(db: None, type: str, sent: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        clean(field(type, choices=["gold"]), sent)
    assert str(refusal.value.message).endswith(".")


def test_a_choice_is_taken_by_value_or_label_and_shown_by_label() -> None:
    metal = field("choice", choices=[{"value": "au", "label": "Gold"}, "silver"])
    assert clean(metal, "gold") == "au"
    assert read(metal, "SILVER") == "silver"
    assert words(metal, "au") == "Gold"
    assert plain(metal, "au") == "au"
    several = field("multi", choices=metal.choices)
    assert read(several, "silver; Gold; silver") == ["silver", "au"]
    assert words(several, ["silver", "au"]) == "silver, Gold"


def test_a_bare_amount_is_in_the_home_currency(db: None) -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"home_currency": "CHF"})
    forget_workspace()
    assert read(field("money"), "12.5") == {"amount": "12.50", "currency": "CHF"}
    forget_workspace()


@pytest.mark.parametrize("type", ["text", "number", "money", "date", "boolean", "link", "long_text"])
def test_what_a_file_holds_comes_back_as_it_was(db: None, type: str) -> None:
    sample = {"text": "007", "number": 2.25, "money": {"amount": "9.99", "currency": "EUR"}, "date": "2026-11-22",
              "boolean": False, "link": "https://example.com", "long_text": "one\ntwo"}[type]  # fmt: skip
    assert read(field(type), plain(field(type), sample)) == sample


def test_a_value_from_before_the_field_had_its_type_is_shown_as_it_is() -> None:
    assert words(field("date"), "soon") == "soon"
    assert words(field("number"), "many") == "many"


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["1", "2.5", "1 000"], "number"),
        (["007", "0123"], "text"),
        (["2026-11-22", "2025-01-01"], "date"),
        (["22.11.2026", "01.02.2025"], "date"),
        (["yes", "no", ""], "boolean"),
        (["是", "否"], "boolean"),
        (["https://a.example", "http://b.example/x"], "link"),
        (["12 EUR", "€ 3.50"], "money"),
        (["red"] * 5 + ["blue"] * 5, "choice"),
        (["Ada", "Grace"], "text"),
        (["word " * 60], "long_text"),
        ([""], "text"),
        (["1", "0"], "number"),
    ],
)
def test_a_column_is_guessed_by_its_values(values: list[str], type: str) -> None:
    assert guess_type(values) == type


def test_names_are_made_from_labels_in_any_script() -> None:
    assert name_of("Acquired by!", set()) == "acquired_by"
    assert name_of("客户 等级", set()) == "客户_等级"
    assert name_of("Plan", {"plan", "plan_2"}) == "plan_3"
    assert name_of("???", set()) == "field"
    assert name_of("Budget max", set()) == "budget_max_field", "or it would be taken for a filter of “budget”"


def test_a_search_finds_texts_and_labels_but_nothing_sensitive(db: None) -> None:
    for name, type, more in (
        ("plan", "choice", {"choices": [{"value": "g", "label": "Gold"}]}),
        ("note", "text", {}),
        ("size", "number", {}),
    ):
        CustomField.objects.create(object="customer", name=name, label=name, type=type, **more)
    CustomField.objects.create(object="customer", name="secret", label="secret", sensitive=True)
    found = searchable_values(
        "customer", {"plan": "g", "note": "hello", "size": 3, "secret": {"sealed": "x"}, "other": "y"}
    )
    assert found == {"custom.plan": "Gold", "custom.note": "hello"}
