from typing import Annotated

from pydantic import Field

from app.accounts.schemas import Password
from app.http.schema_types import Body, View

Code = Annotated[str, Field(min_length=1, max_length=40)]
"""What the app shows; also a recovery code, but to turn the second factor on."""


class AppCode(Body):
    code: Code


class BothFactors(Body):
    password: Password
    code: Code


class EnrolmentView(View):
    secret: str
    """To be typed into an app."""
    uri: str
    """To be shown as a QR code: otpauth://totp/…"""


class RecoveryCodesView(View):
    recovery_codes: list[str]
    """Each good once. Shown only now."""
