"""Which texts Stripe takes for an e-mail address."""


def looks_like_email(text: str) -> bool:
    """Whether Stripe would take it for an e-mail address."""
    name, at, domain = text.rpartition("@")
    return (
        bool(at and name)
        and "." in domain.strip(".")
        and not any(c.isspace() for c in text)
        and len(text) <= 254
    )
