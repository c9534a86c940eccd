"""URLs to which Stripe's pages may redirect a browser."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from app.config.environment import Environment
from app.config.settings import current_settings
from app.http.schema_types import web_address


def leads_to_us(url: str) -> str:
    """The URL, unchanged. In production only our own pages are allowed: others would be an open redirect.

    Raises ValueError.
    """
    settings, parts = current_settings(), urlsplit(web_address(url))
    allowed = settings.allowed_redirect_origins
    if settings.app_env is Environment.PRODUCTION and f"{parts.scheme}://{parts.netloc}" not in allowed:
        raise ValueError(f"must be a page of an allowed origin: {' or '.join(allowed)}")
    return url


RedirectUrl = Annotated[str, Field(max_length=2000), AfterValidator(leads_to_us)]
