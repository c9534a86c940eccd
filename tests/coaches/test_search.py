import base64
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.coaches.search import correct_search_texts
from app.extensions import db
from tests.people import Person


@pytest.fixture
def trio(http: httpx.Client) -> list[Person]:
    """Three coaches, in the order in which they came."""
    return [
        _coach(http, "Ada Euro", headline="Careers in science", languages=["en", "fr"]),
        _coach(http, "Bao Dollar", currency="USD", hourly_rate=40, languages=["vi"]),
        _coach(http, "Cem Euro", hourly_rate=120, headline="100% focus", languages=["en"]),
    ]


def _coach(http: httpx.Client, name: str, **profile: Any) -> Person:
    return Person.registered(http, "coach", name=name).open_for_business(**profile)


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [coach["name"] for coach in answer.json()["items"]]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, ["Ada Euro", "Bao Dollar", "Cem Euro"]),
        ({"q": "ada"}, ["Ada Euro"]),
        ({"q": "CAREERS"}, ["Ada Euro"]),
        ({"q": "100%"}, ["Cem Euro"]),
        ({"q": "a_a"}, []),
        ({"q": "\\"}, []),
        ({"q": "euro ada"}, ["Ada Euro"]),
        ({"q": "science ada careers"}, ["Ada Euro"]),
        ({"q": "ada dollar"}, []),
        ({"q": "e"}, ["Ada Euro", "Cem Euro"]),
        ({"q": "ce"}, ["Cem Euro"]),
        ({"q": "ao"}, []),
        ({"q": "& ada"}, ["Ada Euro"]),
        ({"language": "en"}, ["Ada Euro", "Cem Euro"]),
        ({"currency": "USD"}, ["Bao Dollar"]),
        ({"currency": "EUR", "max_rate": "75"}, ["Ada Euro"]),
        ({"currency": "EUR", "max_rate": "999999999999"}, ["Ada Euro", "Cem Euro"]),
        ({"language": "en", "q": "euro", "currency": "EUR", "max_rate": "74.99"}, []),
    ],
    ids=str,
)
def test_a_search_finds_those_who_fit(
    http: httpx.Client, trio: list[Person], search: dict[str, str], found: list[str]
) -> None:
    assert names(http.get("/coach", params=search)) == found


@pytest.mark.parametrize(
    ("name", "searches"),
    [
        (
            "Lucía Fernández",
            ["Lucia", "lucía", "LUCÍA", "fernandez", "cia  fer", "Fernández Lucía"],
        ),
        ("Luci\u0301a Fernandez", ["Lucía", "FERNÁNDEZ"]),
        ("Øyvind Łukasz Strauß", ["oyvind", "lukasz", "strauss", "STRAUSS", "strauß"]),
        ("İrem Çağdaş", ["irem", "IREM", "cagdas"]),
        ("Nguyễn Thị Hồng", ["nguyen thi hong"]),
        ("Λουκία Ωνάση", ["λουκια", "ΛΟΥΚΙΑ", "ωναση"]),
        ("Алёна Йорданова", ["алена", "АЛЁНА", "иорданова"]),
        ("李小龍", ["小龍", "龍", "李小龍", "李 小龍"]),
        ("Işık Đặng", ["isik", "IŞIK DANG"]),  # noqa: RUF001
        ("Þórdís Ĳsbrand", ["thordis", "ijsbrand"]),
        ("ﬁona ſara", ["fiona", "SARA"]),  # noqa: RUF001
        ("Ἀγαθός Ωνάσης", ["αγαθοσ", "ΩΝΑΣΗΣ"]),
        ("עִבְרִית مُحَمَّد", ["עברית", "محمد"]),
        ("ｶﾞﾝﾀﾞﾑ", ["ガンダム", "ガン"]),
        ("Seán O’Neill", ["o'neill", "O`NEILL", "o´neill", "oneill", "oʼneill", "sean o＇neill"]),  # noqa: RUF001
        ("Anne-Marie D'Angelo", ["anne marie", "ANNE\u2010MARIE", "anne\u2013marie d\u2019angelo"]),
        ("Jean\u2011Luc Roy", ["jean-luc", "luc roy"]),
        ("Ａｎｎａ", ["anna"]),  # noqa: RUF001
    ],
)
def test_accents_and_case_do_not_matter_to_a_search(
    http: httpx.Client, name: str, searches: list[str]
) -> None:
    coach = _coach(http, name)

    for search in searches:
        assert [each["id"] for each in http.get("/coach", params={"q": search}).json()["items"]] == [
            coach.id
        ], search
    assert names(http.get("/coach", params={"q": "xyz"})) == []
    assert names(http.get("/coach", params={"q": "\u0301"})) == []


@pytest.mark.parametrize("search", ["Français", "FRANÇAIS", "Franc\u0327ais", "français "])
def test_a_language_is_found_however_it_is_written(http: httpx.Client, search: str) -> None:
    _coach(http, "Lea Roy", languages=["en", "Franc\u0327ais"])
    _coach(http, "Max Roe", languages=["Francais", "frança"])

    assert names(http.get("/coach", params={"language": search})) == ["Lea Roy"]


def test_a_new_language_is_found_and_the_old_is_not(http: httpx.Client) -> None:
    coach = _coach(http, "Lea Roy", languages=["Français"])

    coach.ask("PATCH", "/coach/me", json={"languages": ["Español", "English"]})

    assert names(http.get("/coach", params={"language": "español"})) == ["Lea Roy"]
    assert names(http.get("/coach", params={"language": "français"})) == []


def test_a_new_name_and_headline_are_found_and_the_old_are_not(http: httpx.Client) -> None:
    coach = _coach(http, "Zoë Before", headline="Négociation")

    assert names(http.get("/coach", params={"q": "negociation"})) == ["Zoë Before"]
    coach.ask("PATCH", "/auth/me", json={"name": "Zoë After"})
    coach.ask("PATCH", "/coach/me", json={"headline": "Écriture"})

    assert names(http.get("/coach", params={"q": "after ecriture"})) == ["Zoë After"]
    assert names(http.get("/coach", params={"q": "before"})) == []
    assert names(http.get("/coach", params={"q": "negociation"})) == []


@pytest.mark.parametrize(
    ("search", "pointer"),
    [
        ({"max_rate": "75"}, "max_rate"),
        ({"max_rate": "75.5", "currency": "JPY"}, "max_rate"),
        ({"max_rate": "1e999999", "currency": "EUR"}, "max_rate"),
        ({"max_rate": "-1", "currency": "EUR"}, "max_rate"),
        ({"currency": "euro"}, "currency"),
        ({"limit": "101"}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_a_search_that_makes_no_sense_is_pointed_at(
    http: httpx.Client, search: dict[str, str], pointer: str
) -> None:
    answer = http.get("/coach", params=search)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_pages_follow_one_another_without_gap_or_repeat(http: httpx.Client, trio: list[Person]) -> None:
    first = http.get("/coach", params={"limit": 2})
    second = http.get("/coach", params={"limit": 2, "cursor": first.json()["next_cursor"]})

    assert names(first) == ["Ada Euro", "Bao Dollar"]
    assert names(second) == ["Cem Euro"]
    assert second.json()["next_cursor"] is None


def test_a_page_is_the_same_whatever_comes_and_goes_before_it(http: httpx.Client, trio: list[Person]) -> None:
    cursor = http.get("/coach", params={"limit": 1}).json()["next_cursor"]
    trio[0].ask("PATCH", "/coach/me", json={"headline": "Changed meanwhile"})
    _coach(http, "Dee Late")

    assert names(http.get("/coach", params={"cursor": cursor})) == ["Bao Dollar", "Cem Euro", "Dee Late"]


def test_a_full_last_page_has_no_next(http: httpx.Client, trio: list[Person]) -> None:
    assert http.get("/coach", params={"limit": 3}).json()["next_cursor"] is None


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "é", *(base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
     for forged in (None, [], 5, ["2026-01-01", "no-uuid"], ["no time", "0" * 32], {"a": 1}))],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_a_422(http: httpx.Client, cursor: str) -> None:
    answer = http.get("/coach", params={"cursor": cursor})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["cursor"]


def test_who_was_renamed_by_code_that_knows_no_search_is_found_after_the_sweep(
    http: httpx.Client, trio: list[Person]
) -> None:
    db.session.execute(text("UPDATE account SET name = 'Zoë Neu' WHERE id = :id"), {"id": trio[0].id})
    db.session.execute(text("UPDATE coach SET headline = 'Ruhe' WHERE id = :id"), {"id": trio[1].id})
    db.session.execute(text("UPDATE coach SET languages = '{Română}' WHERE id = :id"), {"id": trio[2].id})
    db.session.commit()
    assert names(http.get("/coach?q=zoe")) == []

    assert [correct_search_texts(most=1) for _ in range(4)] == [1, 1, 1, 0]
    db.session.commit()

    assert names(http.get("/coach?q=zoe")) == ["Zoë Neu"]
    assert names(http.get("/coach?q=ruhe")) == ["Bao Dollar"]
    assert names(http.get("/coach?q=ada")) == []
    assert names(http.get("/coach?language=română")) == ["Cem Euro"]
    assert names(http.get("/coach?language=en")) == ["Zoë Neu"]
