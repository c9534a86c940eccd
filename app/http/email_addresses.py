"""Normalised e-mail addresses."""

from email_validator import EmailNotValidError, validate_email

MAX_ADDRESS = 254


def deliverable(address: str) -> str:
    """The address in lower case with an ASCII domain. Only ASCII is allowed before the @.

    Raises EmailNotValidError.
    """
    found = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    return str(found.ascii_email).lower()


def normalized(address: str) -> str:
    """The normalised address; an invalid one is returned unchanged."""
    if len(address) > MAX_ADDRESS:
        return address
    try:
        return deliverable(address)
    except EmailNotValidError:
        return address  # no account has it
