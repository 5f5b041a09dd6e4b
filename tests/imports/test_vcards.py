"""vCards of many programs: every card comes in, with all its ways to reach people; what has no place is named."""

import re

import pytest

from customers.models import Contact, ContactPoint, Customer
from tests.imports.conftest import DATA, counted, rejected

FOLDER = DATA / "vcards"
FILES = sorted(FOLDER.glob("*.vcf")) if FOLDER.exists() else []


@pytest.mark.skipif(not FILES, reason="the data sets beside the checkout are absent")
@pytest.mark.parametrize("kind", ["customers", "contacts"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_card_is_in_and_what_has_no_place_is_named(bring, path, kind):
    report = bring(kind, path)
    text = path.read_bytes().decode("utf-8", "replace")
    cards = len(re.findall(r"^BEGIN:VCARD", text, re.MULTILINE | re.IGNORECASE))
    assert counted(report) == (cards, cards, 0, 0, 0, 0)
    model = Customer if kind == "customers" else Contact
    assert model.objects.count() == cards
    mails = set(re.findall(r"^(?:item\d\.)?EMAIL[^:\n]*:(\S+@\S+)", text, re.MULTILINE | re.IGNORECASE))
    assert mails <= set(ContactPoint.objects.filter(kind="email").values_list("value", flat=True))
    left = " ".join(report["treatments"])
    for name in ("URL", "NICKNAME", "GEO", "TZ", "ANNIVERSARY"):
        if re.search(rf"^(item\d\.)?{name}[;:]", text, re.MULTILINE):
            assert f"vCard: {name}, left out" in left
    if re.search(r"^PHOTO", text, re.MULTILINE):
        assert report["treatments"]["vCard: photos and other binary values, left out"] >= 1


CARD = """BEGIN:VCARD
VERSION:{version}
N:King;Ada;;;
FN:Ada King
{points}
BDAY:1815-12-10
CATEGORIES:vip,press
NOTE:first\\nsecond
END:VCARD
"""
POINTS = {
    "2.1": "TEL;WORK;VOICE:+44 20 7946 0001\nTEL;CELL;PREF:+44 7700 900001\nEMAIL;HOME:ada@home.org\nEMAIL;WORK;PREF:ada@work.org\n"
           "ADR;HOME:;;1 Home St;London;;N1;UK\nADR;WORK:;;2 Work St;Leeds;;L1;UK",
    "3.0": "TEL;TYPE=WORK,VOICE:+44 20 7946 0001\nTEL;TYPE=CELL;TYPE=pref:+44 7700 900001\nEMAIL;TYPE=HOME:ada@home.org\n"
           "item1.EMAIL;TYPE=pref:ada@work.org\nitem1.X-ABLabel:_$!<Work>!$_\nADR;TYPE=HOME:;;1 Home St;London;;N1;UK\nADR;TYPE=WORK:;;2 Work St;Leeds;;L1;UK",
    "4.0": "TEL;VALUE=uri;TYPE=\"work,voice\":tel:+44 20 7946 0001\nTEL;TYPE=cell;PREF=1:+44 7700 900001\nEMAIL;TYPE=home:ada@home.org\n"
           "EMAIL;TYPE=work;PREF=1:ada@work.org\nADR;TYPE=home:;;1 Home St;London;;N1;UK\nADR;TYPE=work:;;2 Work St;Leeds;;L1;UK",
}  # fmt: skip


@pytest.mark.parametrize("version", POINTS)
def test_all_ways_to_reach_a_person_become_points_with_labels(bring, version):
    card = CARD.format(version=version, points=POINTS[version])
    assert counted(bring("customers", card)) == (1, 1, 0, 0, 0, 0)
    ada = Customer.objects.get()
    assert (ada.phone, ada.email, ada.address, ada.city) == ("+44 7700 900001", "ada@work.org", "1 Home St", "London")
    assert (ada.birth_date.isoformat(), ada.tags, ada.note) == ("1815-12-10", ["vip", "press"], "first\nsecond")
    points = {(p.kind, p.label, p.value, p.primary) for p in ada.points.all()}
    assert points == {
        ("phone", "work", "+44 20 7946 0001", False), ("phone", "mobile", "+44 7700 900001", True),
        ("email", "home", "ada@home.org", False), ("email", "work", "ada@work.org", True),
        ("address", "home", "1 Home St, London, N1, UK", True), ("address", "work", "2 Work St, Leeds, L1, UK", False),
    }  # fmt: skip
    assert ada.points.get(kind="phone", label="work").normalised == "+442079460001"
    assert counted(bring("customers", card)) == (1, 0, 0, 1, 0, 0)
    assert ada.points.count() == 6


def test_a_card_without_an_end_is_rejected_and_the_others_are_in(bring):
    report = bring("customers", "BEGIN:VCARD\nFN:Ada\nBEGIN:VCARD\nFN:Ben\nEND:VCARD\nBEGIN:VCARD\nFN:Cleo\n")
    assert counted(report) == (3, 1, 0, 0, 0, 2)
    assert Customer.objects.get().name == "Ben" and "the card has no end" in rejected(report)


def test_quoted_printable_and_a_nested_card_are_read(bring):
    card = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg M=FC=\r\nller\r\n"
        "AGENT:\r\nBEGIN:VCARD\r\nFN:Somebody else\r\nEND:VCARD\r\nEMAIL:joerg@x.org\r\nEND:VCARD\r\n"
    )
    assert counted(bring("customers", card)) == (1, 1, 0, 0, 0, 0)
    assert list(Customer.objects.values_list("name", "email")) == [("Jörg Müller", "joerg@x.org")]
