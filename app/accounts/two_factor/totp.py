"""The codes that an app on a phone makes of a secret (TOTP, RFC 6238): six digits every 30 seconds."""

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
"""Steps of 30 seconds by which the clock of a phone may be off, either way."""
WRONG_COUNTED_FOR = timedelta(days=1)
_SIX_DIGITS = re.compile(r"\s*([0-9]{3}) ?([0-9]{3})\s*")
"""As apps show it, 123 456, or without the space."""


def new_secret() -> str:
    """160 random bits, as apps take them (base32)."""
    return random_base32()


def address_of(secret: str, account: Account) -> str:
    """What apps read off a QR code: otpauth://totp/…"""
    return TOTP(secret, name=account.email, issuer=ISSUER).provisioning_uri()


def looks_like_one(code: str) -> bool:
    return _SIX_DIGITS.fullmatch(code) is not None


def consume(factor: SecondFactor, code: str, at: datetime) -> bool:
    """Whether the app shows this code about now. No code of its step or before is good again."""
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
    """How many wrong ones came within a day. A right one between them gives who guesses no more tries."""
    since = factor.wrong_since
    return factor.wrong_codes if since and since > at - WRONG_COUNTED_FOR else 0


def count_wrong(factor: SecondFactor, at: datetime) -> int:
    """One more: how many that makes within a day."""
    before = wrong_lately(factor, at)
    if before == 0:
        factor.wrong_since = at
    factor.wrong_codes = before + 1
    return factor.wrong_codes


def reencrypt() -> tuple[int, list[UUID]]:
    """Seal every secret with the newest key: how many there are, and whose no key of ours opens."""
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
