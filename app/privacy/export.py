"""Everything that is held on somebody, as JSON, written row by row: whoever has much costs no more memory."""

import json
from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from app.accounts.models import Account
from app.extensions import now
from app.http.schema_types import instant_text
from app.privacy import held, held_money

IN_MEMORY = 2**20
"""Bytes; what is longer waits in a file."""
LISTS: dict[str, Callable[[Account], Iterable[dict[str, Any]]]] = {
    "sign_ins": held.sign_ins,
    "bookings": held.bookings,
    "payments": held_money.payments,
    "ledger": held_money.ledger,
    "payouts": held_money.payouts,
    "mails": held.mails,
    "kept_answers": held.kept_answers,
    "audit": held.audit_entries,
    "refused_sign_ins": held.refused_sign_ins,
}


def of(account: Account) -> IO[bytes]:
    """A file with all of it, at its beginning."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it is closed when it was sent
    for part in _json(account):
        file.write(part.encode())
    file.seek(0)
    return file


def _json(account: Account) -> Iterator[str]:
    yield f'{{"exported_at": "{instant_text(now())}"'
    for name, one in (
        ("account", held.account(account)),
        ("coach", held.coach(account)),
        ("payout_account", held_money.payout_account(account)),
    ):
        yield f',\n"{name}": {json.dumps(one)}'
    for name, rows in LISTS.items():
        yield f',\n"{name}": ['
        separator = "\n"
        for row in rows(account):
            yield separator + json.dumps(row)
            separator = ",\n"
        yield "]"
    yield "}\n"
