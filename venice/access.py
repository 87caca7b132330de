"""The two things one needs to reach Venice, the key and the address, cleaned or refused before any use."""

import re
from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

from venice.errors import Misconfigured


class Environment(Enum):
    """Where the client looks for what it was not given."""

    KEY = "VENICE_API_KEY"
    BASE_URL = "VENICE_BASE_URL"


DEFAULT_BASE_URL = "https://api.venice.ai/api/v1"
MAX_KEY = 500

_BEARER = re.compile(r"bearer(?:\s+|$)", re.IGNORECASE)
_KEY = re.compile(r"[\x21-\x7e]+")
# Only what every reader of addresses understands in the same way; no user, query, fragment or escapes.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)/*",
    re.IGNORECASE,
)


def clean_api_key(text: str) -> str:
    """The key without the space, quotes or `Bearer ` that come along when it is pasted.

    Misconfigured, which never shows the text, for what cannot be a key.
    """
    key = text.strip()
    previous = None
    while key != previous:
        previous = key
        if len(key) >= 2 and key[0] == key[-1] and key[0] in "\"'`":
            key = key[1:-1].strip()
        key = _BEARER.sub("", key, count=1) if _BEARER.match(key) else key
    if not key:
        raise Misconfigured("the API key is empty")
    if not _KEY.fullmatch(key):
        raise Misconfigured("the API key holds a space, a line break or a character that no key has")
    if len(key) > MAX_KEY:
        raise Misconfigured("the API key is too long to be one")
    return key


def clean_base_url(text: str) -> str:
    """The address of the API without a slash at its end; `http` only to this machine. Else Misconfigured."""
    match = _URL.fullmatch(text.strip())
    if not match:
        raise Misconfigured(
            "the base URL must look like https://host/path, without user, password, query or fragment"
        )
    segments = match["path"].split("/")
    if "." in segments or ".." in segments:
        raise Misconfigured("the base URL must not hold . or .. as a part of its path")
    if match["port"] and not 0 < int(match["port"]) < 65536:
        raise Misconfigured("the base URL has an impossible port")
    if match["scheme"].lower() == "http" and not is_loopback(match["host"]):
        raise Misconfigured("the base URL must begin with https://; http:// is for this machine only")
    url = f"{match['scheme'].lower()}://{match['host'].lower()}"
    url += f":{match['port']}" if match["port"] else ""
    try:
        urlsplit(url)
    except ValueError:
        raise Misconfigured("the base URL has an impossible host") from None
    return url + match["path"]


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by what it is called: no name is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
