"""`python -m sandbox.stripe`: the fake Stripe until SIGTERM or Ctrl-C."""

import signal
import sys
import threading
from types import FrameType

from sandbox.stripe.server import PortTakenError, Server
from sandbox.stripe.settings import SettingError, Settings


def main() -> None:
    """Serve as the environment says; a port in use ends in one clear line."""
    try:
        settings = Settings.from_environment()
        server = Server(settings)
    except SettingError as error:
        sys.exit(str(error))
    except PortTakenError as error:
        sys.exit(f"The fake Stripe cannot listen: {error}. Set SANDBOX_STRIPE_URL to another address.")

    def stop(_number: int, _frame: FrameType | None) -> None:
        # From another thread: shutdown waits for the loop that this very signal interrupted.
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Fake Stripe on {settings.url} (events go to {settings.webhook_url})", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
