"""Controls of how the API fails, and the log of what was asked of it."""

from dataclasses import asdict

from flask import Response, jsonify, request

from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read
from sandbox.stripe.faults import Fault


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    failures = Failures(account)
    return [
        ("GET", "/faults", failures.faults),
        ("POST", "/faults", failures.add_fault),
        ("DELETE", "/faults", failures.clear_faults),
        ("GET", "/requests", failures.requests),
        ("DELETE", "/requests", failures.clear_requests),
    ]


class Failures:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def faults(self) -> Response:
        """The failures still to come."""
        return jsonify(faults=[fault.model_dump() for fault in self._account.faults.pending])

    def add_fault(self) -> Response:
        """Let coming API requests fail."""
        with self._account.lock:
            self._account.faults.pending.append(read(Fault))
        return self.faults()

    def clear_faults(self) -> Response:
        """Let nothing fail any more."""
        with self._account.lock:
            self._account.faults.pending.clear()
        return self.faults()

    def requests(self) -> Response:
        """The last API requests with their answers, newest first; `?method=` and `?path=` narrow it."""
        with self._account.lock:
            entries = [asdict(entry) for entry in self._account.log.newest_first()]
        wanted = request.args.to_dict()
        return jsonify(requests=[entry for entry in entries if wanted.items() <= entry.items()])

    def clear_requests(self) -> Response:
        """Forget the log."""
        with self._account.lock:
            self._account.log.clear()
        return jsonify(requests=[])
