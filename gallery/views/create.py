"""The create page: the form, its price, the prompts of before, and what was made in this sitting."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from gallery import access
from gallery.display import batch_card, forecast, generation_card
from gallery.display.generation_card import Card
from gallery.formats import read_id
from gallery.forms import Catalog, GenerateForm, kept, sent
from gallery.forms.prefill import picture_named, values_asked
from gallery.forms.price import PriceRefused
from gallery.forms.style_references import with_references
from gallery.forms.submission import spend_batch
from gallery.http import MemberRequest, SeeOther, closed_gates, glance
from gallery.models import Generation, Image, Prompt, User
from gallery.models.vocabulary import read_query
from gallery.text import unreadable_fields

# Buttons of the form that draw it again instead of spending.
# "signed-out" is set by the page itself: what it sends then is no click on Generate.
REDRAWING = ("change-model", "random-seed", "last-seed", "signed-out")
OLDER = "This form is older than your sign-in. Nothing was sent; look at it, then press Generate again."
SITTING = 24
HISTORY = 20
RECENT_PROMPTS = 50
# How many of a member's generations are looked through for distinct prompts.
RECENT_GENERATIONS = 1000


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: MemberRequest) -> HttpResponse:
    """The form, filled as the address asks; a post queues one generation or redraws the form."""
    if request.method == "POST":
        redrawing = any(name in request.POST for name in REDRAWING)
        return _redraw(request) if redrawing else _generate(request)
    if kept.PARAMETER in request.GET:
        return _restored(request)
    image = picture_named(request.GET)
    values = values_asked(request.GET, image)
    form = GenerateForm.redrawn(Catalog.load(glance(request)), values)
    left_out = form.not_taken(values) if image else []
    return _page(request, form, image, lost="image" in request.GET and image is None, left_out=left_out)


def _restored(request: MemberRequest) -> HttpResponse:
    """The form as it was when its session was over; nothing of it has been sent."""
    fields = dict(kept.kept(request))
    form = GenerateForm.redrawn(Catalog.load(glance(request)), fields)
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in fields.items()})
    response = _page(request, form, picture_named(query), restored=bool(fields))
    kept.forget(response)
    return response


def drawn_anew(request: MemberRequest) -> HttpResponse:
    """The form as it was posted from before the sign-in, with a token that is good; nothing of it is sent."""
    form = GenerateForm.redrawn(Catalog.load(glance(request)), sent.values(request.POST))
    # To htmx a form with messages is 422, which it swaps.
    return _page(request, form, picture_named(request.POST), status=422 if request.htmx else 403, note=OLDER)


def filled(request: MemberRequest, form: GenerateForm, *, status: int = 200, **notes: Any) -> HttpResponse:
    """The page with a form that was filled from elsewhere, to htmx the form alone; nothing of it is sent."""
    return _page(request, form, None, status=status, **notes)


def _redraw(request: MemberRequest) -> HttpResponse:
    values = sent.values(request.POST)
    if "random-seed" in values:
        values["seed"] = ""
    elif "last-seed" in values:
        values["seed"] = _last_seed(request.user)
    form = GenerateForm.redrawn(Catalog.load(glance(request)), values)
    return _page(request, form, picture_named(request.POST))


def _generate(request: MemberRequest) -> HttpResponse:
    form = _posted(request)
    image = picture_named(request.POST)
    made = _made(request, form, image)
    if made is None:
        return _page(request, form, image, status=422)
    generations, created = made
    first = generations[0]
    if not request.htmx:
        is_one = len(generations) == 1
        address = (
            reverse("generation", args=[first.pk]) if is_one else reverse("batch", args=[first.batch_id])
        )
        return SeeOther(address)
    context = {"created": created, "form": form, "last_seed": first.seed}
    if len(generations) == 1:
        context["card"] = generation_card.of(first, closed_gates(request))
    else:
        context["batch"] = batch_card.of(first.batch, closed_gates(request))
    if _in_composer(request):
        context["in_composer"] = True
    elif "refused" in request.POST or form.is_drawn_for_another:
        # The form on the page still holds the messages of its last refusal, or the fields of another model.
        mended = GenerateForm.redrawn(form.catalog, sent.values(request.POST))
        context |= {"mended": mended, "image": image}
    return render(request, "create/_queued.html", context)


def _posted(request: MemberRequest) -> GenerateForm:
    return GenerateForm(
        Catalog.load(glance(request)),
        request.POST,
        unreadable=unreadable_fields(request),
        most=access.most_pictures(request.user),
    )


def _made(
    request: MemberRequest, form: GenerateForm, image: Image | None
) -> tuple[list[Generation], bool] | None:
    """What the form asked for, and whether it is new; None when the form has something to say.

    A repeat leads to what it made, whatever has become of its model and its price since.
    """
    if not with_references(form, request.POST, request.user):
        first = Generation.objects.submitted(request.user, form.submission)
        return (first, False) if first else None
    plan = form.plan
    try:
        return spend_batch(
            request,
            form.operations,
            submission=form.submission,
            origin=image,
            kind=plan.kind,
            axes=form.axes,
            title=plan.text,
        )
    except PriceRefused as refused:
        form.refuse_price(str(refused), refused.price)
        return None


def _page(
    request: MemberRequest, form: GenerateForm, image: Image | None, *, status: int = 200, **notes: Any
) -> HttpResponse:
    """The whole page, or to htmx the form alone, wherever it meant to put the answer; `notes` are about the picture."""
    if _in_composer(request):
        return _refused_in_composer(request, form, status)
    lasts = _lasting(request, form)
    context = {"form": form, "image": image, "last_seed": _last_seed(request.user), "lasts": lasts, **notes}
    if request.htmx and request.method == "POST":
        fragment = render(request, "create/_form.html", context, status=status)
        return retarget(reswap(fragment, "outerHTML"), "#create-form")
    return render(request, "create/create.html", context | {"sitting": _sitting(request.user)}, status=status)


def _lasting(request: MemberRequest, form: GenerateForm) -> timedelta | None:
    """How long all that the form would make takes at the present pace; None for a single request, or when unknown."""
    plan = form.plan
    if not plan.text or plan.pictures > form.most:
        return None
    return forecast.of_click(plan, Generation.objects.active().in_line(), closed_gates(request))


def _in_composer(request: MemberRequest) -> bool:
    """Whether the gallery's one line has posted it, and goes on standing there."""
    return bool(request.htmx) and "composer" in request.POST


def _refused_in_composer(request: MemberRequest, form: GenerateForm, status: int) -> HttpResponse:
    """What is wrong, said below the line, and the price as it is now."""
    context = {"form": form, "problems": list(form.errors.items())}
    fragment = render(request, "create/_composer_refused.html", context, status=status)
    return retarget(reswap(fragment, "outerHTML"), "#composer-problems")


def _last_seed(user: User) -> int | None:
    seeds = (
        Generation.objects.owned_by(user).exclude(seed=None).order_by("-id").values_list("seed", flat=True)
    )
    return seeds.first()


def _sitting(user: User) -> list[Card]:
    """The member's newest generations of today, as cards."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = Generation.objects.owned_by(user).filter(created_at__gte=midnight, dismissed_at=None)
    return generation_card.of_each(generation_card.drawn(today).order_by("-id")[:SITTING])


@require_POST
def price(request: MemberRequest) -> HttpResponse:
    """What the button says about money, for the form as it stands."""
    form = _posted(request)
    # The gallery's one line has no place for what is made of it; there it is one model and one text.
    has_plan = "composer" not in request.POST
    context = {"form": form, "has_plan": has_plan, "lasts": _lasting(request, form) if has_plan else None}
    return render(request, "create/_priced.html", context)


@require_safe
def history(request: MemberRequest) -> HttpResponse:
    """The drawer's list: prompts by newest use, searched by `q`, from the cursor `before` on."""
    query = read_query(request.GET.get("q", ""), request.user)
    if not request.htmx:
        return redirect(reverse("prompts", query={"q": query.text} if query else None))
    prompts = Prompt.objects.walked(query).newest_first()
    before = read_id(request.GET.get("before", ""))
    if before is not None:
        prompts = prompts.filter(last_generation_id__lt=before)
    rows = list(prompts[: HISTORY + 1])
    context = {"prompts": rows[:HISTORY], "query": query, "older": len(rows) > HISTORY}
    return render(request, "create/_history.html", context)


@require_safe
def recent_prompts(request: MemberRequest) -> JsonResponse:
    """The member's own last distinct prompts, newest first, for walking through them with the arrow keys."""
    mine = Generation.objects.owned_by(request.user).exclude(prompt=None).order_by("-id")
    used = dict.fromkeys(mine.values_list("prompt_id", flat=True)[:RECENT_GENERATIONS])
    ids = list(used)[:RECENT_PROMPTS]
    texts = Prompt.objects.in_bulk(ids)
    return JsonResponse({"prompts": [texts[pk].text for pk in ids]})
