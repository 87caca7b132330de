"""A Python client of the Venice.ai image API.

Names are loaded when they are first used; importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from venice.access import DEFAULT_BASE_URL as DEFAULT_BASE_URL
    from venice.access import clean_api_key as clean_api_key
    from venice.access import clean_base_url as clean_base_url
    from venice.account import Balance as Balance
    from venice.account import ModelLimits as ModelLimits
    from venice.account import RateLimits as RateLimits
    from venice.account import UsageEntry as UsageEntry
    from venice.catalog import Model as Model
    from venice.catalog import bundled_models as bundled_models
    from venice.catalog import bundled_styles as bundled_styles
    from venice.catalog import parse_models as parse_models
    from venice.catalog import parse_styles as parse_styles
    from venice.client import Client as Client
    from venice.deadlines import Deadlines as Deadlines
    from venice.errors import AuthenticationFailed as AuthenticationFailed
    from venice.errors import BadRequest as BadRequest
    from venice.errors import BadResponse as BadResponse
    from venice.errors import BlockedForAWhile as BlockedForAWhile
    from venice.errors import Busy as Busy
    from venice.errors import CatalogError as CatalogError
    from venice.errors import Forbidden as Forbidden
    from venice.errors import InsufficientBalance as InsufficientBalance
    from venice.errors import InvalidRequest as InvalidRequest
    from venice.errors import Misconfigured as Misconfigured
    from venice.errors import ModelGone as ModelGone
    from venice.errors import Moderated as Moderated
    from venice.errors import NotSent as NotSent
    from venice.errors import Overloaded as Overloaded
    from venice.errors import RateLimited as RateLimited
    from venice.errors import Refused as Refused
    from venice.errors import ServerFailed as ServerFailed
    from venice.errors import Unanswered as Unanswered
    from venice.errors import VeniceError as VeniceError
    from venice.errors import error_from_reply as error_from_reply
    from venice.images import ImageBytes as ImageBytes
    from venice.images import Unreadable as Unreadable
    from venice.operations import Edit as Edit
    from venice.operations import Generate as Generate
    from venice.operations import MultiEdit as MultiEdit
    from venice.operations import OpenAIGenerate as OpenAIGenerate
    from venice.operations import Operation as Operation
    from venice.operations import RemoveBackground as RemoveBackground
    from venice.operations import StyleReference as StyleReference
    from venice.operations import Upscale as Upscale
    from venice.pieces import Progress as Progress
    from venice.pricing import price as price
    from venice.reply import Deprecation as Deprecation
    from venice.reply import RateLimit as RateLimit
    from venice.reply import Reply as Reply
    from venice.results import Result as Result
    from venice.results import Timing as Timing
    from venice.results import read_result as read_result
    from venice.sources import ImageSource as ImageSource
    from venice.sources import InputImage as InputImage

__version__ = "0.1.0"

_HOMES = {
    "access": "DEFAULT_BASE_URL clean_api_key clean_base_url",
    "account": "Balance ModelLimits RateLimits UsageEntry",
    "catalog": "Model bundled_models bundled_styles parse_models parse_styles",
    "client": "Client",
    "deadlines": "Deadlines",
    "errors": "AuthenticationFailed BadRequest BadResponse BlockedForAWhile Busy CatalogError Forbidden"
    " InsufficientBalance InvalidRequest Misconfigured ModelGone Moderated NotSent Overloaded RateLimited Refused"
    " ServerFailed Unanswered VeniceError error_from_reply",
    "images": "ImageBytes Unreadable",
    "operations": "Edit Generate MultiEdit OpenAIGenerate Operation RemoveBackground StyleReference Upscale",
    "pieces": "Progress",
    "pricing": "price",
    "reply": "Deprecation RateLimit Reply",
    "results": "Result Timing read_result",
    "sources": "ImageSource InputImage",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
#: Everything that is meant for use from outside.
PUBLIC_NAMES = tuple(sorted(_HOME))


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
