"""What a coach lacks to be listed, and whether operators approve coaches first."""

from tests.people import Person


def missing(coach: Person) -> list[str]:
    shown = coach.get("/coach/me").json()
    assert shown["listed"] == (not shown["to_be_listed"])
    assert all(step["what_to_do"] for step in shown["to_be_listed"])
    return [step["missing"] for step in shown["to_be_listed"]]
