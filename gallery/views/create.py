"""The create page: the form, its price, the prompts of before, and what was made in this sitting."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from gallery import access
from gallery.display import click_rows, forecast
from gallery.formats import read_sides
from gallery.forms import Catalog, GenerateForm, draft, initial, kept
from gallery.forms.form_values import models_named
from gallery.forms.form_values import values as plain
from gallery.forms.prefill import picture_named
from gallery.forms.price import PRICE, PriceRefused
from gallery.forms.repeat import MAKE_MISSING, repeated
from gallery.forms.style_references import refuse, with_references
from gallery.forms.submission import lost, spend_batch
from gallery.http import MemberRequest, SeeOther, closed_gates, site_status
from gallery.listing.listing import Listing
from gallery.listing.order import NEWEST_USE, by_name
from gallery.media.pictures import LostFile
from gallery.models import Draft, Generation, Image, Prompt, User
from gallery.models.draft import Values
from gallery.text import unreadable_fields
from gallery.variations.exact_matches import Repeat
from gallery.views import drafts, presets

SAVES_PRESET = ("save-preset", "replace-preset")
# Buttons of the form that draw it again instead of spending.
# "signed-out" is set by the page itself: what it sends then is no click on Generate.
REDRAWING = (
    "change-model",
    "add-model",
    "shape",
    "random-seed",
    "last-seed",
    "signed-out",
    "keep-draft",
    "fresh",
    "undo",
    *SAVES_PRESET,
)
OLDER = f"{kept.OLDER} Nothing was sent; look at it, then press Generate again."
HISTORY, BY_USE = 20, by_name([NEWEST_USE])
RECENT_PROMPTS = 50
# How many of a member's generations are looked through for distinct prompts.
RECENT_GENERATIONS = 1000


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: MemberRequest) -> HttpResponse:
    """The form with its member's draft, filled as the address asks; a post queues what it asks for or redraws it."""
    if request.method == "POST":
        redrawing = any(name in request.POST for name in REDRAWING)
        return _redraw(request) if redrawing else _generate(request)
    if request.htmx and "from" in request.GET:
        return render(request, "create/_rows.html", {"sitting": _sitting(request)})
    if words := kept.own(request):
        return _restored(request, words)
    catalog = Catalog.load(site_status(request))
    current = Draft.objects.current_of(request.user)
    before = current.values if current else {}
    fill = initial.asked(request.GET, request.user, catalog)
    values = draft.merged(before, fill.values, replaces=fill.replaces) if fill else before
    form = draft.drawn(catalog, values)
    notes: dict[str, Any] = {"lost": fill.is_lost, "filled_from": fill.source if values != before else ""}
    # The picture that the words are from says nothing of what has come beside them, another model among it.
    notes["filled_besides"] = "" if fill.image else notes["filled_from"]
    notes["already_there"] = bool(fill) and values == before
    # What fills it a second time leaves the way back to before the first.
    notes["undo"] = request.GET.get("undo", "") if values == before else drafts.undo_of(request, before)
    left_out = form.not_taken(draft.fitted(fill.values, form.spec) if form.spec else fill.values)
    notes["left_out"] = list(dict.fromkeys([*left_out, *draft.gone(form, values)]))
    return _page(request, form, values, **notes)


def _restored(request: MemberRequest, words: kept.Words) -> HttpResponse:
    """The form as it was when its session was over; nothing of it has been sent."""
    form, values = _form_of(request, words.sent)
    return _page(
        request,
        form,
        values,
        restored=words,
        left_out=_unknown(form, words.sent),
        **_preset_named(words.sent),
    )


def drawn_anew(request: MemberRequest) -> HttpResponse:
    """The form as it was posted from before the sign-in, with a token that is good; nothing of it is sent."""
    form, values = _form_of(request, request.POST)
    notes = {"note": OLDER, "left_out": _unknown(form, request.POST)} | _preset_named(request.POST)
    # To htmx a form with messages is 422, which it swaps.
    return _page(request, form, values, status=422 if request.htmx else 403, **notes)


def _form_of(request: MemberRequest, sent: QueryDict) -> tuple[GenerateForm, Values]:
    """The form as it was sent, and the values of its draft; only its fields where that is none to keep."""
    catalog = Catalog.load(site_status(request))
    try:
        values = draft.sent_values(sent, catalog)
    except draft.NotKept:
        return GenerateForm.redrawn(catalog, plain(sent)), {"image": sent.get("image", "")}
    return draft.drawn(catalog, values), values


def _preset_named(sent: QueryDict) -> dict[str, Any]:
    """What was to be kept as a preset: its name, and for whom. Nothing where no name was typed."""
    name = sent.get("preset-name", "")[:200]
    return {"preset_name": name, "preset_shared": "preset-shared" in sent} if name.strip() else {}


def _unknown(form: GenerateForm, sent: QueryDict) -> list[tuple[str, str]]:
    """The models that a form was sent with and that are not offered any more."""
    return form.not_taken({"model": models_named(sent)})


def filled(
    request: MemberRequest, fill: Mapping[str, Any], *, status: int = 200, **notes: Any
) -> HttpResponse:
    """The page with a draft that was filled from elsewhere, to htmx the form alone; nothing of it is sent."""
    current = Draft.objects.current_of(request.user)
    before = current.values if current else {}
    values = draft.merged(before, draft.with_seed_along(fill))
    form = draft.drawn(Catalog.load(site_status(request)), values)
    return _page(request, form, values, status=status, undo=drafts.undo_of(request, before), **notes)


def _redraw(request: MemberRequest) -> HttpResponse:
    sent = request.POST.copy()
    notes: dict[str, Any] = {}
    if "random-seed" in sent:
        sent["seed"] = ""
    elif "last-seed" in sent:
        sent["seed"] = str(_last_seed(request.user) or "")
    elif sides := read_sides(sent.get("shape") or ""):
        sent["width"], sent["height"] = (str(side) for side in sides)
    elif "fresh" in sent:
        return _replaced(request, {}, emptied=True)
    elif "undo" in sent:
        before = drafts.before_fill(request, sent.get("undo") or "")
        if before is not None:
            return _replaced(request, before, undone=True)
        notes["note"] = "What stood here before is not kept any more. Look at History."
    form, values = _form_of(request, sent)
    notes["left_out"] = _unknown(form, sent)
    drafts.save_sent(request, sent)
    if any(name in sent for name in SAVES_PRESET) or ("keep-draft" in sent and sent.get("preset-name")):
        return _with_preset(request, form, values)
    return _page(request, form, values, kept_now="keep-draft" in sent, **notes)


def _with_preset(request: MemberRequest, form: GenerateForm, values: Values) -> HttpResponse:
    """Keep what stands in the form under the name it tells."""
    try:
        return _page(request, form, values, preset_kept=presets.keep_form(request, values))
    except ValidationError as error:
        taken = any(each.code == "taken" for each in error.error_list)
        said = {"preset_problem": " ".join(error.messages), "preset_taken": taken}
        return _page(request, form, values, status=422, **said, **_preset_named(request.POST))


def _replaced(request: MemberRequest, values: Values, **notes: Any) -> HttpResponse:
    """The form with other values; those that stood in it become a draft of before."""
    drafts.save_sent(request)
    replaced = draft.merged(values, {})
    # As this page's: what it has sent before, and arrives later, is overtaken.
    drafts.save(request, replaced, replaces=True, insists=True)
    return _page(request, draft.drawn(Catalog.load(site_status(request)), replaced), replaced, **notes)


def _generate(request: MemberRequest) -> HttpResponse:
    drafts.save_sent(request)
    form = _posted(request)
    image = picture_named(request.POST)
    made = _made(request, form, image)
    if made is None:
        _, values = _form_of(request, request.POST)
        return _page(request, form, values, status=422)
    generations, created = made
    first = generations[0]
    if not request.htmx:
        is_one = len(generations) == 1
        address = (
            reverse("generation", args=[first.pk]) if is_one else reverse("batch", args=[first.batch_id])
        )
        return SeeOther(address)
    context: dict[str, Any] = {"created": created, "form": form, "last_seed": first.seed}
    context["row"] = click_rows.made(first.batch, generations, closed_gates(request))
    context["is_changed"] = created and _goes_elsewhere(request)
    if _in_composer(request):
        context["in_composer"] = True
    elif "refused" in request.POST or form.is_drawn_for_another:
        # The form on the page still holds the messages of its last refusal, or the fields of another model.
        mended, values = _form_of(request, request.POST)
        context |= {**drafts.context(request, values, mended), "form": mended, "mended": mended}
    return render(request, "create/_queued.html", context)


def _goes_elsewhere(request: MemberRequest) -> bool:
    """Whether what is made goes into another collection than the page says, or into none any more."""
    goes_to = request.user.goes_to
    there = str(goes_to.pk) if goes_to else ""
    return request.POST.get("drawn-destination", there) != there


def _posted(request: MemberRequest) -> GenerateForm:
    catalog = Catalog.load(site_status(request))
    return GenerateForm(
        catalog,
        draft.whole(request.POST, catalog) if "composer" in request.POST else request.POST,
        unreadable=unreadable_fields(request),
        most=access.most_pictures(request.user),
    )


def _made(
    request: MemberRequest, form: GenerateForm, image: Image | None
) -> tuple[list[Generation], bool] | None:
    """What the form asked for, and whether it is new; None when the form has something to say.

    A repeat leads to what it made, whatever has become of its model and its price since.
    """
    is_valid = with_references(form, request.POST, request.user)
    of_rest = MAKE_MISSING in request.POST
    first = Generation.objects.submitted(request.user, form.submission)
    if is_valid and not first and (repeat := repeated(request, form)):
        # Asked once more: it may be what this very form, sent twice at once, has queued between the two questions.
        first = Generation.objects.submitted(request.user, form.submission)
        form.repeat = None if first else repeat
    if first and (of_rest or not is_valid):
        # What was missing has come, or is on its way, since then.
        return first, False
    if not is_valid or (form.repeat and not (of_rest and form.repeat.missing)):
        return None
    return _spent(request, form, image)


def _spent(
    request: MemberRequest, form: GenerateForm, image: Image | None
) -> tuple[list[Generation], bool] | None:
    """Queue all that a valid form asks for, or the rest of it alone; None when that is refused, which the form says."""
    of_rest = MAKE_MISSING in request.POST
    plan, operations = form.plan, form.operations
    batch = {"kind": plan.kind, "axes": form.axes, "title": plan.text}
    if of_rest and form.repeat:
        operations = form.repeat.missing
        batch["title"] = f"{len(operations)} of {plan.text}"
    if len(operations) == 1:
        batch = {}
    try:
        return spend_batch(
            request,
            operations,
            submission=form.submission,
            origin=image,
            shown=request.POST[MAKE_MISSING] if of_rest else None,
            **batch,
        )
    except PriceRefused as refused:
        form.refuse_price(str(refused), refused.price)
    except LostFile as error:
        refuse(form, lost(error))
    return None


def _page(
    request: MemberRequest, form: GenerateForm, values: Values, *, status: int = 200, **notes: Any
) -> HttpResponse:
    """The whole page, or to htmx the form alone, wherever it meant to put the answer; `notes` are about the values."""
    if _in_composer(request):
        return _redrawn_composer(request, form, values, status, notes)
    context = {**drafts.context(request, values, form), "last_seed": _last_seed(request.user)}
    # What was asked for goes before what the draft has beside it.
    notes["left_out"] = list(dict.fromkeys([*notes.get("left_out", []), *context["left_out"]]))
    context |= {"lasts": _lasting(request, form), **notes}
    if request.htmx and request.method == "POST":
        fragment = render(request, "create/_form.html", context, status=status)
        return retarget(reswap(fragment, "outerHTML"), "#create-form")
    context |= {"sitting": _sitting(request)}
    context |= {"before": Draft.objects.before(request.user)}
    return render(request, "create/create.html", context, status=status)


def _sitting(request: MemberRequest) -> click_rows.Sitting:
    listing = Listing.read(request, size=click_rows.ROWS, orders=click_rows.ORDERS)
    return click_rows.page(listing, request.user, closed_gates(request))


def _lasting(request: MemberRequest, form: GenerateForm) -> timedelta | None:
    """How long all that the form would make takes at the present pace; None for a single request, or when unknown."""
    plan = form.plan
    if not plan.text or plan.pictures > form.most:
        return None
    return forecast.of_click(plan, Generation.objects.whole_queue(), closed_gates(request))


def _there(request: MemberRequest, form: GenerateForm) -> Repeat | None:
    """What of it exists already; of style references nothing is read yet, and so nothing is said."""
    # The price that it shows is that of before, which is no reason to say nothing.
    wrong = form.errors.keys() - {PRICE}
    return None if wrong or "style_reference" in request.POST else repeated(request, form)


def _in_composer(request: MemberRequest) -> bool:
    """Whether the one line of another page asks, and goes on standing there."""
    return bool(request.htmx) and ("composer" in request.POST or "composer" in request.GET)


def _redrawn_composer(
    request: MemberRequest, form: GenerateForm, values: Values, status: int, notes: Mapping[str, Any]
) -> HttpResponse:
    """The line with other values; or what is wrong, said below it, and the price as it is now."""
    if status == 200:
        redrawn = retarget(drafts.redrawn(request, values, notes), "#create-composer")
        redrawn["HX-Reswap"] = "morph:outerHTML"
        return redrawn
    said = [("__all__", [note])] if (note := notes.get("note")) else []
    context = {"form": form, "problems": [*said, *form.errors.items()]}
    fragment = render(request, "create/_composer_refused.html", context, status=status)
    return retarget(reswap(fragment, "outerHTML"), "#composer-problems")


def _last_seed(user: User) -> int | None:
    seeds = (
        Generation.objects.owned_by(user).exclude(seed=None).order_by("-id").values_list("seed", flat=True)
    )
    return seeds.first()


@require_POST
def price(request: MemberRequest) -> HttpResponse:
    """What the button says about money, for the form as it stands."""
    form = _posted(request)
    # The one line has no place for the plan, though further models and words in braces go along with it.
    has_plan = "composer" not in request.POST
    context = {"form": form, "has_plan": has_plan}
    if has_plan:
        context |= {"lasts": _lasting(request, form), "there": _there(request, form)}
    return render(request, "create/_priced.html", context)


@require_safe
def history(request: MemberRequest) -> HttpResponse:
    """The drawer's list: prompts by newest use, searched by `q`, from the cursor `before` on."""
    listing = Listing.read(request, size=HISTORY, orders=BY_USE, place="before")
    if not request.htmx:
        return redirect(replace(listing, path=reverse("prompts"), cursor=None).address())
    rows = list(listing.beyond(Prompt.objects.walked(listing.query))[: HISTORY + 1])
    context = {"prompts": rows[:HISTORY], "query": listing.query, "older": len(rows) > HISTORY}
    return render(request, "create/_history.html", context)


@require_safe
def recent_prompts(request: MemberRequest) -> JsonResponse:
    """The member's own last distinct prompts and those of drafts of before, newest first, to walk through by keys."""
    own = Generation.objects.owned_by(request.user).exclude(prompt=None).order_by("-id")
    used: dict[int, datetime] = {}
    for pk, moment in own.values_list("prompt_id", "created_at")[:RECENT_GENERATIONS]:
        used.setdefault(pk, moment)
    newest = dict(list(used.items())[:RECENT_PROMPTS])
    texts = Prompt.objects.in_bulk(newest)
    dated = [(moment, texts[pk].text) for pk, moment in newest.items()]
    earlier = Draft.objects.before(request.user).values_list("updated_at", "values")
    dated += [(moment, values["prompt"]) for moment, values in earlier if values.get("prompt")]
    dated.sort(key=lambda each: each[0], reverse=True)
    return JsonResponse({"prompts": list(dict.fromkeys(text for _, text in dated))})
