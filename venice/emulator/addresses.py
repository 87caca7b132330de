"""Which hosts of a URL Venice would refuse to fetch from. Names are looked at, never looked up."""

import ipaddress
import socket

NAMES = frozenset({"localhost", "metadata", "metadata.google.internal", "instance-data"})
ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def is_blocked(host: str) -> bool:
    """Whether the host is, by its name or number alone, this machine, a private network or a metadata service."""
    host = host.rstrip(".").lower()
    if host in NAMES or host.endswith(ENDINGS) or not host:
        return True
    address = _numeric(host)
    if address is None:
        return "." not in host
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return not address.is_global or address.is_multicast


def _numeric(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        # 127.1, 0x7f.1 and 2130706433 are addresses to every resolver.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
