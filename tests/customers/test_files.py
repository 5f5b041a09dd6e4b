"""Files of records: what comes in, how it goes out, who reaches it, and what becomes of the bytes."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from crm.kit.content import plain_name
from crm.kit.errors import Refused
from customers.files import services
from customers.files.models import Attachment
from customers.merging.services import merge_customers, unmerge
from customers.privacy import copies, erasing
from tests.cast import NOW, Cast, make_customer

pytestmark = pytest.mark.django_db
SCRIPT = b"<script>alert(document.cookie)</script>"
LIMIT = services.most_bytes()
SignIn = Callable[[str], Client]


def picture(name: str = "PNG", size: tuple[int, int] = (40, 30), tail: bytes = b"") -> bytes:
    """A picture, with something hung on its end and a comment where the format takes one."""
    out, more, camera = io.BytesIO(), {"comment": SCRIPT} if name in ("GIF", "JPEG") else {}, Image.Exif()
    camera[0x010E] = SCRIPT.decode()  # where cameras write places and names
    Image.new("RGB", size, "teal").save(out, name, exif=camera, **more)
    return out.getvalue() + tail


def huge() -> bytes:
    """A PNG of a few bytes that says it has 30,000 × 30,000 pixels."""
    made = bytearray(picture())
    made[16:24] = (30_000).to_bytes(4, "big") * 2
    made[29:33] = zlib.crc32(bytes(made[12:29])).to_bytes(4, "big")
    return bytes(made)


def phar() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as pack:
        pack.writestr("stub.php", "<?php __HALT_COMPILER();")
    return packed.getvalue()


TOO_LARGE, EMPTY, PIXELS = "larger than", "is empty", "million pixels"
CASES = [
    ("photo.png", picture("PNG", tail=SCRIPT), "image/png", ""),
    ("photo.jpg", picture("JPEG", tail=phar()), "image/jpeg", ""),
    ("anim.gif", b"".join([picture("GIF"), SCRIPT]), "image/gif", ""),
    ("logo.webp", picture("WEBP"), "image/webp", ""),
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", services.PLAIN, ""),
    ("page.html", b"<!doctype html>" + SCRIPT, services.PLAIN, ""),
    ("archive.pHaR", phar(), "application/zip", ""),
    ("invoice.pdf.exe", b"MZ\x90\x00" + SCRIPT, services.PLAIN, ""),
    ("notes.png", b"GIF89a/*" + SCRIPT + b"*/=1", services.PLAIN, ""),
    ("report.pdf", b"%PDF-1.7\n" + SCRIPT, "application/pdf", ""),
    ("nothing.txt", b"", "", EMPTY),
    ("bomb.png", huge(), "", PIXELS),
    ("large.bin", b"x" * (LIMIT + 1), "", TOO_LARGE),
]


@pytest.mark.parametrize(("name", "content", "kind", "complaint"), CASES, ids=[one[0] for one in CASES])
def test_no_upload_becomes_a_page_of_ours(
    cast: Cast, sign_in: SignIn, name: str, content: bytes, kind: str, complaint: str
) -> None:
    """A38: pictures are drawn anew; everything else leaves as an attachment without a type; the rest is refused."""
    client, customer = sign_in("rep"), cast.rows["rep"]["customer"]
    where = f"/files/customer/{customer.pk}/"
    answer = client.post(where, {"file": SimpleUploadedFile(name, content)}, headers={"HX-Request": "true"})
    if complaint:
        assert answer.status_code == (413 if complaint == TOO_LARGE else 422)
        assert complaint in answer.content.decode()
        assert not Attachment.objects.exists()
        return
    assert answer.status_code == 200, answer.content.decode()
    row = Attachment.objects.get()
    held = Path(row.file.path)
    assert (row.name, row.kind, row.size) == (name, kind, held.stat().st_size)
    assert held.name not in name and "." not in held.name and held.stat().st_mode & 0o077 == 0
    shown = client.get(f"/files/{row.token}/?show=1")
    sent = b"".join(shown)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    if row.is_picture:
        assert SCRIPT not in sent and b"stub.php" not in sent
        assert Image.open(io.BytesIO(sent)).size == (40, 30)
        assert shown.headers["Content-Type"] == kind
    else:
        assert sent == content
        assert shown.headers["Content-Disposition"].startswith("attachment")
        assert shown.headers["Content-Type"] == "application/octet-stream"


def test_names_are_shown_without_folders_and_unseen_signs() -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("C:\\temp\\offer\u202egnp.exe\r\nSet-Cookie: a") == "offergnp.exeSet-Cookie: a"
    assert plain_name("报价单.pdf") == "报价单.pdf"
    assert plain_name("x" * 300 + ".pdf") == "x" * 146 + ".pdf"


def add(cast: Cast, obj: str = "customer", actor: str = "rep", band: str = "rep") -> Attachment:
    return services.add_file(
        user=cast.users[actor], obj=obj, pk=cast.rows[band][obj].pk, upload=io.BytesIO(b"kept"), name="offer.txt", now=NOW
    )  # fmt: skip


def test_files_follow_the_rights_of_their_record(cast: Cast, sign_in: SignIn) -> None:
    """On customers, contacts, deals and tickets: who sees reads, who changes writes, for others it is not there."""
    for obj in ("customer", "contact", "deal"):
        row = add(cast, obj)
        assert sign_in("rep").get(f"/files/{row.token}/").status_code == 200
        assert sign_in("agent").get(f"/files/{row.token}/").status_code == 200
        for actor in ("rival", "outsider"):
            assert sign_in(actor).get(f"/files/{row.token}/").status_code == 404
            assert sign_in(actor).post(f"/files/{row.token}/remove/").status_code == 404
            assert sign_in(actor).get(f"/files/{obj}/{cast.rows['rep'][obj].pk}/").status_code == 404
        for verb in (lambda row=row: services.remove_file(user=cast.users["agent"], token=row.token, now=NOW),
                     lambda obj=obj: add(cast, obj, "agent")):  # fmt: skip
            with pytest.raises(Refused) as refused:
                verb()
            assert refused.value.status == 403
    ticket = add(cast, "ticket", "agent")
    assert sign_in("rep").get(f"/files/{ticket.token}/").status_code == 200
    with pytest.raises(Refused, match="not change"):
        add(cast, "ticket", "rep")
    assert sign_in("rep").get("/files/nonsense/1/").status_code == 404


def test_a_removed_file_comes_back_and_goes_for_good_after_a_day(cast: Cast, sign_in: SignIn) -> None:
    """The toast offers Undo; the hourly tidying takes the bytes, those whose row is gone too."""
    row, client = add(cast), sign_in("rep")
    answer = client.post(f"/files/{row.token}/remove/", headers={"HX-Request": "true"})
    assert f"/files/{row.token}/restore/" in answer.headers["HX-Trigger"]
    assert client.get(f"/files/{row.token}/").status_code == 404
    assert client.post(f"/files/{row.token}/restore/").status_code == 303
    assert "offer.txt" in client.get(f"/customers/{row.customer_id}/").content.decode()
    services.remove_file(user=cast.users["rep"], token=row.token, now=NOW)
    services.tidy(now=NOW + timedelta(hours=23))
    assert Path(row.file.path).exists()
    lost = add(cast, "deal")
    cast.rows["rep"]["deal"].delete()
    services.tidy(now=NOW + timedelta(hours=25))
    assert not Path(row.file.path).exists()
    assert not Path(lost.file.path).exists()
    assert not Attachment.objects.exists()
    purged = add(cast)
    Attachment.objects.all().delete()
    services.tidy(now=timezone.now() + timedelta(hours=25))
    assert not Path(purged.file.path).exists()


def test_merging_moves_files_a_copy_holds_them_and_erasing_deletes_their_bytes(
    cast: Cast, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """Those on the deals of the customer too."""
    user, keep = cast.users["admin"], make_customer("Ada")
    files = [add(cast), add(cast, "deal")]
    other = files[0].customer_id
    assert other is not None
    merge = merge_customers(user=user, keep_id=keep.pk, other_ids=[other], now=NOW)
    assert set(Attachment.objects.values_list("customer", flat=True)) == {keep.pk}
    unmerge(user=user, merge_id=merge.pk, now=NOW)
    assert set(Attachment.objects.values_list("customer", flat=True)) == {other}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as pack:
        copies._write(pack, erasing.subject_of("customer", other), NOW, None)
        assert pack.read(f"files/{files[0].pk}-offer.txt") == b"kept"
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_now(kind="customer", pk=other, reason="asked", now=NOW)
    assert not Attachment.objects.exists()
    assert not any(Path(one.file.path).exists() for one in files)
