"""E-mail addresses in the one form that accounts have."""

from email_validator import EmailNotValidError, validate_email

MAX_ADDRESS = 254


def deliverable(address: str) -> str:
    """Lower-case, its domain as the DNS spells it. Plain letters before the @: few servers take others.

    Raises EmailNotValidError.
    """
    found = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    return str(found.ascii_email).lower()


def normalized(address: str) -> str:
    """As an account has it, however it is spelled; what is no address stays what it is."""
    if len(address) > MAX_ADDRESS:
        return address
    try:
        return deliverable(address)
    except EmailNotValidError:
        return address  # which no account has
