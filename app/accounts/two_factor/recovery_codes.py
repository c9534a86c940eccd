"""Recovery codes for people who lost the app: ten single-use codes, shown once and stored hashed.

Each has 120 random bits, too many to guess even from the hashes, so a fast hash is enough.
"""

import base64
import hashlib
import re
import secrets

from sqlalchemy import delete, func, insert, select

from app.accounts.models import Account
from app.accounts.two_factor.models import RecoveryCode
from app.extensions import db

MANY = 10
_MISREAD = str.maketrans("018", "OIB")
"""Characters that no code contains, and the ones they are mistaken for."""


def renewed(account: Account) -> list[str]:
    """New codes, such as QK7D-3MVA-XW2P-6ZTR-N4HB-Y7EC. The earlier ones are no longer valid."""
    codes = [base64.b32encode(secrets.token_bytes(15)).decode() for _ in range(MANY)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    rows = [{"account_id": account.id, "code_hash": _hash(code)} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    return ["-".join(re.findall("....", code)) for code in codes]


def consume(account: Account, code: str) -> bool:
    """Use up a code. True for exactly one of concurrent requests."""
    this = RecoveryCode.account_id == account.id, RecoveryCode.code_hash == _hash(code)
    return db.session.scalar(delete(RecoveryCode).where(*this).returning(RecoveryCode.account_id)) is not None


def left(account: Account) -> int:
    return db.session.scalar(select(func.count()).where(RecoveryCode.account_id == account.id)) or 0


def _hash(code: str) -> str:
    """The hash of a code, ignoring case and dashes."""
    spelled = re.sub(r"[\s-]", "", code).upper().translate(_MISREAD)
    return hashlib.sha256(spelled.encode()).hexdigest()
