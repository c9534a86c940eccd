"""A Django site with dj-stripe and nothing else: its view verifies a delivery and stores it.

What happens to an event is left to a queue, as the documentation of dj-stripe suggests.
"""

import os
from urllib.parse import parse_qsl, urlsplit

_url = urlsplit(os.environ["DATABASE_URL"])
_server = dict(parse_qsl(_url.query))

SECRET_KEY = "only for the bench"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "djstripe_site.urls"
APPEND_SLASH = False
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "djstripe"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.removeprefix("/"),
        "USER": _url.username,
        "HOST": _server["host"],
        "PORT": _server["port"],
        "CONN_MAX_AGE": None,  # a thread keeps its connection
    }
}
STRIPE_TEST_SECRET_KEY = "sk_test_sandbox"
STRIPE_LIVE_MODE = False
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_WEBHOOK_EVENT_CALLBACK = "djstripe_site.queue.enqueue"
