"""`make run`: servers, web, worker, beat, Stripe's stand-in, a mailbox, until Ctrl-C; it leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import FrameType

from honcho.environ import parse_procfile

from sandbox.environment import (
    ROOT,
    settings,
    uses_mailbox,
    uses_sandbox_stripe,
    with_programs,
)
from sandbox.ports import needed, refuse_unusable
from sandbox.processes import ServerError
from sandbox.reachable import refuse_unreachable, trouble_at
from sandbox.run_file import RunFile
from sandbox.servers import servers
from sandbox.supervisor import Supervisor, Terminal, in_a_session
from sandbox.watcher import watcher

READY_SECONDS = 120.0
POLL_SECONDS = 0.1


class Stopped(Exception):
    """Ctrl-C, SIGTERM or a closed terminal."""


class StopSignals:
    """Requests to stop, counted instead of obeyed: whatever is under way decides when it can be stopped."""

    def __init__(self) -> None:
        self.count = 0
        self._parent, self._is_of_make = os.getppid(), "MAKELEVEL" in os.environ
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # nohup's wish
                signal.signal(signum, self._count)

    def hurry(self) -> bool:
        """Whether somebody asked twice."""
        return self.count > 1

    def check(self) -> None:
        """Raises Stopped once somebody asked, or the `make` that we are of was killed."""
        if self.count or (self._is_of_make and os.getppid() != self._parent):
            raise Stopped

    def _count(self, _signum: int, _frame: FrameType | None) -> None:
        self.count += 1


def main() -> int:
    """Run until told to stop. A process that ends by itself stops all the others and is named."""
    environ = with_programs(settings(os.environ))
    ports = needed(environ)
    refuse_unusable(ports)
    refuse_unreachable(environ)
    stop = StopSignals()
    print("Starting the servers and preparing the database.", file=Terminal())
    try:
        with servers(environ) as found:
            environ |= found
            with RunFile(environ) as run_file, Supervisor(stop.hurry) as foreman:
                _serve({**environ, "RUN_FILE": run_file.name}, foreman, stop, run_file)
    except ServerError as failed:
        raise SystemExit(str(failed)) from None
    except Stopped:
        print("Stopped.", file=Terminal())
    return 0


def _serve(environ: Mapping[str, str], foreman: Supervisor, stop: StopSignals, run_file: RunFile) -> None:
    procfile: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    _complete(procfile.pop("release"), environ, stop)
    _complete("flask demo", environ, stop)
    foreman.start(_stand_ins(environ), environ)
    foreman.start(procfile, environ)
    _wait_until_ready(environ, foreman, stop)
    foreman.say(_welcome(environ, run_file))
    while True:
        _check(foreman, stop)
        if run_file.succeed():
            foreman.say("The other run of this folder has ended: `.venv/bin/flask …` now means this one.")
        time.sleep(POLL_SECONDS)


def _stand_ins(environ: Mapping[str, str]) -> dict[str, str]:
    commands = {}
    if uses_sandbox_stripe(environ):
        commands["stripe"] = "python -m sandbox.stripe"
    if uses_mailbox(environ):
        commands["mailbox"] = "python -m sandbox.mailbox"
    return commands


def _complete(command: str, environ: Mapping[str, str], stop: StopSignals) -> None:
    """Run a command to its end; what it printed is shown only when it fails."""
    running = in_a_session(command, environ)
    output = None
    while output is None:
        try:
            output, _ = running.communicate(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if stop.count:
                running.kill()
    watcher.discard(running.pid)
    stop.check()
    if running.returncode != 0:
        raise SystemExit(
            f"{output.decode(errors='replace')}\n`{command}` failed: {_said(running.returncode)}."
        )


def _wait_until_ready(environ: Mapping[str, str], foreman: Supervisor, stop: StopSignals) -> None:
    url = f"http://127.0.0.1:{environ['PORT']}/health/ready"
    deadline = time.monotonic() + READY_SECONDS
    while (trouble := trouble_at(url)) is not None:
        _check(foreman, stop)
        if time.monotonic() > deadline:
            raise SystemExit(f"CultureBridge was not ready after {READY_SECONDS:.0f} s. {url}: {trouble}")
        time.sleep(POLL_SECONDS)


def _check(foreman: Supervisor, stop: StopSignals) -> None:
    stop.check()
    if foreman.is_unheard:
        raise Stopped  # `make` in a window of its own keeps the SIGHUP to itself and waits for us
    ended = foreman.first_ended()
    if ended:
        name, code = ended
        raise SystemExit(f"{name} ended by itself ({_said(code)}), so everything else was stopped.")


def _said(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _welcome(environ: Mapping[str, str], run_file: RunFile) -> str:
    url = f"http://localhost:{environ['PORT']}"
    stripe = f"{environ['SANDBOX_STRIPE_URL']}  (card 4242 4242 4242 4242)"
    mailbox = f"http://localhost:{environ['SANDBOX_MAILBOX_PORT']}"
    lines = [
        ("API", f"{url}  (described at {url}/docs)"),
        ("Stripe", stripe if uses_sandbox_stripe(environ) else "Stripe itself, with your key"),
        ("Mailbox", mailbox if uses_mailbox(environ) else f"mails go to {environ['SMTP_HOST']}"),
        ("Logins", "client@test.com and coach@test.com, password: password"),
        ("Stop", "Ctrl-C"),
    ]
    if run_file.is_further:
        lines.insert(-1, ("Flask", f"RUN_FILE={run_file.name} .venv/bin/flask …  (another run has .env.run)"))
    rule = "-" * 78
    return "\n".join(["", rule, " CultureBridge is running.", *(f"  {a:<9}{b}" for a, b in lines), rule, ""])


if __name__ == "__main__":
    sys.exit(main())
