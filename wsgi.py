"""What gunicorn and the flask command load."""

import gc

gc.disable()  # what is imported lives as long as the process: looking through it took half of a second

from app import create_app  # noqa: E402

app = create_app()
gc.freeze()  # nor need it be looked through again, while the process runs and when it ends
gc.enable()
