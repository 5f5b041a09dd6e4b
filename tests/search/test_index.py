"""What the index keeps and what a text asks for are two sides of one thing."""

from __future__ import annotations

import random
import re
import unicodedata

import pytest
from django.db import connection
from pypinyin import Style, pinyin

from crm.kit import search
from crm.kit.han import characters
from crm.kit.ranked import Asked, Ranking
from customers.models import Customer
from tests.cast import make_customer

pytestmark = pytest.mark.django_db

LATIN = [
    "Anna",
    "José",
    "Zoë",
    "O'Neill",
    "Müller-Lüdenscheidt",
    "D’Arcy",
    "Łukasz",
    "Nguyễn",
    "SØREN",
    "Æsir",
    "jean_luc",
]
CHINESE = ["王小明", "欧阳娜娜", "單國強", "曾乐", "吕不韦", "上海浦东发展银行股份有限公司", "小明 wang", "东京タワー"]
OTHERS = ["Иван Петров", "서울 김", "かな", "٣٤٥", "Ⅷ. Legion", "ﬁnance", "a" * 60, "100% Bio & Co. KG", "--", "x"]


def found(text: str, **hidden: object) -> set[str]:
    """Names of the customers that a text finds."""
    return set(search.match(Customer.objects.all(), text, **hidden).values_list("name", flat=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*LATIN, *CHINESE, *OTHERS])
def test_a_name_is_found_by_itself_by_each_word_and_by_each_beginning(name: str) -> None:
    """The property that search is."""
    make_customer(name)
    words = re.findall(r"[^\W_]+", name)
    asked = [
        name,
        name.upper(),
        unicodedata.normalize("NFD", name),
        *words,
        *(word[:2] for word in words),
        *(word[:1] for word in words),
    ]
    for text in asked if words else []:
        assert found(text) == {name}, text


def test_random_rows_are_found_by_their_words_sounds_and_phone_tails() -> None:
    """A hundred rows out of letters of many scripts."""
    dice = random.Random(20261126)
    known = characters()
    plain = [char for char in known.readings if char not in known.simplified][:6_000]
    for number in range(100):
        name = "".join(dice.choice(plain) for _ in range(dice.randint(2, 5)))
        digits = "".join(dice.choice("0123456789") for _ in range(11))
        row = make_customer(
            name,
            email=f"{dice.choice(LATIN[:3])}.{number}@shop{number}.example".lower(),
            phone=f"+{digits[:2]} ({digits[2:5]}) {digits[5:]}",
        )
        sounds = [known.readings[char] for char in name]
        at = dice.randrange(len(name) - 1)
        asked = [
            name, name[at : at + 2], name[at], "".join(sounds), "".join(sounds[at:]), " ".join(sounds),
            "".join(sound[0] for sound in sounds), f"{sounds[0]} {''.join(sound[0] for sound in sounds[1:])}",
            digits, digits[-4:], digits[3:8], row.phone, row.email, row.email.split("@")[0], f"@shop{number}.example", f"shop{number}",
        ]  # fmt: skip
        for text in asked:
            hits = search.match(Customer.objects.all(), text)
            assert hits.filter(pk=row.pk).exists(), (text, name, row.phone, row.email)


@pytest.mark.parametrize(
    "text",
    ["wxm", "xiaoming", "wangxiaoming", "wang xm", "wang xiao ming", "wangxm", "xm", "8000", "王", "小明", "WXM"],
)
def test_a_chinese_customer_is_found_by_sound_initials_and_phone_tail(text: str) -> None:
    """As people type them."""
    make_customer("王小明", phone="+86 138 0013 8000")
    make_customer("李大山", phone="+86 138 0013 8111")
    assert found(text) == {"王小明"}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("单雄信", ["shanxiongxin", "danxiongxin", "sxx", "dxx"]),
        ("曾国藩", ["zengguofan", "cengguofan", "zgf"]),
        ("仇英", ["qiuying", "chouying"]),
        ("解缙", ["xiejin", "jiejin"]),
        ("李乐", ["liyue", "lile", "ly", "ll"]),
        ("吕布", ["lvbu", "lubu"]),
        ("重庆银行", ["chongqing", "cqyh"]),
    ],
)
def test_characters_with_two_readings_are_found_by_both(name: str, texts: list[str]) -> None:
    """Names have readings of their own."""
    make_customer(name)
    assert all(found(text) == {name} for text in texts), [(text, found(text)) for text in texts]


def test_traditional_and_simplified_characters_find_each_other() -> None:
    """One name in two scripts."""
    make_customer("張國華")
    make_customer("张国华")
    assert found("張國華") == found("张国华") == {"張國華", "张国华"}


def test_raw_sql_and_changes_are_covered_by_the_database_itself() -> None:
    """A generated column knows no way around it."""
    row = make_customer("Before")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET name = '赵云' WHERE id = %s", [row.pk])
    assert found("zhaoyun") == {"赵云"} and not found("before")


@pytest.mark.parametrize("column", ["email", "phone", "company"])
def test_a_hidden_column_answers_nothing(column: str) -> None:
    """Neither whole nor in part."""
    values = {"email": "secretive@corp.example", "phone": "+49 30 55557777", "company": "Covert 秘密"}
    make_customer("Open", **values)
    texts = {
        "email": ["secretive@corp.example", "secretive", "corp"],
        "phone": ["55557777", "7777", "+49 30 55557777"],
        "company": ["covert", "秘密", "mimi", "bimi"],
    }
    for text in texts[column]:
        assert found(text) and not found(text, hidden=[column]), text
    assert found("open", hidden=["email", "phone", "company"]) == {"Open"}


def test_a_phone_with_words_in_it_is_found_only_as_a_phone() -> None:
    """What people type into that field stays in it."""
    make_customer("Open", phone="030 1234567 ask for Bob")
    assert found("bob") == found("4567") == {"Open"}
    assert not found("bob", hidden=["phone"]) and not found("4567", hidden=["phone"])


@pytest.mark.parametrize(
    "text", ["'", "\\", "a'b", "& | !", "a:*", "()", "\0", "\ud800", "<->", "%", "’" * 300, "a " * 300, "王" * 300]
)
def test_no_text_breaks_a_query(text: str) -> None:
    """Whatever is typed is a question, or none."""
    make_customer("a b")
    list(search.match(Customer.objects.all(), text))
    assert isinstance(Ranking(Customer.objects.all(), Asked(text)).places, list)


def test_the_readings_are_those_of_pypinyin() -> None:
    """The data file was made from it."""
    known = characters()
    dice = random.Random(7)
    for char in dice.sample(sorted(known.readings), 400):
        assert known.readings[char] == pinyin(char, style=Style.NORMAL, heteronym=True)[0][0]


def test_a_million_chinese_customers_would_not_share_one_sound() -> None:
    """The data file is whole: twenty thousand characters with four hundred readings."""
    known = characters()
    assert len(known.readings) > 20_000 and 380 < len(set(known.readings.values())) < 450
    assert not set(known.simplified.values()) & set(known.simplified), "folding twice changes nothing"


def test_long_chinese_texts_make_few_words() -> None:
    """Runs are cut, so that a paragraph does not become thousands of lexemes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(crm_words('n', %s))", ["王小明" * 60])
        assert cursor.fetchone()[0] < 400
