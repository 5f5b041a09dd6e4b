"""Phone numbers in one form for look-ups: E.164 where the country is known, else the bare digits."""

from __future__ import annotations

import re

CALLING = {
    # ISO code: (calling code, trunk prefix, names)
    "AR": ("54", "0", "argentina"), "AT": ("43", "0", "austria|österreich"), "AU": ("61", "0", "australia"),
    "BE": ("32", "0", "belgium|belgien|belgique"), "BR": ("55", "0", "brazil|brasil"),
    "CA": ("1", "1", "canada"), "CH": ("41", "0", "switzerland|schweiz|suisse"), "CN": ("86", "0", "china|中国|中國"),
    "CZ": ("420", "", "czechia|czech republic"), "DE": ("49", "0", "germany|deutschland|德国"),
    "DK": ("45", "", "denmark"), "ES": ("34", "", "spain|españa"), "FI": ("358", "0", "finland"),
    "FR": ("33", "0", "france|法国"), "GB": ("44", "0", "united kingdom|uk|great britain|england|英国"),
    "GR": ("30", "", "greece"), "HK": ("852", "", "hong kong|香港"), "IE": ("353", "0", "ireland|eire"),
    "IL": ("972", "0", "israel"), "IN": ("91", "0", "india"), "IT": ("39", "", "italy|italia"),
    "JP": ("81", "0", "japan|日本"), "KR": ("82", "0", "south korea|korea|한국|대한민국"), "MX": ("52", "01", "mexico"),
    "NL": ("31", "0", "netherlands|nederland"), "NO": ("47", "", "norway"), "NZ": ("64", "0", "new zealand"),
    "PL": ("48", "", "poland|polska"), "PT": ("351", "", "portugal"), "RU": ("7", "8", "russia|россия"),
    "SA": ("966", "0", "saudi arabia"), "SE": ("46", "0", "sweden|sverige"), "SG": ("65", "", "singapore|新加坡"),
    "TW": ("886", "0", "taiwan|台湾|台灣"), "UA": ("380", "0", "ukraine"),
    "US": ("1", "1", "usa|united states|united states of america|美国"), "VN": ("84", "0", "vietnam|viet nam"),
    "ZA": ("27", "0", "south africa"),
}  # fmt: skip
"""Numbering plans that hardly change; other countries' numbers keep their bare digits."""

BY_NAME = {name: plan[:2] for code, plan in CALLING.items() for name in (code.lower(), *plan[2].split("|"))}
EXTENSION = re.compile(r"\s*(?:ext\.?|x|#|转|分机).*$", re.IGNORECASE)
MOBILE_CN = re.compile(r"1[3-9]\d{9}")


def normalised_phone(text: str, country: str = "") -> str:
    """``+`` and digits where the country is told by the number or the record, else bare digits; "" for no number."""
    plain = EXTENSION.sub("", text.strip())
    digits = re.sub(r"\D", "", plain.translate(WIDE))
    if len(digits) < 5:
        return ""
    if plain.lstrip("( ").startswith(("+", "＋")):
        return f"+{digits}"
    if digits.startswith("00") and len(digits) > 8:
        return f"+{digits[2:]}"
    found = BY_NAME.get(country.strip().casefold())
    if found is None:
        return f"+86{digits}" if MOBILE_CN.fullmatch(digits) else digits
    calling, trunk = found
    if digits.startswith(calling) and len(digits) >= 11 and not (trunk and digits.startswith(trunk)):
        return f"+{digits}"
    return f"+{calling}{digits.removeprefix(trunk) if trunk else digits}"


WIDE = {ord(wide): ord(plain) for wide, plain in zip("０１２３４５６７８９＋", "0123456789+", strict=True)}
