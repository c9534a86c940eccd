"""A statement as CSV (RFC 4180)."""

import csv
from collections.abc import Iterator
from io import StringIO
from unicodedata import category, normalize

from app.money.money import Money
from app.payments.earnings.statement import Statement

COLUMNS = ("date", "kind", "booking_id", "payment_id", "client", "money_in", "money_out", "currency")
FORMULA = frozenset("=+-@\t\r\n")
"""Characters that begin a formula in a spreadsheet (OWASP, "CSV Injection")."""
SEPARATORS = frozenset(";,|\t\r\n")
"""Separators after which a spreadsheet may begin a cell, by its language or its user's choice."""


def written(statement: Statement) -> str:
    """The opening balances, each line, the closing balances. Every cell is quoted, numbers too."""
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in _rows(statement):
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _rows(statement: Statement) -> Iterator[tuple[str, ...]]:
    first, last = str(statement.month.first), str(statement.month.last)
    for each in statement.totals:
        opening = Money(statement.opening.get(each.currency, 0), each.currency)
        yield (first, "opening", "", "", "", *_in_and_out(opening))
    for line in statement.lines:
        booking = str(line.booking_id or "")
        yield (
            str(line.day),
            line.kind,
            booking,
            str(line.payment_id or ""),
            line.client,
            *_in_and_out(line.amount),
        )
    for each in statement.totals:
        closing = Money(statement.closing(each), each.currency)
        yield (last, "closing", "", "", "", *_in_and_out(closing))


def _in_and_out(amount: Money) -> tuple[str, str, str]:
    """Debit and credit in two columns, so that no number begins with a sign that may begin a formula."""
    if amount.amount < 0:
        return "", str(-amount.major), amount.currency
    return str(amount.major), "", amount.currency


def _harmless(cell: str) -> str:
    """Prefix text that begins like a formula with an apostrophe, so that a spreadsheet reads it as text.

    A cell may also begin inside ours, because some spreadsheets separate by semicolons.
    """
    told, begins = [], True
    for character in cell:
        plain = normalize("NFKC", character)  # full-width signs count too
        if begins and plain[:1] in FORMULA:
            told.append("'")
        told.append(character)
        begins = plain[-1:] in SEPARATORS or (begins and (character == '"' or _draws_nothing(character)))
    return "".join(told)


def _draws_nothing(character: str) -> bool:
    return category(character)[0] in "ZC"
