"""A bucket of S3, or of what speaks like it: where a file lies in it, and addresses that open one for a while."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

# Seconds for which an address stays the same, so that browsers find again what they have; it opens for twice as long.
WINDOW = 3600

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """`endpoint` is scheme://host[:port]; `prefix` is empty or ends with a slash."""

    name: str
    prefix: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    #: The bucket is a part of the host's name (Amazon's own), not of the path.
    in_host: bool = False

    @property
    def origin(self) -> str:
        """What browsers call the server that they are sent to."""
        scheme, _, host = self.endpoint.partition("://")
        return f"{scheme}://{self.name}.{host}" if self.in_host else self.endpoint

    def key(self, name: str) -> str:
        """What the file called `name` is called in the bucket."""
        return self.prefix + name

    def path(self, name: str) -> str:
        return f"/{self.key(name)}" if self.in_host else f"/{self.name}/{self.key(name)}"

    def signed(self, name: str, *, method: str, at: int, says: Mapping[str, str]) -> str:
        """Path and query that open one file by `method` for two windows from `at`, in seconds since the epoch.

        `says` are headers of the answer (`response-content-type`, …). This is AWS Signature Version 4; botocore has
        it too, but knows no other moment than now.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        fields = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(2 * WINDOW),
            "X-Amz-SignedHeaders": "host",
            **says,
        }
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(fields.items()))
        path, host = quote(self.path(name)), urlsplit(self.origin).netloc
        request = "\n".join((method, path, query, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"))
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = _hmac(self._key_of(scope), "\n".join((_ALGORITHM, stamp, scope, digest)))
        return f"{path}?{query}&X-Amz-Signature={signature.hex()}"

    def _key_of(self, scope: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = _hmac(key, part)
        return key


def window_of(name: str, now: float) -> tuple[int, int]:
    """When the present window of a file began, and how many seconds of it are left.

    Each begins at a moment of its own, or a page would lose all its pictures from the browser's cache at once.
    """
    shift = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % WINDOW
    gone = (int(now) + shift) % WINDOW
    return int(now) - gone, WINDOW - gone


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
