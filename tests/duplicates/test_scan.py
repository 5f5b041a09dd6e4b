"""The scan: the published sets, what people said is remembered, only what changed is judged again."""

import csv
import io
import json
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from customers import services as customers
from customers.duplicates import scan, services
from customers.duplicates.weights import POINTS, RANGE
from customers.duplicates.words import WORDS, sentence, told
from customers.models import Customer, DuplicatePair, DuplicateScan
from tests.cast import NOW, make_cast, make_customer
from tests.duplicates.sets import found_by, measured, prepared

pytestmark = pytest.mark.django_db

LEAST = {"A": 0.99, "C": 0.87, "restaurant": 0.94, "splink": 0.84}


@pytest.mark.parametrize("name", sorted(LEAST))
def test_a_published_set_comes_in_by_the_import_and_its_doubles_are_found(name, tmp_path):
    file, mapping, true = prepared(name, tmp_path)
    call_command("import", "customers", str(file), mapping=mapping, stdout=io.StringIO())
    out = tmp_path / "pairs.csv"
    told = io.StringIO()
    call_command("duplicates", "scan", out=out, stdout=told)
    precision, recall, f1 = measured(found_by(), true)
    assert f1 >= LEAST[name], (precision, recall, f1)
    assert measured(found_by("certain"), true)[0] >= 0.98
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["id_a", "id_b", "external_id_a", "external_id_b", "score", "decision", "reasons"]
    assert {frozenset((row["external_id_a"], row["external_id_b"])) for row in rows} == found_by()
    assert {row["decision"] for row in rows} <= {"certain", "review"}
    assert json.loads(told.getvalue())["pairs"] == len(rows)


def twins(**values):
    """Two customers that are certainly one, and a stranger."""
    shared = {
        "email": "wang@mail.example",
        "phone": "+86 138 0013 8000",
        "city": "上海",
        "postcode": "200000",
        **values,
    }
    one = make_customer("王小明", first_name="小明", last_name="王", **shared)
    two = make_customer("Wang Xiaoming", **shared)
    make_customer("Somebody Else", email="else@mail.example")
    return one, two


def scanned(*, whole=True):
    return scan.run_scan(whole=whole, now=timezone.now())


def test_a_chinese_name_and_its_pinyin_are_one_and_the_reasons_add_up():
    one, two = twins()
    done = scanned()
    pair = DuplicatePair.objects.get()
    assert (pair.a_id, pair.b_id, pair.decision) == (one.pk, two.pk, "certain")
    assert (done.state, done.customers, done.found) == ("done", 3, 1)
    assert sum(part[2] for part in pair.reasons) == pytest.approx(pair.points, abs=0.05 * len(pair.reasons) + 0.001)
    assert "same phone" in sentence(pair.reasons, {})


def test_firms_are_one_whatever_their_legal_form():
    make_customer("深圳市华为技术有限公司", kind="company", phone="0755 28780808")
    make_customer("深圳市华为技术", kind="company", phone="075528780808")
    make_customer("Müller & Söhne GmbH", kind="company", city="Köln", address="Domstraße 3", phone="0221 5550123")
    make_customer("Mueller und Soehne", kind="company", city="Koeln", address="Domstr. 3", phone="0221 5550123")
    scanned()
    assert DuplicatePair.objects.count() == 2


def test_people_of_one_household_are_never_certain():
    home = {"address": "Lindenallee 5", "city": "Berlin", "postcode": "10115", "phone": "030 5550123"}
    make_customer("Anna Becker", first_name="Anna", last_name="Becker", **home)
    make_customer("Jonas Becker", first_name="Jonas", last_name="Becker", **home)
    scanned()
    assert not DuplicatePair.objects.filter(decision="certain").exists()


def test_not_a_duplicate_is_remembered_until_one_of_them_changes():
    cast = make_cast()
    _one, two = twins(team=cast.teams["north"])
    scanned()
    pair = DuplicatePair.objects.get(b=two)
    services.dismiss(user=cast.users["rep"], pair_id=pair.pk, now=NOW)
    scanned()
    pair.refresh_from_db()
    assert pair.state == "dismissed"
    customers.update_customer(user=cast.users["rep"], customer_id=two.pk, values={"note": "nothing to do with it"})
    scanned(whole=False)
    pair.refresh_from_db()
    assert pair.state == "dismissed"
    customers.update_customer(user=cast.users["rep"], customer_id=two.pk, values={"city": "Suzhou"})
    scanned(whole=False)
    pair.refresh_from_db()
    assert (pair.state, pair.verdict_by) == ("open", None)


def test_a_scan_of_what_changed_finds_and_forgets_like_a_scan_of_everything():
    twins()
    scanned()
    late = make_customer("Wang Xiao Ming", email="wang@mail.example", phone="13800138000", city="上海")
    done = scanned(whole=False)
    assert done.customers == 1
    assert DuplicatePair.objects.open().filter(b=late).count() == 2
    assert set(DuplicatePair.objects.values_list("group", flat=True)) == {DuplicatePair.objects.first().a_id}
    late.name, late.email, late.phone, late.city = "Zoe Marchetti", "zoe@mail.example", "+39 06 1234 5678", "Roma"
    late.save()
    scanned(whole=False)
    assert not DuplicatePair.objects.filter(b=late).exists()


def test_a_killed_scan_goes_on_behind_the_last_pass_it_wrote():
    twins()
    left = DuplicateScan.objects.create(whole=True, started_at=timezone.now(), passes=3)
    done = scanned()
    assert (done.pk, done.state) == (left.pk, "done")
    assert done.passes > 3


def test_a_second_scan_at_the_same_time_is_refused():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [scan.LOCK])
        with pytest.raises(CommandError, match="Another scan"):
            call_command("duplicates", "scan", stdout=io.StringIO())
    finally:
        other.close()


def test_the_web_process_loads_no_numpy_for_duplicates():
    modules = "customers.duplicates.selectors, customers.duplicates.views, customers.duplicates.scan"
    code = (
        "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings'); django.setup(); "
        f"import {modules}, sys; print('numpy' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_reasons_of_fields_that_the_reader_does_not_see_are_one_line_without_words():
    parts = [["phone", "same", 15.0], ["email", "other", -5.0], ["city", "same", 2.0]]
    labels = [one.label for one in told(parts, {"phone": "masked", "email": "hidden"})]
    assert labels == ["same city", "fields that your role does not see"]
    assert sum(one.points for one in told(parts, {"phone": "masked"})) == 12.0


def test_every_level_has_words():
    fields = {(field, level) for field, levels in POINTS.items() for level in levels}
    assert fields | {(field, "same") for field in RANGE} <= set(WORDS)


def test_the_trash_is_not_compared():
    _one, two = twins()
    Customer.objects.filter(pk=two.pk).update(deleted_at=NOW)
    scanned()
    assert not DuplicatePair.objects.exists()
