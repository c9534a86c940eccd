"""The device and the network of a sign-in, just enough to recognise them: no version, no full address."""

import re
from ipaddress import ip_address, ip_network

from flask import has_request_context, request

from app.observability import context

_PROGRAMS = {
    "Edge": r"\bEdg",
    "Opera": r"\bOPR/",
    "Firefox": r"\bFirefox/|\bFxiOS/",
    "Chrome": r"\bChrome/|\bCriOS/",
    "Safari": r"\bSafari/",
    "curl": r"^curl/",
    "Python": r"^python-|\bpython/",
}
"""The first match counts: browsers also name those that they resemble."""
_SYSTEMS = {
    "Android": r"\bAndroid\b",
    "iOS": r"\biP(hone|ad|od)\b",
    "Windows": r"\bWindows\b",
    "macOS": r"\bMacintosh\b|\bMac OS X\b",
    "Linux": r"\bLinux\b",
}


def device() -> str | None:
    """Of the current request, such as `Firefox on Windows`. None for an unknown User-Agent or no request."""
    if not has_request_context():
        return None
    agent = request.headers.get("User-Agent", "")[:500]
    program, system = _first(_PROGRAMS, agent), _first(_SYSTEMS, agent)
    return " on ".join(name for name in (program, system) if name) or None


def network() -> str | None:
    """The network of the request: the /24 of an IPv4 address, the /48 of IPv6. None outside requests."""
    told = (context.network() or "").partition("/")[0]
    try:
        address = ip_address(told)
    except ValueError:
        return None
    return str(ip_network((told, 24 if address.version == 4 else 48), strict=False))


def _first(names: dict[str, str], agent: str) -> str | None:
    return next((name for name, sign in names.items() if re.search(sign, agent, re.IGNORECASE)), None)
