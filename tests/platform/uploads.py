"""Imports of a running installation as a program from outside sends them, fast or slowly."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

from tests.platform.running import Running, manage

BOUNDARY = "0123456789abcdef"
WHO = """
from django.utils import timezone
from crm.accounts.models import Membership, Team, User
from crm.accounts.people import create_key
team = Team.objects.filter(parent=None).first() or Team.objects.create(name="Everyone")
user = User.objects.create_user("importer", password=None)
Membership.objects.create(user=user, team=team, role="admin")
print("key:" + create_key(user=user, name="faults", days=None, now=timezone.now())[1])
"""


def new_key(vantage: Running) -> str:
    """The key of a new person who may import."""
    done = manage(vantage.data_dir, "shell", "-c", WHO)
    assert "key:" in done.stdout, done.stderr
    return done.stdout.split("key:")[1].split()[0]


def people(rows: int) -> str:
    """A file of customers: every 100th has a date that is none, every 97th names nobody."""
    lines = ["Customer ID,Name,City,Birth date"]
    for n in range(1, rows + 1):
        if n % 97 == 0:
            lines.append(f",,Nowhere,{1900 + n % 100}-01-{1 + n // 100 % 28:02d}")
        else:
            lines.append(f"{n},Person {n},Town {n % 7},{'never' if n % 100 == 0 else ''}")
    return "\n".join(lines) + "\n"


class Upload(threading.Thread):
    """Sends one file; ``pieces`` and ``pause`` make it slow. ``status`` is 0 when the connection broke."""

    def __init__(self, vantage: Running, key: str, content: str, source: str, *, pieces: int = 1, pause: float = 0):
        super().__init__(daemon=True)
        self.vantage, self.key, self.source, self.pieces, self.pause = vantage, key, source, pieces, pause
        self.body = self._body(content.encode())
        self.sent, self.status, self.answer = 0.0, 0, {}

    def _body(self, content: bytes) -> bytes:
        fields = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {"kind": "customers", "source": self.source}.items()
        )
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{self.source}.csv"\r\n\r\n'
        return fields.encode() + head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()

    def run(self) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.vantage.port, timeout=20)
        try:
            link.putrequest("POST", "/api/v1/imports/")
            link.putheader("Authorization", f"Bearer {self.key}")
            link.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
            link.putheader("Content-Length", str(len(self.body)))
            link.endheaders()
            size = -(-len(self.body) // self.pieces)
            for place in range(0, len(self.body), size):
                link.send(self.body[place : place + size])
                self.sent = min(1.0, (place + size) / len(self.body))
                time.sleep(self.pause)
            answer = link.getresponse()
            self.answer = json.loads(answer.read() or b"{}")
            self.status = answer.status
        except (OSError, http.client.HTTPException, ValueError):
            self.status = 0
        finally:
            link.close()


def report(vantage: Running, key: str, import_id: int) -> dict[str, Any]:
    """An import as the API shows it."""
    link = http.client.HTTPConnection("127.0.0.1", vantage.port, timeout=10)
    try:
        link.request("GET", f"/api/v1/imports/{import_id}/", headers={"Authorization": f"Bearer {key}"})
        return json.loads(link.getresponse().read())
    finally:
        link.close()
