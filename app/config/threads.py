"""How many threads a process has. The settings of gunicorn, the mailer and the database follow these."""

THREADS = 8
"""Of a web process, and of the mailer, as the Procfile says. Each can have a database connection at once."""
PUBLIC_READ_THREADS = 2
"""Of a web process, besides those: for public pages that cost much, so that the others stay free of them."""
