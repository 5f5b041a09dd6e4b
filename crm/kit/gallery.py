"""/ui/: every part in its states, the page that axe and screenshots look at."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kit.charts import Chart, Series
from crm.kit.ui import cells
from crm.kit.ui.reasons import Reason
from crm.kit.views import Page

NAMES = [
    "Lin Xiaoyu", "王磊", "Nordlys AB", "翡翠酒店", "Jane Hoffmann-Österreich", "Cedar & Co", "赵敏", "Blue Finch",
    "Donaudampfschifffahrtsgesellschaft mbH", "九号工作室",
]  # fmt: skip


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it stands on invoices."))
    email = forms.EmailField(label=_("E-mail"))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("person", _("Person")), ("company", _("Company"))])
    born = forms.DateField(label=_("Birth date"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    mails = forms.BooleanField(label=_("May receive e-mails"), required=False)


class Gallery(Page):
    """Nothing of the workspace's data: all figures are made up."""

    policy = ("self", "view")
    template_name = "ui/gallery.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        bound = SampleForm({"name": "", "email": "lin.xiaoyu", "kind": "person"})
        bound.is_valid()
        return super().get_context_data(
            now=now,
            earlier=[now - timedelta(minutes=3), now - timedelta(hours=5), now - timedelta(days=3), now - timedelta(days=40)],
            names=NAMES,
            rows=sample_rows(now),
            parts=[Reason(str(_("No order for 74 days (usual: 31)")), 0.26), Reason(str(_("2 complaints about delivery")), 0.17),
                   Reason(str(_("E-mail opens fell 60%")), 0.11), Reason(str(_("Premium plan member")), -0.09),
                   Reason(str(_("Customer for 4.2 years")), -0.06)],
            form=SampleForm(), bound=bound, charts=sample_charts(now),
            job=SimpleNamespace(kind="sample", title=_("Import of orders"), state="running", is_over=False, done=48_216, total=370_931,
                                started_at=now - timedelta(seconds=40), message=_("Checking rows"), error=""),
            failed=SimpleNamespace(kind="sample", title=_("Training"), state="failed", is_over=True, done=0, total=None, started_at=None,
                                   message="", error=_("Too little data: 12 customers, at least 200 are needed.")),
            spark=[70, 72, 71, 74, 69, 68, 66, 67, 62], switch=[(str(_("Board")), "?view=board", True), (str(_("Table")), "?view=table", False)],
            tones=["", "ok", "warn", "bad", "info", "accent", "insight"],
            **kwargs,
        )  # fmt: skip


def sample_rows(now: datetime) -> list[list[Any]]:
    """Ten rows of a customer list, made by the fast cells."""
    draw = random.Random(7)
    return [
        [
            place, cells.person(name, f"#{place}"), cells.text("Mei Chen" if place % 3 else ""), cells.health(draw.randint(20, 96)),
            cells.risk(draw.random()), cells.money(draw.randint(120, 90_000), "CNY"), cells.ago(now - timedelta(hours=draw.randint(1, 900)), now),
            cells.chips([_("Loyal"), _("Office buyers"), _("New")][: 1 + place % 3], "insight"), cells.tags(["wechat", "vip"][: place % 3]),
        ]
        for place, name in enumerate(NAMES)
    ]  # fmt: skip


def sample_charts(now: datetime) -> dict[str, Chart]:
    """One chart of each kind."""
    draw = random.Random(3)
    days = [date(2026, 8, 25) + timedelta(days=n) for n in range(88)]
    orders = [round(120 + 25 * math.sin(n / 7 * 2 * math.pi) + draw.gauss(0, 8)) for n in range(88)]
    orders[61], orders[74] = 24, 231
    points: list[tuple[date, float | None]] = [
        (d, None if 30 <= n <= 38 else y) for n, (d, y) in enumerate(zip(days, orders, strict=True))
    ]
    months = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]
    return {
        "control": Chart("control", str(_("Orders fell to 24 on 25 October, far below the expected band")), str(_("orders per day")),
                         [Series(str(_("Orders")), points)], period=str(_("last 88 days")), source=now, limits=(58, 186), mean=121,
                         band=[(70 + 10 * math.sin(n / 7 * 6.28), 170 + 10 * math.sin(n / 7 * 6.28)) for n in range(88)],
                         breaches=[61, 74], notes=[(days[50], str(_("Autumn campaign")))], csv="#"),
        "line": Chart("line", str(_("Revenue grew in Europe and stood still elsewhere")), "CNY",
                      [Series(str(_("Europe")), [(d, 40_000 + 320 * n + draw.gauss(0, 900)) for n, d in enumerate(days[::4])]),
                       Series(str(_("Asia")), [(d, 52_000 + draw.gauss(0, 1500)) for d in days[::4]]),
                       Series(str(_("America")), [(d, 31_000 + draw.gauss(0, 1200)) for d in days[::4]])],
                      period=str(_("last 12 weeks")), source=now, currency="CNY", csv="#"),
        "bar": Chart("bar", str(_("October was the best month of the half-year")), str(_("orders")),
                     [Series(str(_("Orders")), [(m, draw.randint(800, 1900)) for m in months])], source=now),
        "grouped": Chart("grouped", str(_("Returns rose with sales")), str(_("orders")),
                         [Series(str(_("Sales")), [(m, draw.randint(800, 1900)) for m in months]), Series(str(_("Returns")), [(m, draw.randint(90, 300)) for m in months])]),
        "stacked": Chart("stacked", str(_("Mail is still the main channel")), str(_("contacts")),
                         [Series(str(name), [(m, draw.randint(40, 300)) for m in months]) for name in (_("Mail"), _("Call"), _("Chat"), _("Meeting"), _("Web"))]),
        "histogram": Chart("histogram", str(_("Half of the customers buy again within 31 days")), str(_("customers")),
                           [Series(str(_("Customers")), [(f"{n * 7}", round(900 * math.exp(-n / 4))) for n in range(16)])], x_label=str(_("Days between orders"))),
        "scatter": Chart("scatter", str(_("Frequent buyers spend more, with three groups apart")), str(_("orders per year × spend")),
                         [Series(str(name), [(draw.gauss(x, 2), draw.gauss(y, 400)) for _n in range(80)]) for name, x, y in ((_("Champions"), 24, 5200), (_("Loyal"), 14, 2600), (_("Promising"), 6, 1400))]),
        "calibration": Chart("calibration", str(_("Predicted and observed risk agree within 3 points")), str(_("share that left")),
                             [Series(str(_("Model")), [(n / 10, min(1, max(0, n / 10 + draw.gauss(0, 0.02)))) for n in range(11)], sizes=[400 - 30 * n for n in range(11)])], share=True),
        "gain": Chart("gain", str(_("Contacting the riskiest fifth reaches more than half of those who leave")), str(_("share reached")),
                      [Series(str(_("Model")), [(n / 20, 1 - (1 - n / 20) ** 3.6) for n in range(21)]), Series(str(_("Recency rule")), [(n / 20, 1 - (1 - n / 20) ** 1.8) for n in range(21)])], share=True, cutoff=0.2),
        "hbar": Chart("hbar", str(_("Days since the last order move the risk most")), str(_("percentage points")),
                      [Series(str(_("Mean effect")), [(str(_("Days since the last order")), 18.2), (str(_("Orders in 90 days")), 11.4), (str(_("Returns")), 6.1), (str(_("Tenure")), -4.8)])]),
        "heat": Chart("heat", str(_("Champions lead in every measure")), "", [
            Series(str(name), [(str(col), value) for col, value in zip((_("Customers"), _("Orders"), _("Spend"), _("Risk")), values, strict=True)])
            for name, values in ((_("Champions"), (212, 24, 5200, 8)), (_("Loyal"), (640, 14, 2600, 17)), (_("Promising"), (1204, 6, 1400, 33)), (_("Hibernating"), (980, 1, 210, 81)))]),
        "empty": Chart("line", str(_("Orders per day")), str(_("orders")), [Series(str(_("Orders")), [])]),
    }  # fmt: skip
