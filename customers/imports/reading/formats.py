"""Decimal sign and order of dates, by reading the values of all columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.imports.reading.detected import Guess

AMOUNT = re.compile(
    r"[(+\-−]?\s*(?:[$€£¥￥]|[A-Z]{3})?\s*[+\-−]?(\d[\d.,'’\s\u00a0\u202f]*)\s*(?:[$€£¥￥%]|[A-Z]{3})?\)?"
)
PARTS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})\.?(?:[T\s,].*)?")
POINT = re.compile(
    r"\d{1,3}(,\d{3})+\.\d*|\d+\.(\d{1,2}|\d{4,})|\d{1,3}(,\d{3}){2,}|\d{1,3}([ '’\u00a0\u202f]\d{3})+\.\d+"
)
COMMA = re.compile(
    r"\d{1,3}(\.\d{3})+,\d*|\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3}){2,}|\d{1,3}([ '’\u00a0\u202f]\d{3})+,\d+|0,\d+"
)
EITHER = re.compile(r"\d{1,3}[.,]\d{3}")
CLEAR = 0.9


class Formats:
    """Counts what speaks for which; ``settled`` when reading on would add nothing."""

    def __init__(self) -> None:
        self.signs = Counter[str]()
        self.orders = Counter[str]()
        self.marks = Counter[str]()

    def read(self, values: Iterable[str]) -> None:
        """Take in some values."""
        for value in values:
            text = value.strip()
            figure = text[:1].isdigit() or text[:1] in "(+-−$€£¥￥" or text[-1:].isdigit()
            if figure and not self._date(text):
                self._amount(text)

    @property
    def open_dates(self) -> bool:
        """Whether there are dates that may be read in two ways, and none that decides."""
        return self.orders["either"] > 0 and not self.orders["dmy"] and not self.orders["mdy"]

    def _date(self, text: str) -> bool:
        found = PARTS.fullmatch(text)
        if found is None:
            return False
        first, second, third = (int(part) for part in found.groups())
        if len(found[1]) == 4:
            self.orders["ymd"] += 1
        elif len(found[1]) > 2 or len(found[3]) in (1, 3) or second > 31 or (first > 31 and third > 31):
            return False
        elif first > 31:
            self.orders["ymd"] += 1
        elif first > 12:
            self.orders["dmy" if second <= 12 else "none"] += 1
        elif second > 12:
            self.orders["mdy"] += 1
        elif first != second:
            self.orders["either"] += 1
        return True

    def _amount(self, text: str) -> None:
        found = AMOUNT.fullmatch(text)
        if found is None or ("." not in text and "," not in text):
            return
        number = found[1].strip()
        for sign, pattern in ((".", POINT), (",", COMMA)):
            if pattern.fullmatch(number):
                self.signs[sign] += 1
                rest = re.sub(r"\d", "", number).replace(sign, "")
                self.marks.update(rest[:1])
                return
        if EITHER.fullmatch(number):
            self.signs["either"] += 1

    def decimal(self, hint: str = "") -> Guess:
        """The decimal sign."""
        point, comma = self.signs["."], self.signs[","]
        if point or comma:
            value, most = (".", point) if point >= comma else (",", comma)
            why = _("%(count)d numbers are written this way.") % {"count": most}
            other = "," if value == "." else "."
            return Guess(value=value, confidence=most / (point + comma), why=why, alternatives=(other,))
        if self.signs["either"]:
            value = hint or "."
            why = _("Numbers such as 1,234 and 1.234 can be read in two ways.")
            return Guess(value=value, confidence=0.5, why=why, alternatives=("," if value == "." else ".",))
        return Guess(
            value=hint or ".",
            confidence=0.6 if hint else 0.9,
            why=_("No number of the file has decimals."),
            alternatives=("." if hint == "," else ",",),
        )

    def thousands(self, decimal: str) -> Guess:
        """The sign between thousands."""
        found = self.marks.most_common(1)
        if found:
            return Guess(
                value=found[0][0],
                confidence=0.9,
                why=_("%(count)d numbers are written this way.") % {"count": found[0][1]},
            )
        return Guess(value="." if decimal == "," else ",", confidence=0.5, why=_("No number of the file shows it."))

    def date_order(self) -> Guess:
        """The order of day, month and year."""
        dmy, mdy = self.orders["dmy"], self.orders["mdy"]
        if dmy or mdy:
            value, most = ("dmy", dmy) if dmy >= mdy else ("mdy", mdy)
            why = _("%(count)d dates can be read in this order only.") % {"count": most}
            other = "mdy" if value == "dmy" else "dmy"
            return Guess(value=value, confidence=most / (dmy + mdy), why=why, alternatives=(other,))
        if self.orders["either"]:
            why = _("Every date of the file can be read as day–month or as month–day.")
            return Guess(value="dmy", confidence=0.5, why=why, alternatives=("mdy",))
        if self.orders["ymd"]:
            return Guess(value="ymd", why=_("The year comes first."))
        return Guess(value="dmy", confidence=0.9, why=_("The file holds no such dates."), alternatives=("mdy", "ymd"))

    def warnings(self, *, dates: bool, numbers: bool) -> list[str]:
        """What a person should look at."""
        found = []
        if dates and self.open_dates:
            found.append(_("Dates such as 03/04/2024 can be read in two ways; they are read as day, month, year."))
        elif dates and min(self.orders["dmy"], self.orders["mdy"]) > 0:
            found.append(_("Some dates make sense only with the day first, others only with the month first."))
        if numbers and self.signs["either"] and not self.signs["."] and not self.signs[","]:
            found.append(_("Numbers such as 1,234 can be read in two ways; look at the decimal sign."))
        elif numbers and min(self.signs["."], self.signs[","]) > 0:
            found.append(_("Some numbers have a decimal point, others a decimal comma."))
        return found
