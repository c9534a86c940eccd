"""Where Stripe's pages may send somebody's browser."""

from urllib.parse import urlsplit

from app.config import current_settings
from app.config_files import Environment
from app.problems import Invalid


def check(**urls: str) -> None:
    """In production people return only to our own pages: anything else would make us an open redirect.

    Each URL stands under its field's name. Raises Invalid.
    """
    settings = current_settings()
    if settings.app_env is not Environment.PRODUCTION:
        return
    for field, url in urls.items():
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in settings.allowed_redirect_origins:
            raise Invalid(f"/{field}", "is not at one of ALLOWED_REDIRECT_ORIGINS")
