"""What is measured over HTTP, and with which bar (a multiple of the floor's page or JSON)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.bench.servers import CannotMeasure, Web, tool

DEEP = 1000
PAGE = 50
STEP = 500


@dataclass(frozen=True)
class Measured:
    """A page of ours, the floor's row it is compared with, and the most it may cost."""

    name: str
    request: dict[str, Any]
    floor: str = "floor_page"
    must: float | None = None
    clients: tuple[int, ...] = (1,)


@dataclass
class Known:
    """Addresses that depend on the data."""

    customers: list[int]
    deep: str
    words: list[str] = field(default_factory=list)


def browser(web: Web, login: str, password: str) -> urllib.request.OpenerDirector:
    """A signed-in reader of pages."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{web.base}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    fields = {"login": login, "password": password, "csrfmiddlewaretoken": token.group(1) if token else ""}
    request = urllib.request.Request(f"{web.base}/accounts/login/", urllib.parse.urlencode(fields).encode())
    request.add_header("Referer", f"{web.base}/accounts/login/")
    opener.open(request)
    return opener


def look_around(web: Web, login: str, password: str) -> Known:
    """Ids for the record page, and the address of page 1,000 found by walking there."""
    reader = browser(web, login, password)
    ids: list[int] = []
    address = f"{web.base}/customers/?page_size={STEP}"
    for _step in range(DEEP * PAGE // STEP):
        page = reader.open(address).read().decode()
        ids += [int(found) for found in re.findall(r'href="/customers/(\d+)/[?"]', page)[:2]]
        cursors = re.findall(r"cursor=([A-Za-z0-9_%.=~-]+)", page)
        if not cursors:
            break
        address = f"{web.base}/customers/?page_size={STEP}&cursor={cursors[-1]}"
    if not ids:
        raise CannotMeasure("The customers list shows no customer.")
    deep = address.removeprefix(web.base).replace(f"page_size={STEP}&", "")
    return Known(customers=sorted(set(ids)), deep=deep)


def wanted(known: Known, folder: Path) -> list[Measured]:
    """Everything measured on our pages."""
    ids, words = folder / "ids", folder / "words"
    ids.write_text("\n".join(map(str, known.customers)))
    words.write_text(
        "\n".join(
            ["chen", "anna", "studio", "wei", "lin.x", "hotel", "nordlys", "%E6%99%93%E9%9B%A8", "00001234", "bern"]
        )
    )
    record = {"path": f"/customers/{{line:{ids}}}/"}
    return [
        Measured("customer_list", {"path": "/customers/"}, must=5, clients=(1, 8)),
        Measured("customer_page_1000", {"path": known.deep}, must=None),
        Measured("customer_list_by_churn", {"path": "/customers/?ordering=-churn_probability"}, must=5),
        Measured("customer_search", {"path": f"/customers/?search={{line:{words}}}"}, must=5),
        Measured("palette", {"path": f"/palette/?q={{line:{words}}}"}),
        Measured("search_page", {"path": f"/search?q={{line:{words}}}"}),
        Measured("customer_record", record, must=4.5, clients=(1, 8)),
        Measured("deal_list", {"path": "/sales/deals/"}, must=5),
        Measured("order_list", {"path": "/sales/orders/"}, must=5),
        Measured("ticket_list", {"path": "/service/tickets/"}, must=5),
        Measured("home", {"path": "/"}, must=5),
        Measured("customer_create", {
            "path": "/customers/new/", "form": "/customers/new/", "expect": [302, 303], "max_requests": 300,
            "data": {"name": "Bench {n}", "email": "bench{n}@bench.example", "first_name": "Bench", "last_name": "Number {n}"},
        }, must=3.2),
        Measured("rest_customers_100", {"path": "/api/v1/customers/?page_size=100"}, floor="floor_json", must=5),
    ]  # fmt: skip


FLOOR = [
    {"name": "floor_page", "path": "/contacts/?after={int:100:99999}"},
    {"name": "floor_json", "path": "/api/contacts/"},
]


def bench(
    web: Web, items: list[dict[str, Any]], *, clients: str, seconds: float, sign_in: list[str]
) -> list[dict[str, Any]]:
    """Rows of httpbench for these requests."""
    with tempfile.TemporaryDirectory() as folder:
        spec, out = Path(folder, "spec.json"), Path(folder, "out.json")
        spec.write_text(json.dumps(items))
        done = subprocess.run(
            [sys.executable, str(tool("httpbench.py")), "--base", web.base, "--spec", str(spec), "--json", str(out), "-c", clients,
             "--duration", str(seconds), "--min-requests", "20", "--repeat", "3", "--timeout", "60", *sign_in],
            stdout=sys.stderr, check=False,
        )  # fmt: skip
        if done.returncode != 0 or not out.exists():
            raise CannotMeasure("httpbench could not measure; the reason stands above.")
        return list(json.loads(out.read_text())["rows"])
