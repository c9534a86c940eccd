"""The variables that an application under test and its processes run with."""

from tests.ports import free_ports

WEBHOOK_SECRET = "whsec_sandbox"
SECRET_KEY = "a secret key for tests that is long enough"


def variables(database_url: str, redis_url: str) -> dict[str, str]:
    """Those of one system, on ports of its own."""
    web, stripe, smtp, mailbox = free_ports(4)
    return {
        "APP_ENV": "test",
        "SECRET_KEY": SECRET_KEY,
        "JWT_SECRET_KEY": "another secret key for tests that is long enough",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(web),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "SANDBOX_STRIPE_URL": f"http://127.0.0.1:{stripe}",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp),
        "SMTP_FROM_EMAIL": "CultureBridge <hello@culturebridge.example>",
        "CORS_ORIGINS": "http://localhost:3000",
        "RATE_LIMITS": "false",  # everybody comes from one address
        "OPS_EMAIL": "ops@culturebridge.example",
        "SANDBOX_MAILBOX_PORT": str(mailbox),
        "WEB_CONCURRENCY": "2",
        "PYTHONUNBUFFERED": "1",
    }
