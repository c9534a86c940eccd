from typing import Annotated, Literal, Self
from uuid import UUID

from email_validator import EmailNotValidError
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from app.accounts import password_hashing, password_policy
from app.accounts.links_in_names import has_link
from app.accounts.models import Role, SignIn
from app.http.email_addresses import MAX_ADDRESS, deliverable, normalized
from app.http.schema_types import Body, Instant, TimeZone, View, VisibleName


def _email(address: str) -> str:
    try:
        return deliverable(address.strip(" "))
    except EmailNotValidError as error:
        why = str(error).rstrip(".")
        raise ValueError(f"must be an e-mail address such as ada@example.com ({why})") from None


def _normalised(password: object) -> object:
    return password_hashing.normalised(password) if isinstance(password, str) else password


def _no_link(name: str) -> str:
    """A name appears in mails to people who do not know the person."""
    if has_link(name):
        raise ValueError(
            "must not contain anything that mail programs turn into a link: put a space after each dot"
        )
    return name


OUR_WORDS = frozenset({"you", "we", "us", "culturebridge"})


def _no_pronoun(name: str) -> str:
    """E-mails say "you cancelled" and "we"; no name may read like that."""
    if name.casefold() in OUR_WORDS:
        raise ValueError("must not be a word that e-mails use for you or for us")
    return name


Email = Annotated[
    str,
    Field(max_length=MAX_ADDRESS),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_ADDRESS}),
]
Password = Annotated[str, BeforeValidator(_normalised), Field(max_length=256)]
NewPassword = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "minLength": password_policy.SHORTEST, "maxLength": password_policy.LONGEST}
    ),
]
"""A new password. The route checks it against the policy, which needs the account."""
Token = Annotated[str, Field(max_length=1000)]
"""Twice the length of the longest token that we issue."""
Name = Annotated[
    VisibleName, Field(min_length=1, max_length=120), AfterValidator(_no_link), AfterValidator(_no_pronoun)
]


class Registration(Body):
    email: Email
    name: Name
    password: NewPassword
    role: Literal[Role.CLIENT, Role.COACH] = Role.CLIENT
    time_zone: TimeZone = "UTC"

    @field_validator("password")
    @classmethod
    def _keeps_the_rule(cls, password: str, info: ValidationInfo) -> str:
        """Checks the password even if address or name are invalid, so that one answer lists all faults."""
        wrong = password_policy.wrong(password, info.data.get("email", ""), info.data.get("name", ""))
        if wrong:
            raise ValueError(wrong)
        return password


class Credentials(Body):
    email: Annotated[str, Field(max_length=MAX_ADDRESS), AfterValidator(normalized)]
    password: Password
    code: Annotated[str | None, Field(max_length=40)] = None
    """The code of the second factor: what the app shows, or a recovery code."""


class RefreshToken(Body):
    refresh_token: Token


class VerificationToken(Body):
    token: Token
    password: Password | None = None
    """The account's password. Required without an access token of the account."""


class ForgottenPassword(Body):
    email: Email


class PasswordReset(Body):
    token: Token
    password: NewPassword


class PasswordChange(Body):
    current_password: Password
    new_password: NewPassword


class OwnPassword(Body):
    """The password again, because a stolen access token must not be enough."""

    password: Password


class AccountChange(Body):
    """A field that you leave out keeps its value."""

    name: Name | None = None
    time_zone: TimeZone | None = None
    reminder_hours: Annotated[list[Literal[24, 1]] | None, Field(max_length=2)] = None

    @field_validator("*")
    @classmethod
    def _is_not_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be null; leave the field out to keep its value")
        return value


class AccountView(View):
    id: UUID
    email: str
    name: str
    role: Role
    time_zone: str
    email_verified: bool
    second_factor: bool
    reminder_hours: list[int]
    created_at: Instant
    updated_at: Instant


class SessionView(View):
    id: UUID
    created_at: Instant
    last_used_at: Instant
    """When it last got tokens; its access token is used for a quarter of an hour after that."""
    device: str | None
    """Browser and system, such as `Firefox on Windows`."""
    network: str | None
    """The address, without its last part."""
    current: bool
    """Whether this request belongs to it."""

    @classmethod
    def of(cls, sign_in: SignIn, current: UUID) -> Self:
        return cls(
            id=sign_in.id,
            created_at=sign_in.created_at,
            last_used_at=sign_in.last_used_at or sign_in.created_at,
            device=sign_in.device,
            network=sign_in.network,
            current=sign_in.id == current,
        )


class SessionList(View):
    items: list[SessionView]


class OnItsWayView(View):
    detail: str


class TokenPairView(View):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    """Seconds for which the access token is valid."""
