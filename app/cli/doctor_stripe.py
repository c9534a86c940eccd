"""`flask doctor` at Stripe: the key, the endpoints and the deliveries."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from app.cli import doctor_deliveries
from app.cli.doctor_deliveries import MAX_REFUSED
from app.cli.errors import first_line
from app.cli.findings import Finding
from app.config.settings import Settings
from app.payments.stripe import client as stripe_client
from app.payments.stripe import webhook_endpoints
from app.payments.webhook.inbox import SUBSCRIBED, SUBSCRIBED_OF_COACHES

__all__ = ["MAX_REFUSED", "stripe_key", "webhook"]

PERMIT = "Give the restricted key the named permission in Stripe's dashboard, Developers > API keys."


def stripe_key(settings: Settings) -> Finding:
    mode = "the sandbox" if settings.uses_sandbox else "live mode" if settings.livemode else "test mode"
    try:
        name = webhook_endpoints.account_name()
        missing = webhook_endpoints.missing_permissions(connect=settings.stripe_connect)
    except stripe_client.KeyRefused as error:
        return Finding("Stripe", error.reason, f"Correct STRIPE_SECRET_KEY. {PERMIT}")
    except stripe_client.StripeAway as error:
        return Finding("Stripe", first_line(error.__cause__ or error.detail), _when_away(settings))
    except stripe_client.StripeRefused as error:
        return Finding("Stripe", str(error), PERMIT)
    if missing:
        return Finding("Stripe", " ".join(missing), PERMIT)
    return Finding("Stripe", f"{mode}, account {name}" if name else mode)


def _when_away(settings: Settings) -> str:
    if settings.uses_sandbox:
        return "Start the sandbox with `make run`, or correct SANDBOX_STRIPE_URL."
    if not settings.livemode:
        return "Test keys need the network. Check status.stripe.com. To work offline, use sk_test_sandbox."
    return "Look at the network, at status.stripe.com and at STRIPE_SECRET_KEY."


def webhook(settings: Settings) -> Finding:
    """Whether Stripe sends our events here, once, in our API version, signed with our secret."""
    url = f"{settings.public_url}/payment/webhook"
    try:
        endpoints = webhook_endpoints.webhook_endpoints()
    except (stripe_client.StripeAway, stripe_client.StripeRefused) as error:
        needs = "Correct the key first; a restricted key needs the permission Webhook Endpoints: read."
        return Finding("webhook", str(error), needs)
    ours = [endpoint for endpoint in endpoints if endpoint.url == url]
    if not ours:
        return _elsewhere(endpoints, url)
    if not all(endpoint.enabled for endpoint in ours):
        where = "in Stripe's dashboard, Developers > Webhooks."
        return Finding("webhook", "the endpoint is disabled", f"Enable it, or delete it, {where}")
    found = _read(ours, url) or _heard([each for each in ours if not each.connect], SUBSCRIBED, url)
    if not found and settings.stripe_connect:
        found = _heard_of_coaches([each for each in ours if each.connect], url)
    return (
        found
        or doctor_deliveries.examine(settings)
        or Finding("webhook", f"Stripe sends our events to {url}")
    )


def _read(ours: Sequence[webhook_endpoints.WebhookEndpoint], url: str) -> Finding | None:
    """Whether events come in our API version."""
    old = [endpoint for endpoint in ours if endpoint.api_version != stripe_client.API_VERSION]
    if not old:
        return None
    seen = f"the events of {old[0].id} are written as of {old[0].api_version or 'the account default'}"
    fresh = [each for each in ours if each.connect is old[0].connect and each not in old]
    command = "create-connect-webhook" if old[0].connect else "create-webhook"
    make = "" if fresh else f"{_create(command, url)} Then d"
    delete = f"{make or 'D'}elete {old[0].id} in Stripe's dashboard: an endpoint's version cannot be changed."
    return Finding("webhook", seen, f"It should be {stripe_client.API_VERSION}. {delete}")


def _heard(
    own: Sequence[webhook_endpoints.WebhookEndpoint], wanted: frozenset[str], url: str
) -> Finding | None:
    """Whether exactly one endpoint of our own account subscribes to all our events."""
    if not own:
        remedy = _create("create-webhook", url)
        return Finding("webhook", "it receives events of the coaches' accounts only, not of our own", remedy)
    told = frozenset[str]().union(*(endpoint.events for endpoint in own))
    if "*" not in told and (missing := wanted - told):
        seen = f"events missing: {', '.join(sorted(missing))}"
        return Finding("webhook", seen, f"Add them to {own[0].id} in Stripe's dashboard.")
    if len(own) > 1:
        names = ", ".join(endpoint.id for endpoint in own)
        seen = f"{len(own)} endpoints have this address, so each event comes as often: {names}"
        return Finding("webhook", seen, "Delete all but one in Stripe's dashboard, Developers > Webhooks.")
    return None


def _heard_of_coaches(connected: Sequence[webhook_endpoints.WebhookEndpoint], url: str) -> Finding | None:
    """Whether a Connect endpoint exists.

    Only such endpoints get events of connected accounts."""
    told = frozenset[str]().union(*(endpoint.events for endpoint in connected))
    if "*" in told or told >= SUBSCRIBED_OF_COACHES:
        return None
    remedy = (
        f"Run: flask stripe create-connect-webhook {url} and add the secret that it prints to"
        " STRIPE_WEBHOOK_SECRET."
    )
    return Finding("webhook", "Stripe sends no events of the coaches' accounts", remedy)


def _elsewhere(endpoints: Sequence[webhook_endpoints.WebhookEndpoint], url: str) -> Finding:
    """A finding if no endpoint has our address, naming a similar one."""
    create = f"{_create('create-webhook', url)} On a laptop use `stripe listen`."
    for each in endpoints:
        if urlsplit(each.url).netloc == urlsplit(url).netloc:
            seen = f"Stripe sends to {each.url}, and our address is {url}"
            return Finding("webhook", seen, f"Correct the address of {each.id} in Stripe's dashboard.")
    for each in endpoints:
        if urlsplit(each.url).path.rstrip("/").endswith("/payment/webhook"):
            seen = f"Stripe has no endpoint {url}, but sends to {each.url}"
            return Finding("webhook", seen, f"Correct PUBLIC_URL if that is our address. Else: {create}")
    return Finding("webhook", f"Stripe has no endpoint {url}", create)


def _create(command: str, url: str) -> str:
    return f"Run: flask stripe {command} {url} and set STRIPE_WEBHOOK_SECRET to the secret that it prints."
