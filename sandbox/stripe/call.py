"""One request to the API: from its key and parameters to its answer."""

import time
from base64 import b64decode
from binascii import Error as NotBase64
from copy import deepcopy
from hmac import compare_digest

from werkzeug import Request

from sandbox.stripe import forms, params
from sandbox.stripe.account import Account
from sandbox.stripe.connect import accounts
from sandbox.stripe.errors import InvalidParameter, Refusal, Unauthorized
from sandbox.stripe.events import Cause, cause
from sandbox.stripe.expansion import expand
from sandbox.stripe.faults import Fault
from sandbox.stripe.idempotency import Answer
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.requestlog import Logged
from sandbox.stripe.routing import Route


class ConnectionCut(Exception):
    """No answer is to be given: the connection just ends."""


class Call:
    """A request on its way. `answer()` gives the result, or raises ConnectionCut."""

    def __init__(self, account: Account, request: Request, route: Route, ids: tuple[str, ...]) -> None:
        self._account = account
        self._request = request
        self._route = route
        self._ids = ids
        self._params: Json = {}
        self.id = new_id("req", 14)
        self.key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        self.replayed = False
        self.fault: Fault | None = None

    def answer(self) -> Answer:
        """The answer, worked out or remembered; every one is logged."""
        try:
            answer = self._authenticated()
        except Refusal as error:
            answer = self._refusal(error)
        self._log(answer)
        return answer

    def _authenticated(self) -> Answer:
        authenticate(self._request, self._account.settings.secret_key)
        self._params = params.checked(self._form(), self._route.params)
        with self._account.lock:
            fault = self._account.faults.take(self._request.method, self._request.path, self._params)
        self.fault = fault
        if fault and fault.passing and not fault.after_work:
            time.sleep(fault.delay_seconds)
            raise fault.error()
        answer = self._once(fault) if self.key else self._work(fault)
        if fault and fault.close_connection:
            raise ConnectionCut
        if fault and fault.passing:
            raise fault.error()
        return answer

    def _once(self, fault: Fault | None) -> Answer:
        """The work, done for the first request under the key only."""
        key, keys = str(self.key), self._account.keys
        with self._account.lock:
            remembered = keys.begin(key, self._request.path, self._params)
        if remembered:
            self.replayed = True
            return remembered
        try:
            answer = self._work(fault)
        except BaseException as error:
            with self._account.lock:
                if isinstance(error, Refusal) and error.stored:
                    keys.keep(key, self._refusal(error))
                else:
                    keys.release(key)
            raise
        with self._account.lock:
            keys.keep(key, answer)
        return answer

    def _work(self, fault: Fault | None) -> Answer:
        if fault is None:
            return self._result()
        answer = self._result() if fault.after_work else None
        time.sleep(fault.delay_seconds)
        if fault.status == 500 or fault.refusal:
            raise fault.error()
        if fault.close_connection and answer is None:
            raise ConnectionCut
        return answer or self._result()

    def _result(self) -> Answer:
        with self._account.lock:
            self._account.run_due()  # the answer is as of now, to the second
            account = self._acting()
            token = cause.set(Cause(self.id, self.key))
            try:
                thing = deepcopy(self._route.answer(account, self._params, *self._ids))
                expand(account, thing, self._params.get("expand", []))
            finally:
                cause.reset(token)
        return Answer(200, thing)

    def _acting(self) -> Account:
        """The account that the request is about: the shop's own, or a connected one."""
        connected = self._request.headers.get("Stripe-Account")
        if connected in (None, self._account.id):
            return self._account
        accounts.get(self._account, connected)
        if not self._route.for_connected:
            raise InvalidParameter(
                f"The sandbox does not play {self._route.method} {self._route.path} with Stripe-Account; "
                "Stripe itself does."
            )
        return self._account.seen_by(connected)

    def _form(self) -> forms.Form:
        fields = self._request.form if self._request.method == "POST" else self._request.args
        return forms.decode(fields.items(multi=True))

    def _refusal(self, error: Refusal) -> Answer:
        body = error.body(f"{self._account.settings.url}/requests#{self.id}")
        return Answer(error.status, body, error.retry_after_seconds)

    def _log(self, answer: Answer) -> None:
        entry = Logged(
            id=self.id,
            created=self._account.clock.now(),
            method=self._request.method,
            path=self._request.path,
            params=self._params,
            idempotency_key=self.key,
            replayed=self.replayed,
            status=answer.status,
            answer=answer.body,
        )
        with self._account.lock:
            self._account.log.add(entry)


def authenticate(request: Request, secret_key: str) -> None:
    """Refuse a request without the account's secret key, be it as Bearer or as Basic user name."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        given = _basic_user(given)
    if not given:
        raise Unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details, or we can help at "
            "https://support.stripe.com/."
        )
    if not compare_digest(given.encode(), secret_key.encode()):
        raise Unauthorized(
            f"Invalid API Key provided: {given[:8]}{'*' * 12}{given[-4:]}", code="api_key_invalid"
        )


def _basic_user(encoded: str) -> str:
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[0]
    except (NotBase64, UnicodeDecodeError):
        return ""
