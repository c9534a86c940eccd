"""The test of the documentation notices what is wrong with a block."""

import pytest

from tests.docs.blocks import as_json, blocks, keys, parsed

SHOWN = {"id": "1", "items": [{"start": "now", "amount": 75.0}], "failure": None}


@pytest.mark.parametrize(
    ("real", "unlike"),
    [
        ({"id": "2", "items": [{"start": "then", "amount": 7}], "failure": {"code": "x"}}, []),
        (
            {"id": "2", "items": [{"start": "then", "amount": 7, "currency": "EUR"}], "failure": None},
            ["/items/0/currency"],
        ),
        ({"id": "2", "items": []}, ["/failure"]),
        ({"id": 2, "items": [{"start": "then", "amount": "7"}], "failure": None}, ["/id", "/items/0/amount"]),
    ],
)
def test_a_key_or_a_kind_of_value_that_differs_is_named(real: object, unlike: list[str]) -> None:
    assert sorted(keys(SHOWN, real)) == unlike


def test_what_is_left_out_may_be_there_but_what_is_shown_must() -> None:
    [shown] = parsed(as_json('{"eur": {"captured": 1, …}}'))

    assert keys(shown, {"eur": {"captured": 2, "net": 1}}) == []
    assert keys(shown, {"eur": {"net": 1}}) == ["/eur/captured"]


def test_a_block_has_the_mark_before_it_and_the_answer_after_it() -> None:
    text = "<!-- pasted -->\n```bash\none\n```\n```json\n{}\n```\ntext\n   ```bash\n   two\n   ```\n"
    one, two = blocks(text)

    assert (one.is_pasted, one.script, one.answer) == (True, "one\n", "{}\n")
    assert (two.mark, two.answer) == (None, "")
