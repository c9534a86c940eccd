"""The prose check sees long sentences, and looks at no code."""

from docs.sentences import MAX_WORDS, too_long, without_code


def test_a_sentence_that_is_too_long_is_named_with_its_line() -> None:
    page = "# A heading\n\nShort.\n" + "word " * (MAX_WORDS + 1) + "\n"

    [(line, fault)] = too_long(page)

    assert line == 4
    assert fault.startswith(f"a sentence of {MAX_WORDS + 1} words: word word")


def test_sentences_items_and_cells_are_counted_one_by_one() -> None:
    half = "word " * (MAX_WORDS // 2 + 1)

    assert (
        list(too_long(f"{half}. {half}.\n- {half}\n- {half}\n\n| {half} | {half} |\n| {half} | x |\n")) == []
    )


def test_code_is_no_prose_and_moves_nothing() -> None:
    page = "Call `nobody told` now.\n```bash\nnobody told\n```\n[text](a/nobody.md)\n"

    prose = without_code(page)

    assert "nobody" not in prose
    assert [len(line) for line in prose.splitlines()] == [len(line) for line in page.splitlines()]
    assert "[text" in prose
