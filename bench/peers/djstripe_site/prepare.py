"""Make the tables, and the endpoint that deliveries come to: `python -m djstripe_site.prepare`."""

import os
from uuid import UUID

import django
from django.core.management import call_command

django.setup()

from djstripe.models import WebhookEndpoint  # noqa: E402 - once Django is set up

ENDPOINT = UUID(int=1)

call_command("migrate", verbosity=0)
WebhookEndpoint.objects.create(
    id="we_bench",
    djstripe_uuid=ENDPOINT,
    url="http://127.0.0.1/stripe/webhook",
    enabled_events=["*"],
    status="enabled",
    secret=os.environ["STRIPE_WEBHOOK_SECRET"],
    livemode=False,
)
