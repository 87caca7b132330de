"""By what way Venice is reached: through which proxy, and whose certificates are trusted."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from venice.access import is_loopback
from venice.errors import Misconfigured

_PROXY = re.compile(
    r"(?:(?P<scheme>https?)://)?(?:(?P<user>[^\s/@?#]+)@)?"
    r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`proxy` carries what goes to an https address; it may hold a password, so it is not shown.

    `ca_bundle` is a file (or a folder made by c_rehash) of certificates that are trusted in place of certifi's.
    """

    proxy: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None

    @classmethod
    def to(cls, base_url: str, *, proxy: str | None = None, ca_bundle: str | None = None) -> Self:
        """The way to this address. What is None comes from HTTPS_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE.

        An empty text is none at all, whatever the environment holds. Misconfigured for what cannot be used.
        """
        proxy = _environment_proxy(base_url) if proxy is None else proxy
        ca_bundle = os.environ.get("REQUESTS_CA_BUNDLE", "") if ca_bundle is None else ca_bundle
        return cls(
            proxy=clean_proxy(proxy) if proxy.strip() else None,
            ca_bundle=clean_ca_bundle(ca_bundle) if ca_bundle.strip() else None,
        )


def clean_proxy(text: str) -> str:
    """The address of a proxy, `http://` where it names no scheme. Misconfigured, which never shows it."""
    match = _PROXY.fullmatch(text.strip())
    if not match:
        raise Misconfigured(
            "the proxy must look like http://host:port, also with user:password@ before the host"
        )
    if match["port"] and not 0 < int(match["port"]) < 65536:
        raise Misconfigured("the proxy has an impossible port")
    user = f"{match['user']}@" if match["user"] else ""
    port = f":{match['port']}" if match["port"] else ""
    host = f"{(match['scheme'] or 'http').lower()}://{user}{match['host'].lower()}{port}"
    try:
        urlsplit(host)
    except ValueError:
        raise Misconfigured("the proxy has an impossible host") from None
    return host


def clean_ca_bundle(text: str) -> str:
    """The path of certificates in PEM that can be loaded. Misconfigured for any other."""
    path = Path(text.strip()).expanduser()
    # Not at the top: few installations have authorities of their own.
    import ssl

    try:
        if path.is_dir():
            return str(path)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise Misconfigured(f"the CA bundle {path} holds no certificate that can be read") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise Misconfigured(f"the CA bundle {path} cannot be read: {reason}") from None
    return str(path)


def _environment_proxy(base_url: str) -> str:
    """That of the environment; none for an address that it exempts, and never one on the way to this machine."""
    import urllib.request

    parts = urlsplit(base_url)
    proxies: dict[str, str] = urllib.request.getproxies_environment()
    if parts.scheme != "https" or "https" not in proxies or is_loopback(parts.hostname or ""):
        return ""
    # The stubs of the standard library leave this function out.
    is_exempt = urllib.request.proxy_bypass_environment(parts.netloc, proxies)  # type: ignore[attr-defined]
    return "" if is_exempt else proxies["https"]
