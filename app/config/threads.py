"""How many threads a process has. The settings of gunicorn, the mailer and the database follow these."""

THREADS = 8
"""Threads of a web process and of the mailer (see the Procfile). Each can use a database connection."""
PUBLIC_READ_THREADS = 2
"""Further threads of a web process, for expensive public pages, so that the others stay free."""
