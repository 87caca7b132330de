"""Who calls: the bearer key, or the discovery answer that Venice gives to those without one."""

import base64
import json
from email.message import Message
from typing import Any

from venice.emulator.replies import Refusal, Reply, refuse

DOCS = "https://docs.venice.ai/api-reference"


#: Base and Solana, each with an address that belongs to nobody.
NETWORKS = (
    ("eip155:8453", "0x0000000000000000000000000000000000000000"),
    ("solana:5eykt4UsFv8P8NJdTREpY1vzqKqKvdp", "11111111111111111111111111111111"),
)
ADMIN_PREFIX = "VENICE_ADMIN_KEY_"


def authenticate(headers: Message, right_key: str | None, resource: str, *, inference: bool = False) -> str:
    """The key of the caller. Any is right when there is no `right_key`; raises Refusal.

    A wallet's header wins over a key on inference routes. No signature is checked: all are refused.
    """
    given = headers.get("Authorization")
    wallet = headers.get("SIGN-IN-WITH-X") or headers.get("X-Sign-In-With-X")
    if wallet and (inference or given is None):
        body = {"error": "Invalid wallet signature", "code": "X402_SIGN_IN_INVALID_SIGNATURE"}
        raise Refusal(Reply.json(body, 401))
    if given is None:
        raise _payment_required(resource)
    scheme, _, key = given.strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or (right_key is not None and key != right_key):
        raise refuse(401, "Authentication failed")
    return key


def authenticate_admin(headers: Message, right_key: str | None, resource: str) -> str:
    """The same for routes that only a key of the account's administration opens."""
    key = authenticate(headers, right_key, resource)
    if not key.startswith(ADMIN_PREFIX):
        raise refuse(401, "Admin API key required")
    return key


def _payment_required(resource: str) -> Refusal:
    body: dict[str, Any] = {
        "x402Version": 2,
        "error": "Authentication required",
        "resource": {"url": resource, "description": "Venice API", "mimeType": "application/json"},
        "accepts": [
            {
                "scheme": "exact",
                "network": network,
                "asset": nobody,
                "amount": "10000000",
                "payTo": nobody,
                "maxTimeoutSeconds": 300,
                "extra": {"name": "USD Coin", "version": "2"},
            }
            for network, nobody in NETWORKS
        ],
        "extensions": {"sign-in-with-x": {"info": {"domain": "api.venice.ai", "version": "1"}}},
        "authOptions": {
            "apiKey": {
                "header": "Authorization: Bearer YOUR_API_KEY",
                "getKey": "https://venice.ai/settings/api",
                "docs": DOCS,
            },
            "x402Wallet": {
                "header": "SIGN-IN-WITH-X",
                "legacyHeader": "X-Sign-In-With-X",
                "topUp": "POST /api/v1/x402/top-up",
                "docs": f"{DOCS}/endpoint/x402/top-up",
            },
        },
    }
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    return Refusal(Reply.json(body, 402, PAYMENT_REQUIRED=encoded))
