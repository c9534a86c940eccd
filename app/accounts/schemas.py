from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field

from app.accounts.models import Role
from app.fields import Body, Instant, Line, TimeZone, View

Email = Annotated[EmailStr, Field(max_length=254), AfterValidator(str.lower)]
Password = Annotated[str, Field(min_length=8, max_length=256)]
Name = Annotated[Line, Field(min_length=1, max_length=120)]


class Registration(Body):
    email: Email
    password: Password
    name: Name
    role: Literal[Role.CLIENT, Role.COACH] = Role.CLIENT
    time_zone: TimeZone = "UTC"


class Credentials(Body):
    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=256)]


class RefreshToken(Body):
    refresh_token: str


class VerificationToken(Body):
    token: str


class AccountChange(Body):
    name: Name | None = None
    time_zone: TimeZone | None = None


class AccountView(View):
    id: UUID
    email: str
    name: str
    role: Role
    time_zone: str
    email_verified: bool
    created_at: Instant
    updated_at: Instant


class TokenPairView(View):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    """Seconds that the access token is good for."""
