"""Who asks, as far as it shows before anybody is signed in: by address, and by the name that was typed."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gallery.text import MAX_NAME, clean_name


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from; None when even the server cannot tell (a Unix socket).

    With https there is a proxy in front, and the rightmost hop is what it saw itself. The other hops, and
    without a proxy the whole header, are the client's own words.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if settings.HTTPS:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)
        return _address(hops[-1]) or peer
    return peer


def counted_address(request: HttpRequest) -> str | None:
    """What wrong passwords are counted by: an IPv4 address; of IPv6 the /64, which one customer has whole."""
    text = client_address(request)
    if text is None:
        return None
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return text
    # How IPv4 arrives at a socket for both: all of it would be one network.
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False).network_address)


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The name that wrong passwords are counted for: one person has one count, however the name is spelt."""
    given = (credentials or {}).get("username") or (request.POST.get("username") if request else None)
    return clean_name(str(given or "").strip()[:MAX_NAME]).casefold()[:MAX_NAME]


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    # PostgreSQL's inet has no zones.
    return None if isinstance(address, ipaddress.IPv6Address) and address.scope_id else str(address)
