"""What a form sends, as the input of a model."""

from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from app.http.problems import Invalid
from app.web.forms import Form


class Price(BaseModel, extra="forbid"):
    minutes: int
    amount: float


class Wish(BaseModel, extra="forbid"):
    name: str
    note: str | None = "none said"
    languages: list[str] = []
    prices: list[Price] = []
    agreed: bool = False


def read(*pairs: tuple[str, str], **blank: object) -> BaseModel:
    return Form(MultiDict(list(pairs))).read(Wish, blank)


def test_names_with_dots_are_objects_and_lists() -> None:
    wish = read(
        ("name", "Ada"),
        ("prices.0.minutes", "30"),
        ("prices.0.amount", "40.5"),
        ("prices.7.minutes", "60"),
        ("prices.7.amount", "75"),
        ("languages[]", ""),
        ("languages[]", "en"),
        ("languages[]", "fr"),
        ("agreed", "false"),
        ("agreed", "true"),
        ("csrf_token", "x"),
        ("_action", "save"),
    )

    assert wish == Wish(
        name="Ada",
        languages=["en", "fr"],
        prices=[Price(minutes=30, amount=40.5), Price(minutes=60, amount=75)],
        agreed=True,
    )


def test_blank_is_absent_unless_said() -> None:
    assert read(("name", "Ada"), ("note", " ")) == Wish(name="Ada")
    assert read(("name", "Ada"), ("note", "")).model_fields_set == {"name"}
    assert read(("name", "Ada"), ("note", ""), note=None) == Wish(name="Ada", note=None)


def test_no_box_checked_is_an_empty_list() -> None:
    assert "languages" in read(("name", "Ada"), ("languages[]", "")).model_fields_set


def test_names_that_contradict_each_other_break_nothing(app: object) -> None:
    assert read(("name", "a"), ("name.x", "b")) == Wish(name="a")
    assert read(("name.x", "b"), ("name", "a")) == Wish(name="a")
    form = Form(MultiDict([("name", "a"), ("prices.x.y", "1")]))
    with form.problems():
        form.read(Wish)

    assert (form.status, form.other_errors) == (422, ["prices must be a list."])


def test_errors_stand_at_their_fields(app: object) -> None:
    form = Form(MultiDict([("prices.0.minutes", "x"), ("prices.0.amount", "1"), ("unknown", "y")]))
    with form.problems():
        form.read(Wish)

    assert form.field("name", "Your name").errors == ["Your name is missing."]
    assert form.field("prices.0.minutes", "Minutes").errors[0].startswith("Minutes must be a whole number")
    assert form.other_errors == ["unknown is not known here."]
    assert [each.id for each in form.wrong_fields] == ["field-name", "field-prices-0-minutes"]


def test_refusals_of_the_domain_stand_at_their_fields_too(app: object) -> None:
    form = Form()
    with form.problems():
        raise Invalid("/name", "is taken")

    assert form.field("name", "Name").errors == ["Name is taken."]


def test_what_is_stored_fills_a_form() -> None:
    form = Form.of(
        {"name": "Ada", "agreed": True, "languages": ["en"], "prices": [{"minutes": 30}], "note": None}
    )

    assert dict(form.values.lists()) == {
        "name": ["Ada"],
        "agreed": ["true"],
        "languages[]": ["en"],
        "prices.0.minutes": ["30"],
    }
