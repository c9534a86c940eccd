from typing import Annotated

from pydantic import Field

from app.accounts.schemas import Password
from app.http.schema_types import Body, View

Code = Annotated[str, Field(min_length=1, max_length=40)]
"""What the app shows. Except to turn the second factor on, a recovery code works too."""


class AppCode(Body):
    code: Code


class BothFactors(Body):
    password: Password
    code: Code


class EnrolmentView(View):
    secret: str
    """The secret, to type into an app."""
    uri: str
    """The URI to show as a QR code: otpauth://totp/…"""


class RecoveryCodesView(View):
    recovery_codes: list[str]
    """Single-use codes, shown only this once."""
