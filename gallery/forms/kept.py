"""What was typed into a form that was not taken, since its session was over, or is newer than the form.

It is shown once in its form, on the page where that stands, and never sent by itself. Strangers can store nothing with
us: until somebody has signed in it lies in the browser, as a signed cookie or, where it is more than that holds, in the
page that asks them to sign in. What was sent from there, and what a member sent, lies in their session until then.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse

from gallery.formats import read_id
from gallery.http import page_of

NAME = f"kept-{settings.INSTALLATION}"
#: The parameter of the form's page that asks for it.
PARAMETER = "kept"
#: The field of the sign-in page that carries it.
CARRIED = "kept"
AGE = 3600
#: Of one form, in bytes of JSON, and of one browser or session: the oldest go.
MOST, MOST_FORMS = 200_000, 5
# One cookie holds 4 KB, one header line of ours 8; other cookies need room beside them.
_PIECE, _PIECES = 3000, 2
_SALT = "gallery.forms.kept.3"
_SESSION = "kept"
_SEEN = "gallery_kept"
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 (its name)
_SECRET = "password"  # noqa: S105 (what the names of such fields hold)


@dataclass(frozen=True, slots=True)
class Form:
    """One that people type into, or choose in. `fields` are those that they fill; all of them where it names none.

    `is_page`: what it is sent to is a page with that form, too; otherwise it stands on another one.
    """

    fields: tuple[str, ...] = ()
    is_page: bool = False


#: What words of the bar for what is selected are found by: each of its buttons sends all of it to another address.
SELECTION = "selection"
_OF_SELECTION = ("image", "tag", "collection")

#: By the names of what they are sent to. The others are buttons: what one of them says, its page says still.
FORMS: Mapping[str, Form] = {
    "create": Form(is_page=True),
    "matrix": Form(is_page=True),
    "operation": Form(is_page=True),
    "upload-operation": Form(is_page=True),
    "create-from-file": Form(("file",)),
    "create-models": Form(),
    "create-styles": Form(),
    "create-pictures": Form(),
    "pin-model": Form(),
    "uploads": Form(("picture",), is_page=True),
    "edit-together": Form(_OF_SELECTION),
    "selection": Form(_OF_SELECTION),
    "selection-download": Form(_OF_SELECTION),
    "tag": Form(("tag",)),
    "collect": Form(("collection",)),
    "destination": Form(("collection",)),
    "collections": Form(("name",), is_page=True),
    "edit-collection": Form(("name", "notes")),
    "searches": Form(("name", "text"), is_page=True),
    "rename-search": Form(("name",)),
    "rename-preset": Form(("name",)),
    "import-presets": Form(("text", "file")),
    "account": Form(is_page=True),
}
#: What the create form, a matrix or a multi-edit is sent to that leads back to it, with all that was typed there.
_CARRYING = ("create-from-file", "create-models", "create-styles", "create-pictures", "pin-model")
#: What the admin's forms end with; they are its own, and their words can be copied alone.
_OF_ADMIN = ("_add", "_change")
_CALLED = {"image": "Pictures", "input": "Pictures", "model": "Model", "text": "Text"}
_BESIDE = frozenset(
    {
        *("submission", "composer", "buy", "boxes", "back", "price", "page", "save", "drawn", "refused"),
        *("typed", "preview", "pick", "own", "near", "several"),
    }
)
# What a button sends of what it stands beside, and nobody has typed.
_BY_BUTTON = "known"

#: Why it was not taken.
SIGNED_OUT = "You were signed out before this was sent."
OLDER = "This form is older than your sign-in."
EARLY = "This was more than is taken within a minute."


@dataclass(frozen=True, slots=True)
class Words:
    """What was sent to `form`, by the names of its fields.

    `filled` names those that people fill, `files` is what the files are called that they chose.
    `form` may be SELECTION instead of an address. `page` is the address where that form stands; empty where it cannot
    be filled. `because` says why it was not taken.
    """

    form: str
    page: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    because: str = SIGNED_OUT
    has_secrets: bool = False

    @classmethod
    def read(cls, request: HttpRequest, because: str = SIGNED_OUT) -> Self | None:
        """Of what is posted; None where nobody has typed or chosen anything."""
        match = request.resolver_match
        name = (match.url_name or "") if match else ""
        is_of_admin = bool(match and "admin" in match.namespaces and name.endswith(_OF_ADMIN))
        form = FORMS.get(name) if match and not match.namespaces else None
        # A script that asks for JSON has what it sends.
        if (
            (form is None and not is_of_admin)
            or _BY_BUTTON in request.POST
            or not request.accepts("text/html")
        ):
            return None
        sent = {name: values for name, values in request.POST.lists() if name != _TOKEN}
        fields = {name: values for name, values in sent.items() if _SECRET not in name}
        path = _carried_form(name, request.POST)
        filled = list(form.fields if form and form.fields and not path else fields)
        own = SELECTION if form and form.fields == _OF_SELECTION else request.path_info
        files = [file.name for _, files in request.FILES.lists() for file in files if file.name]
        if not files and not any(value.strip() for name in filled for value in fields.get(name, [])):
            return None
        page = ""
        if form:
            page = asking(path or (request.path_info if form.is_page else page_of(request)))
        return cls(path or own, page, fields, files, filled, because, has_secrets=fields != sent)

    @classmethod
    def of(cls, values: Any) -> Self | None:
        """As `asdict` told it; None for anything else."""
        try:
            return cls(**values)
        except TypeError:
            return None

    @property
    def sent(self) -> QueryDict:
        """As the form sent it."""
        sent = QueryDict(mutable=True)
        for name, values in self.fields.items():
            sent.setlist(name, values)
        return sent

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What people filled in, by what it is called, to be read and copied."""
        named = [(name, ", ".join(filter(None, self.fields.get(name, [])))) for name in self.filled]
        return [
            (_CALLED.get(name) or name.replace("_", " ").replace("-", " ").capitalize(), text)
            for name, text in named
            if text.strip() and not is_beside(name)
        ]

    @property
    def without_pictures(self) -> Self:
        """The same without the pictures that it was sent with, which may be thousands."""
        return replace(self, fields={name: texts for name, texts in self.fields.items() if name != "image"})

    @property
    def size(self) -> int:
        """Bytes of it as JSON, which is what MOST is a limit of."""
        return len(json.dumps(asdict(self)).encode())


def _carried_form(name: str, sent: QueryDict) -> str:
    """The address of the form that is carried to `name`; empty where it is none that leads back to another."""
    if name not in _CARRYING or "prompt" not in sent:
        return ""
    pick = sent.get("pick") if name == "create-pictures" else ""
    if pick == "matrix":
        return reverse("matrix")
    kind, _, number = sent.get("own", "").rpartition(":")
    pk = read_id(number)
    if pick == "input" and pk is not None:
        return reverse("upload-operation" if kind else "operation", args=[pk, "multi-edit"])
    return reverse("create")


def is_beside(name: str) -> bool:
    """Whether nobody types or chooses this field: a button's, or what a form says of itself."""
    return name in _BESIDE or name.startswith(("draft-", "drawn-", "_"))


def asking(page: str) -> str:
    """The address of a page, which asks to be filled with what is kept of it."""
    parts = urlsplit(page)
    others = [each for each in parts.query.split("&") if each not in ("", PARAMETER)]
    return f"{parts.path}?{'&'.join([*others, PARAMETER])}"


def keep(words: Words, request: HttpRequest, response: HttpResponseBase) -> bool:
    """Give it to the browser, beside that of its other pages; False when it is more than a browser would keep."""
    return _give(response, [words, *_others(_in_browser(request), words)])


def carried(words: Words) -> str:
    """As a field of the sign-in page carries it; empty when it is more than is ever kept."""
    return _signed([words]) if words.size <= MOST else ""


def read_carried(text: str) -> Words | None:
    """What such a field has brought; None where it was altered, or is older than AGE."""
    return next(iter(_read(text)), None)


def put(words: Words, request: HttpRequest) -> bool:
    """Into the session of who has signed in; False when it is more than is ever kept."""
    if words.size > MOST:
        return False
    several = [words, *_others(_in_session(request), words)]
    while sum(each.size for each in several) > MOST:
        several.pop()
    _store(request, several)
    return True


def _store(request: HttpRequest, several: list[Words]) -> None:
    request.session[_SESSION] = {"until": int(time.time()) + AGE, "words": [asdict(each) for each in several]}


def address(request: HttpRequest) -> str:
    """Of the page whose words the browser has kept, asked to be filled with them; empty where it has kept none."""
    return next((words.page for words in _in_browser(request)), "")


def waits(request: HttpRequest, target: str) -> bool:
    """Whether the browser keeps what `target` will be filled with."""
    return any(words.page == target for words in _in_browser(request))


def is_asked(request: HttpRequest) -> bool:
    """Whether this is a page whose address asks to be filled with what is kept."""
    return request.method in ("GET", "HEAD") and PARAMETER in request.GET


def brought(request: HttpRequest) -> Words | None:
    """What is kept of this very page, if its address asks for it: nothing that is old, cut or none of ours."""
    if not is_asked(request):
        return None
    if not hasattr(request, _SEEN):
        several = (*_in_session(request), *_in_browser(request))
        path = request.path_info
        setattr(request, _SEEN, next((each for each in several if urlsplit(each.page).path == path), None))
    words: Words | None = getattr(request, _SEEN)
    return words


def own(request: HttpRequest) -> Words | None:
    """What is `brought`, where it was sent to this very address; None otherwise."""
    words = brought(request)
    return words if words and words.form == request.path_info else None


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """What this page has shown is not kept any more; an error, and what answers no GET, leaves it."""
    words: Words | None = getattr(request, _SEEN, None)
    if words is None or request.method != "GET" or response.status_code >= 400:
        return
    if words in (there := _in_session(request)):
        _store(request, [each for each in there if each != words])
    if words in (here := _in_browser(request)):
        _give(response, [each for each in here if each != words])


def _others(several: Iterable[Words], words: Words) -> list[Words]:
    return [each for each in several if each.form != words.form][: MOST_FORMS - 1]


def _in_session(request: HttpRequest) -> list[Words]:
    stored = request.session.get(_SESSION) or {}
    if stored.get("until", 0) < time.time():
        return []
    return [words for values in stored["words"] if (words := Words.of(values))]


def _in_browser(request: HttpRequest) -> list[Words]:
    return _read("".join(request.COOKIES.get(f"{NAME}-{number}", "") for number in range(_PIECES)))


def _signed(several: list[Words]) -> str:
    return signing.dumps([asdict(each) for each in several], salt=_SALT, compress=True)


def _read(text: str) -> list[Words]:
    try:
        several = signing.loads(text, salt=_SALT, max_age=AGE)
    except (signing.BadSignature, ValueError):
        return []
    return [words for values in several if (words := Words.of(values))]


def _give(response: HttpResponseBase, several: list[Words]) -> bool:
    text = _signed(several) if several else ""
    if len(text) > _PIECE * _PIECES:
        return False
    for number in range(_PIECES):
        _set(response, number, text[number * _PIECE : (number + 1) * _PIECE])
    return True


def _set(response: HttpResponseBase, number: int, text: str) -> None:
    if not text:
        response.delete_cookie(f"{NAME}-{number}", path="/", samesite="Lax")
        return
    response.set_cookie(
        f"{NAME}-{number}",
        text,
        max_age=AGE,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
