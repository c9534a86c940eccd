"""Names of coaches' pages: from the person's name, unique, changeable, with the former ones kept."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.coaches import slugs
from app.coaches.models import Coach, CoachSlug
from app.coaches.schemas import check_slug
from app.extensions import db
from app.http.problems import NotFound
from tests.people import PASSWORD, Person
from tests.problems import pointers

ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def listed(http: httpx.Client, name: str) -> Person:
    return Person.registered(http, "coach", name=name).open_for_business()


def change(coach: Person, slug: Any) -> httpx.Response:
    return coach.ask("PATCH", "/coach/me", json={"slug": slug})


def slug_of(coach: Person) -> Any:
    return coach.http.get(f"/coach/{coach.id}").json()["slug"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("Lucía  FERNÁNDEZ-O'Neill", "lucia-fernandez-oneill"),
        ("Søren Łukasz", "soren-lukasz"),
        ("李小龍", "coach"),
        ("Bo", "coach-bo"),
        ("me", "coach-me"),
        ("a" * 100, "a" * 52),
        ("<script>alert(1)</script>", "script-alert-1-script"),
    ],
)
def test_the_first_slug_is_the_name(name: str, slug: str) -> None:
    assert slugs.suggested(name) == slug


@given(st.text(max_size=100))
def test_any_name_gives_a_slug(name: str) -> None:
    suggested = slugs.suggested(name)

    assert check_slug(suggested) == suggested
    assert check_slug(f"{suggested}-abcdef")


def test_coaches_of_one_name_have_different_slugs(http: httpx.Client) -> None:
    first, second = listed(http, "Ada Lovelace"), listed(http, "Ada Lovelace")

    assert slug_of(first) == "ada-lovelace"
    assert slug_of(second).startswith("ada-lovelace-")


def test_a_coach_chooses_another_slug_and_the_former_leads_to_it(http: httpx.Client) -> None:
    coach = listed(http, "Ada Lovelace")

    assert change(coach, "countess").json()["slug"] == "countess"

    assert slug_of(coach) == "countess"
    found = {slugs.find(slug).id for slug in ("countess", "ada-lovelace", "Ada-Lovelace")}
    assert found == {UUID(coach.id)}
    assert change(coach, "ada-lovelace").status_code == 200


@pytest.mark.parametrize("taken", ["ada-lovelace", "countess"])
def test_neither_a_present_nor_a_former_slug_can_be_taken(http: httpx.Client, taken: str) -> None:
    change(listed(http, "Ada Lovelace"), "countess")

    answer = change(listed(http, "Grace Hopper"), taken)

    assert (answer.status_code, pointers(answer)) == (422, ["/slug"])


@pytest.mark.parametrize(
    "slug",
    ["me", "Ada", "a--b", "-ada", "ada-", "ada lovelace", "ada/lovelace", "été", "a" * 61, "", None, 7, ID],
)
def test_what_is_no_slug(coach: Person, slug: Any) -> None:
    answer = change(coach, slug)

    assert (answer.status_code, pointers(answer)) == (422, ["/slug"])


def test_a_coach_keeps_ten_slugs(coach: Person) -> None:
    for number in range(12):
        assert change(coach, f"name-{number}").status_code == 200

    kept = select(func.count()).where(CoachSlug.coach_id == UUID(coach.id))
    assert db.session.scalar(kept) == slugs.MAX_KEPT
    assert slugs.find("name-2").slug == "name-11"
    with pytest.raises(NotFound):
        slugs.find("name-1")


def test_an_erased_coach_leaves_no_name(http: httpx.Client) -> None:
    coach = listed(http, "Ada Lovelace")
    coach.ask("DELETE", "/auth/me", json={"password": PASSWORD})

    assert db.session.scalar(select(func.count()).select_from(CoachSlug)) == 0
    assert db.session.get_one(Coach, UUID(coach.id)).slug is None


def test_a_coach_without_a_slug_gets_one_by_the_nightly_task(app: Flask, coach: Person) -> None:
    slugs.release(db.session.get_one(Coach, UUID(coach.id)))
    db.session.flush()

    assert [slugs.take_missing(most=10) for _ in range(2)] == [1, 0]
    assert slug_of(coach)
