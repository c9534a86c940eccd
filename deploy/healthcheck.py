"""Whether this container's process is well: exit code 0 or 1, and one line that says why.

    python3 deploy/healthcheck.py web             GET /health/live is answered within five seconds
    python3 deploy/healthcheck.py heartbeat 60    HEARTBEAT_FILE was touched within the last 60 seconds

Asks nobody outside the container and imports nothing of the application, as it runs every few seconds.
"""

import os
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path


def web() -> str:
    """Why the web server is not well; empty when it is."""
    port = int(os.environ.get("PORT", "8000"))
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"nobody answers on port {port}: {error}"
    finally:
        connection.close()
    return "" if status == 200 else f"GET /health/live is answered with {status}"


def heartbeat(within: float) -> str:
    """Why the worker or beat is not well; empty when it is."""
    name = os.environ.get("HEARTBEAT_FILE")
    if not name:
        return "HEARTBEAT_FILE is not set"
    try:
        age = time.time() - Path(name).stat().st_mtime
    except FileNotFoundError:
        return f"no heartbeat yet: there is no {name}"
    return "" if age <= within else f"the last heartbeat is {age:.0f} seconds old; {within:.0f} are allowed"


def main(words: list[str]) -> int:
    match words:
        case ["web"]:
            trouble = web()
        case ["heartbeat", seconds]:
            trouble = heartbeat(float(seconds))
        case _:
            trouble = "usage: healthcheck.py web | healthcheck.py heartbeat SECONDS"
    print(trouble or "well")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
