"""Export of all data of an account as JSON, written row by row, so that memory use is constant."""

import json
from collections.abc import Callable, Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from app.accounts.models import Account
from app.extensions import now
from app.http.schema_types import instant_text
from app.privacy import export_payments, export_sections

IN_MEMORY = 2**20
"""Bytes in memory; a longer export spills to a file."""
LISTS: dict[str, Callable[[Account], Iterable[dict[str, Any]]]] = {
    "sign_ins": export_sections.sign_ins,
    "bookings": export_sections.bookings,
    "payments": export_payments.payments,
    "ledger": export_payments.ledger,
    "payouts": export_payments.payouts,
    "mails": export_sections.mails,
    "kept_answers": export_sections.kept_answers,
    "audit": export_sections.audit_entries,
    "refused_sign_ins": export_sections.refused_sign_ins,
}


def of(account: Account) -> IO[bytes]:
    """A file that holds the export, positioned at its start."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it is closed when it was sent
    for part in _json(account):
        file.write(part.encode())
    file.seek(0)
    return file


def _json(account: Account) -> Iterator[str]:
    yield f'{{"exported_at": "{instant_text(now())}"'
    for name, one in (
        ("account", export_sections.account(account)),
        ("coach", export_sections.coach(account)),
        ("payout_account", export_payments.payout_account(account)),
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
