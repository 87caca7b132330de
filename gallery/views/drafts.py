"""The draft of a member's composer: saved while one types, drawn anew when another device has changed it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gallery.forms import Catalog, composer
from gallery.forms.draft import (
    CAME_ALONG,
    NotKept,
    drawn,
    first_model,
    following,
    gone,
    greyed,
    kept_beside,
    sent_values,
)
from gallery.forms.generate import GenerateForm
from gallery.forms.prefill import picture_named
from gallery.http import MemberRequest, site_status
from gallery.models import Draft, Image, Preset
from gallery.models.draft import Page, Saved, Values
from gallery.text import unreadable_fields

REVISION = "draft-revision"
#: In a form that is filled from elsewhere: the draft of then stays as one of before.
FILLED = "draft-fill"
# The others stand on their own page.
PRESETS = 50
# A draft of a model alone is none of before: what undoes names it by that.
_ONLY_MODEL = "model:"
# Digits of what counts saves.
_DIGITS = 15


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: MemberRequest) -> HttpResponse:
    """The form as it stands now, to htmx; a post keeps what one types and tells the revision, 409 beside another's."""
    if request.method == "POST":
        return _keep(request)
    if not request.htmx:
        return redirect("create")
    if "before" in request.GET:
        return render(request, "create/_before.html", {"before": Draft.objects.before(request.user)})
    current = Draft.objects.current_of(request.user)
    values = current.values if current else {}
    if "composer" in request.GET:
        return redrawn(request, values)
    return render(request, "create/_form.html", context(request, values))


def _keep(request: MemberRequest) -> HttpResponse:
    if base_of(request) is None:
        raise BadRequest("That form was altered on its way. Nothing was kept; reload the page.")
    if unreadable_fields(request):
        return _not_kept("Some of its characters cannot be read. It is not kept.")
    try:
        saved = save(request, sent_values(request.POST, Catalog.load(site_status(request))))
    except NotKept as error:
        return _not_kept(str(error))
    answer = {"revision": saved.revision, "stands": saved.stands, "before": saved.before}
    return JsonResponse(answer, status=200 if saved.stands else 409)


def _not_kept(words: str) -> HttpResponse:
    return JsonResponse({"error": words}, status=422)


def base_of(request: MemberRequest) -> int | None:
    """The revision that the form was drawn from; None where it tells none, as of a script."""
    return _number(request.POST.get(REVISION, ""))


def save(request: MemberRequest, values: Values, *, replaces: bool = False, insists: bool = False) -> Saved:
    """Keep `values` as the form on that page stands. Scripts send no revision: theirs is no draft."""
    base = base_of(request)
    if base is None:
        return Saved(request.user.draft_revision)
    sent = request.POST
    return Draft.objects.save_values(
        request.user,
        values,
        base=base,
        page=Page(sent.get("page", "")[:40].replace("\0", ""), _number(sent.get("save", "")) or 0),
        replaces=replaces or FILLED in sent,
        insists=insists or "insists" in sent,
    )


def save_sent(request: MemberRequest, sent: QueryDict | None = None) -> None:
    """What a form tells that somebody has pressed a button of: it stands, whatever another page has saved.

    What cannot be kept is not, and is shown all the same.
    """
    if unreadable_fields(request):
        return
    try:
        values = sent_values(request.POST if sent is None else sent, Catalog.load(site_status(request)))
    except NotKept:
        return
    save(request, values, insists=True)


def undo_of(request: MemberRequest, before: Values) -> str:
    """What names the draft `before` for `before_fill`: its revision, or its model where it says nothing else."""
    if before.keys() - {"model"}:
        return str(request.user.draft_revision)
    return f"{_ONLY_MODEL}{first_model(before) or ''}"


def before_fill(request: MemberRequest, named: str) -> Values | None:
    """The draft as it stood when the page was filled that `named` it; None when it is not kept any more."""
    if named.startswith(_ONLY_MODEL):
        model = Catalog.load(site_status(request)).find(named.removeprefix(_ONLY_MODEL))
        return {"model": model.id} if model else {}
    wanted = _number(named)
    if wanted is None:
        return None
    current = Draft.objects.current_of(request.user)
    if not wanted or (current and current.revision == wanted):
        return current.values if current and wanted else {}
    earlier = Draft.objects.before(request.user).filter(revision=wanted).first()
    return earlier.values if earlier else None


def context(request: MemberRequest, values: Values, form: GenerateForm | None = None) -> dict[str, Any]:
    """What `create/_form.html` is drawn with: the form of a draft, and what of the draft its model does not take."""
    form = form or drawn(Catalog.load(site_status(request)), values)
    named = QueryDict(mutable=True)
    named["image"] = str(values.get("image", ""))
    image = picture_named(named)
    return {
        "form": form,
        "greyed": greyed(form, values),
        "kept_values": kept_beside(form, values),
        "left_out": gone(form, values),
        "image": image,
        "own_words": image is not None and not _is_of(image, str(values.get("prompt", ""))),
        "came_along": values.get(CAME_ALONG, ""),
        "followed": following(values),
        "presets": Preset.objects.seen_by(request.user)[:PRESETS],
    }


def _is_of(image: Image, words: str) -> bool:
    """Whether a picture was made with these words, but for the spaces."""
    return image.prompt is not None and image.prompt.text.split() == words.split()


def redrawn(request: MemberRequest, values: Values, notes: Mapping[str, Any] | None = None) -> HttpResponse:
    """The composer with those values; what `notes` tell about them is said above it."""
    drawn_composer = composer.of_draft(Catalog.load(site_status(request)), values, request.user)
    shown = {"composer": drawn_composer, "user": request.user, "notes": notes}
    return render(request, "create/_composer_redrawn.jinja", shown, using="jinja2")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
