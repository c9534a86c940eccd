"""Nothing that people write takes longer to look at than it is long: Unicode's marks are sorted, if let."""

from unicodedata import combining, normalize

import httpx
import pytest

from app.unicode_text import MAX_MARKS, MAX_TAGS, has_hidden_characters, has_too_many_marks
from tests.people import PASSWORD, Person

SORTED = "a" + "\u0316\u0301" * MAX_MARKS
TIBETAN = "\u0f40" + "\u0f73" * (MAX_MARKS + 1)
"""Which is no mark by its class, and two of them once it is normalised."""
SENTENCE = f"must not have more than {MAX_MARKS} marks on one letter"
NOBODY = {"email": "nobody@example.com"}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/auth/register", {**NOBODY, "password": PASSWORD, "name": SORTED}, "/name"),
        ("/auth/register", {**NOBODY, "password": SORTED, "name": "Nobody"}, "/password"),
        ("/auth/login", {**NOBODY, "password": TIBETAN}, "/password"),
        ("/auth/password/reset", {"token": "0", "password": SORTED}, "/password"),
    ],
)
def test_nobody_has_marks_sorted_without_a_sign_in(
    http: httpx.Client, path: str, body: dict[str, str], place: str
) -> None:
    answer = http.post(path, json=body)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [place]
    assert SENTENCE in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/auth/verify", "/auth/password/reset"])
def test_nor_by_a_form(http: httpx.Client, path: str) -> None:
    answer = http.post(path, data={"token": "0", "password": TIBETAN})

    assert answer.status_code == 422
    assert "marks on one letter" in answer.text


def test_nor_in_a_list(coach: Person) -> None:
    answer = coach.ask("PATCH", "/coach/me", json={"languages": ["en", SORTED]})

    assert answer.status_code == 422
    assert SENTENCE in answer.json()["detail"]


def test_as_many_marks_as_a_language_has_are_kept(coach: Person) -> None:
    name = "a" + "\u0301" * MAX_MARKS + " שָׁלוֹם"

    assert coach.ask("PATCH", "/auth/me", json={"name": name}).status_code == 200


def test_every_character_that_is_decomposed_into_marks_is_counted() -> None:
    """Whatever Unicode adds: a letter before which marks are sorted ends a run of them."""
    uncounted = [
        f"{number:04X}"
        for number in range(0x110000)
        if not has_too_many_marks(chr(number) * (MAX_MARKS + 1))
        and combining(normalize("NFKD", chr(number))[0])
    ]

    assert uncounted == []


def test_tags_behind_a_flag_are_as_many_as_a_flag_needs() -> None:
    flag, tag = "\U0001f3f4", "\U000e0067"

    assert not has_hidden_characters(flag + tag * MAX_TAGS)
    assert has_hidden_characters(flag + tag * (MAX_TAGS + 1))
