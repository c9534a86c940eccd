"""Time-based one-time passwords (TOTP, RFC 6238): six digits every 30 seconds."""

import logging
import re
from datetime import datetime, timedelta
from uuid import UUID

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import select

from app.accounts.models import Account
from app.accounts.two_factor import encryption
from app.accounts.two_factor.models import SecondFactor
from app.extensions import db

log = logging.getLogger(__name__)

ISSUER = "CultureBridge"
DRIFT = 1
"""Steps of 30 seconds by which the phone's clock may be off, either way."""
WRONG_COUNTED_FOR = timedelta(days=1)
_SIX_DIGITS = re.compile(r"\s*([0-9]{3}) ?([0-9]{3})\s*")
"""A code as apps show it, 123 456, or without the space."""


def new_secret() -> str:
    """A new secret of 160 random bits in base32."""
    return random_base32()


def address_of(secret: str, account: Account) -> str:
    """The URI of the QR code: otpauth://totp/…"""
    return TOTP(secret, name=account.email, issuer=ISSUER).provisioning_uri()


def looks_like_one(code: str) -> bool:
    return _SIX_DIGITS.fullmatch(code) is not None


def consume(factor: SecondFactor, code: str, at: datetime) -> bool:
    """Whether the code is current. No code of its step or an earlier one is accepted again."""
    secret, digits = encryption.decrypt(factor.secret, factor.account_id), _SIX_DIGITS.fullmatch(code)
    if secret is None:
        log.error("no SECRET_KEY opens the second factor of account %s", factor.account_id)
    if secret is None or digits is None:
        return False
    try:
        step = TOTP(secret).verify_and_get_timecode("".join(digits.groups()), for_time=at, valid_window=DRIFT)
    except OTPVerificationError:
        return False
    if factor.last_step is not None and step <= factor.last_step:
        return False
    factor.last_step, factor.secret = step, encryption.encrypt(secret, factor.account_id)
    return True


def wrong_lately(factor: SecondFactor, at: datetime) -> int:
    """Wrong codes within a day. A right one does not reset the count, so that it grants no more guesses."""
    since = factor.wrong_since
    return factor.wrong_codes if since and since > at - WRONG_COUNTED_FOR else 0


def count_wrong(factor: SecondFactor, at: datetime) -> int:
    """Count a wrong code; return the number within a day."""
    before = wrong_lately(factor, at)
    if before == 0:
        factor.wrong_since = at
    factor.wrong_codes = before + 1
    return factor.wrong_codes


def reencrypt() -> tuple[int, list[UUID]]:
    """Re-encrypt every secret with the newest key. Returns the number, and accounts that no key decrypts."""
    all_of_them = select(SecondFactor).order_by(SecondFactor.account_id).with_for_update()
    factors = db.session.scalars(all_of_them).all()
    lost = []
    for factor in factors:
        secret = encryption.decrypt(factor.secret, factor.account_id)
        if secret is None:
            lost.append(factor.account_id)
        else:
            factor.secret = encryption.encrypt(secret, factor.account_id)
    return len(factors), lost
