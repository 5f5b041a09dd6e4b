"""Two hundred files that are broken, hostile or odd, made from one seed: the same ones in every run."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COUNT = 200
WORDS = (
    "Ada",
    "Ödön",
    "王小明",
    "Müller",
    "O'Brien",
    "=1+1",
    "NULL",
    "",
    "a,b",
    'say "hi"',
    "two\nlines",
    "\t",
    "0012",
    "-5",
)


@dataclass(frozen=True)
class Malformed:
    """One file, the family it is of, and the kind it is imported as."""

    name: str
    kind: str
    data: bytes


def files(seed: int = 2026) -> Iterator[Malformed]:
    """All of them: each family in turn, until there are ``COUNT``."""
    kinds = ("customers", "contacts", "deals", "orders", "interactions", "products")
    families = list(FAMILIES.items())
    for number in range(COUNT):
        name, make = families[number % len(families)]
        rng = random.Random(f"{seed} {name} {number}")
        kind = "customers" if number < len(families) else rng.choice(kinds)
        yield Malformed(name=f"{number:03} {name}", kind=kind, data=make(rng))


def table(rng: random.Random, rows: int = 0, columns: int = 0) -> list[list[str]]:
    """A plain table of customers with odd cells."""
    header = ["id", "name", "email", "phone", "birth_date", "city", "note"][: columns or 7]
    return [header] + [
        [str(n), f"N{n}", f"n{n}@x.org", "+44 20 7946 0001", "2001-02-03", rng.choice(WORDS), rng.choice(WORDS)][
            : len(header)
        ]
        for n in range(rows or rng.randint(3, 30))
    ]


def text(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def plain(rng: random.Random, **values: int) -> bytes:
    return text(table(rng, **values)).encode()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def sheet(rng: random.Random, **parts: bytes | None) -> bytes:
    """A spreadsheet of which some parts are replaced or left out."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in table(rng):
        book.active.append([cell.replace("\t", " ") for cell in row])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["docProps/core.xml"] = re.sub(
        rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-01T00:00:00Z", members["docProps/core.xml"]
    )
    for name, data in parts.items():
        path = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "book": "xl/workbook.xml",
                "styles": "xl/styles.xml"}[name]  # fmt: skip
        if data is None:
            members.pop(path, None)
        else:
            members[path] = data
    return zipped(*members.items())


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(len(data) // 4, len(data) - 2)]


def torn(data: bytes, rng: random.Random, places: int = 12) -> bytes:
    """Some bytes changed."""
    broken = bytearray(data)
    for _number in range(places):
        broken[rng.randrange(len(broken))] = rng.randrange(256)
    return bytes(broken)


def swapped(data: bytes, old: bytes, new: bytes) -> bytes:
    return data.replace(old, new, 1)


def encrypted(rng: random.Random) -> bytes:
    """An archive whose only member says that it is encrypted."""
    data = bytearray(zipped(("data.csv", plain(rng))))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(sign) + place
        data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


def linked(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("data.csv")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return out.getvalue()


def doubled(rng: random.Random) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zipped(("data.csv", plain(rng)), ("data.csv", plain(rng)))


def nested(rng: random.Random) -> bytes:
    data = plain(rng)
    for number in range(rng.randint(1, 5)):
        data = zipped((f"{number}.zip" if number else "data.csv", data))
    return zipped(("inner.zip", data))


def xlsx_rows(rows: str, dimension: str = "A1:B2") -> bytes:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    ).encode()


def inline(*cells: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)


HEAD = '<row r="1">' + inline("id", "name") + "</row>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DOCTYPE = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
CARDS = "BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEMAIL:a@x.org\nEND:VCARD\n"


def ragged(rng: random.Random) -> bytes:
    rows = table(rng)
    return text(
        [row if rng.random() < 0.5 else (row + ["more"] * rng.randint(1, 9))[rng.randint(0, 3) :] for row in rows]
    ).encode()


def mixed(rng: random.Random) -> bytes:
    lines = text(table(rng, rows=20)).splitlines()
    codes = ("utf-8", "cp1252", "gb18030", "cp1251", "utf-16-le")
    return b"\n".join(line.encode(rng.choice(codes), "replace") for line in lines)


def quotes(rng: random.Random) -> bytes:
    lines = text(table(rng, rows=30)).splitlines()
    place = rng.randrange(1, len(lines))
    lines[place] = lines[place].replace(",", ',"', 1)
    return "\n".join(lines).encode()


def delimiters(rng: random.Random) -> bytes:
    return "\n".join(text([row], delimiter=rng.choice(",;\t|")).strip("\n") for row in table(rng)).encode()


def wide(rng: random.Random) -> bytes:
    return ",".join(f"c{n}" for n in range(100_000)).encode() + b"\n" + b",".join([b"x"] * 100_000)


def one_line(rng: random.Random) -> bytes:
    return b"id,name\n1," + rng.choice([b"x", b"x,", b'"x']) * rng.choice([2_000_000, 16_000_000])


def deep(rng: random.Random) -> bytes:
    depth = rng.choice([200, 5_000, 100_000])
    return rng.choice(
        [
            b"[" * depth,
            b'{"a":' * depth,
            b"[" * depth + b"]" * depth,
            b'[{"name":' + b"[" * depth + b"]" * depth + b"}]",
        ]
    )


def cells(rng: random.Random) -> bytes:
    return text(
        [["id", "name", "note"], ["1", "Ada", "x" * rng.choice([300_000, 3_900_000, 5_000_000])], ["2", "Ben", ""]]
    ).encode()


def unreadable(rng: random.Random) -> bytes:
    return bytes(rng.randrange(256) for _n in range(rng.randint(100, 20_000)))


def odd_utf16(rng: random.Random) -> bytes:
    data = text(table(rng), delimiter="\t").encode(rng.choice(["utf-16", "utf-16-le", "utf-16-be"]))
    return data[: -rng.choice([1, 3])]


FAMILIES: dict[str, Callable[[random.Random], bytes]] = {
    "empty": lambda rng: b"",
    "blanks": lambda rng: b" \n\r\n\t\n" * rng.randint(1, 500),
    "only a byte-order mark": lambda rng: rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00"]),
    "only a header": lambda rng: text(table(rng)[:1]).encode(),
    "gzip cut short": lambda rng: cut(packed(plain(rng, rows=2000)), rng),
    "gzip torn": lambda rng: b"\x1f\x8b\x08" + torn(packed(plain(rng, rows=500))[3:], rng),
    "gzip of nothing": lambda rng: packed(b""),
    "gzip in gzip": lambda rng: packed(packed(plain(rng))),
    "gzip bomb": lambda rng: packed(b"id,name\n1," + b"x" * rng.choice([10_000_000, 60_000_000])),
    "gzip of a zip": lambda rng: packed(zipped(("data.csv", plain(rng)))),
    "other packing": lambda rng: rng.choice([bz2.compress(plain(rng)), b"7z\xbc\xaf\x27\x1c" + plain(rng), b"Rar!\x1a\x07" + plain(rng)]),
    "zeros inside": lambda rng: torn(plain(rng), rng, 3).replace(b"N1", b"N\x00" * rng.randint(1, 3)),
    "only zeros": lambda rng: b"\0" * rng.randint(1, 100_000),
    "mixed encodings": mixed,
    "torn utf-8": lambda rng: torn(b"id,name\n" + "".join(f"{n},王小明{n}\n" for n in range(200)).encode(), rng),
    "utf-16 of odd length": odd_utf16,
    "utf-7": lambda rng: text(table(rng)).encode("utf-7"),
    "utf-32": lambda rng: text(table(rng)).encode(rng.choice(["utf-32", "utf-32-le"])),
    "lone surrogates": lambda rng: b"id,name\n1,\xed\xa0\x80\xed\xbf\xbf\n2,Ben\n",
    "a mark in the middle": lambda rng: text(table(rng)).replace("N1", "\ufeffN1\ufeff").encode() + b"\xef\xbb\xbf" + plain(rng),
    "quotation marks alone": quotes,
    "quotation never ends": lambda rng: b'id,name\n1,"' + b"x,\n" * rng.choice([10, 100_000, 2_000_000]),
    "ragged rows": ragged,
    "mixed delimiters": delimiters,
    "line ends of an old Mac": lambda rng: text(table(rng), end="\r").encode(),
    "mixed line ends": lambda rng: b"".join(line + rng.choice([b"\n", b"\r", b"\r\n", b"\n\r"]) for line in plain(rng).splitlines()),
    "a hundred thousand columns": wide,
    "one long line": one_line,
    "huge cells": cells,
    "the same header again": lambda rng: text([["id", "name", "name", "NAME", "", ""], *table(rng, columns=6)[1:]]).encode(),
    "headers of control signs": lambda rng: b"\x1bid,na\x07me,\x7f\n1,Ada,x\n",
    "unknown headers": lambda rng: text([["foo", "bar"], ["1", "2"]]).encode(),
    "formulas": lambda rng: text([["id", "name"], *[[str(n), rng.choice("=+-@\t") + "cmd|' /C calc'!A0"] for n in range(9)]]).encode(),
    "impossible values": lambda rng: b"id,name,birth_date,gender,amount,quantity,ordered_at,number,sku\n1,Ada,31.02.2020,?,1e999,NaN,99999-99-99,1,x\n2,Ben,0000-00-00,x,--5,1,,,\n",
    "binary": unreadable,
    "a program": lambda rng: b"\x7fELF\x02\x01\x01" + unreadable(rng),
    "a picture": lambda rng: b"\x89PNG\r\n\x1a\n" + unreadable(rng),
    "a printed page": lambda rng: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + unreadable(rng),
    "a web page": lambda rng: b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>",
    "zip cut short": lambda rng: cut(zipped(("data.csv", plain(rng, rows=2000))), rng),
    "zip torn": lambda rng: b"PK\x03\x04" + torn(zipped(("data.csv", plain(rng, rows=200)))[4:], rng),
    "zip bomb": lambda rng: zipped(("data.csv", b"0" * rng.choice([20_000_000, 80_000_000]))),
    "zip in zip": nested,
    "zip of many": lambda rng: zipped(*((f"{n}.csv", b"x") for n in range(5_001)), method=zipfile.ZIP_STORED),
    "zip with paths": lambda rng: zipped((rng.choice(["../data.csv", "/etc/data.csv", "..\\..\\data.csv", "C:\\data.csv", "a/../../b.csv"]), plain(rng))),
    "zip with a link": linked,
    "zip with names twice": doubled,
    "zip encrypted": encrypted,
    "zip of nothing": lambda rng: zipped(*rng.choice([[], [("empty/", b"")], [("__MACOSX/x", b"x")]])),
    "zip of different tables": lambda rng: zipped(("a.csv", b"id,name\n1,Ada\n"), ("b.csv", b"foo,bar,baz,qux,quux\n1,2,3,4,5\n")),
    "sheet broken": lambda rng: sheet(rng, sheet=cut(xlsx_rows(HEAD * 50), rng)),
    "sheet without strings": lambda rng: sheet(rng, strings=rng.choice([None, b"<sst/>", b"<sst", b""])),
    "sheet without a book": lambda rng: sheet(rng, book=rng.choice([None, b"<workbook/>", b"not xml"])),
    "sheet of huge size": lambda rng: sheet(rng, sheet=xlsx_rows(HEAD, "A1:XFD1048576")),
    "sheet with a far cell": lambda rng: sheet(rng, sheet=xlsx_rows(HEAD + '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')),
    "sheet with a document type": lambda rng: sheet(rng, sheet=DOCTYPE.encode() + xlsx_rows(HEAD)),
    "sheet of wrong cells": lambda rng: sheet(rng, sheet=xlsx_rows(HEAD + '<row r="2"><c t="s"><v>99999</v></c><c t="n"><v>x</v></c></row>')),
    "sheet with bad dates": lambda rng: sheet(rng, sheet=xlsx_rows(HEAD + '<row r="2"><c t="d"><v>never</v></c><c s="99999"><v>1e300</v></c></row>')),
    "sheet torn": lambda rng: b"PK\x03\x04" + torn(sheet(rng)[4:], rng, 30),
    "sheet of nothing": lambda rng: sheet(rng, sheet=xlsx_rows("")),
    "laughing xml": lambda rng: (DOCTYPE + "<all><row><name>&l11;</name></row></all>").encode(rng.choice(["utf-8", "utf-16"])),
    "quadratic xml": lambda rng: f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><all><r><name>{"&a;" * 5_000}</name></r></all>'.encode(),
    "xml that reads files": lambda rng: f'<!DOCTYPE x [<!ENTITY a SYSTEM "{rng.choice(["file:///etc/passwd", "http://127.0.0.1:9/x"])}">]><all><r><name>&a;</name></r></all>'.encode(),
    "xml of a foreign dtd": lambda rng: b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><all><r><name>x</name></r></all>',
    "xml that includes": lambda rng: b'<all xmlns:xi="http://www.w3.org/2001/XInclude"><r><name><xi:include href="file:///etc/passwd"/></name></r></all>',
    "deep xml": lambda rng: b"<a>" * 100_000 + b"x" + b"</a>" * rng.choice([0, 100_000]),
    "xml cut short": lambda rng: cut(b"<all>" + b"<r><id>1</id><name>Ada</name></r>" * 50 + b"</all>", rng),
    "xml in a wrong encoding": lambda rng: f'<?xml version="1.0" encoding="{rng.choice(["utf-7", "nope", "utf-16"])}"?><all><r><name>x</name></r></all>'.encode(),
    "xml of many attributes": lambda rng: b"<all><r " + b" ".join(f'a{n}="1"'.encode() for n in range(6_000)) + b"/></all>",
    "deep json": deep,
    "json cut short": lambda rng: cut(json.dumps([dict(zip(["id", "name"], row[:2], strict=True)) for row in table(rng)]).encode(), rng),
    "json of no numbers": lambda rng: f'[{{"name": {rng.choice(["NaN", "Infinity", "-Infinity"])}}}]'.encode(),
    "json of huge numbers": lambda rng: b'[{"id": ' + b"9" * 5_000 + b', "name": "x", "amount": 1e99999}]',
    "json of bad signs": lambda rng: rng.choice([b'[{"name": "\\ud800"}]', b'[{"name": "a\\u0000b"}]', b'[{"na\\u0000me": "x", "name": "Ada"}]']),
    "json of other things": lambda rng: rng.choice([b"[1, 2, 3]", b"{}", b"[]", b'["a"]', b"[null]", b'{"a": 1}', b"[[1], [2]]"]),
    "json of many keys": lambda rng: json.dumps([{f"k{n}": n for n in range(5_000)}]).encode(),
    "half lines of ndjson": lambda rng: b'{"id": 1, "name": "Ada"}\n{"id": 2, "na\n{"id": 3, "name": "Cleo"}\n',
    "ndjson of mixed shapes": lambda rng: b'{"id": 1, "name": "Ada"}\n[1]\n"x"\n',
    "card without an end": lambda rng: (CARDS * 3).encode()[: -rng.randint(5, 40)],
    "card of nothing": lambda rng: b"BEGIN:VCARD\nEND:VCARD\n" * 3,
    "card within a card": lambda rng: b"BEGIN:VCARD\n" * rng.randint(2, 300) + b"FN:Ada\n" + b"END:VCARD\n",
    "card of odd lines": lambda rng: (CARDS.replace("FN:", "FN;;;=:::").replace("EMAIL", "\x00EMAIL;ENCODING=QUOTED-PRINTABLE;CHARSET=nope") * 2).encode(),
    "huge card": lambda rng: b"BEGIN:VCARD\nFN:Ada\nPHOTO;ENCODING=b:" + b"QUJD" * 700_000 + b"\nEND:VCARD\n",
}  # fmt: skip
