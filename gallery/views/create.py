"""The create page: the form, its price, the prompts of before, and what was made in this sitting."""

from typing import Any

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from gallery.display import generation_card
from gallery.display.generation_card import Card
from gallery.formats import read_id
from gallery.forms import Catalog, GenerateForm, kept
from gallery.forms.prefill import picture_named, values_asked
from gallery.forms.price import PriceRefused
from gallery.forms.submission import earlier, spend
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
    sent = QueryDict(mutable=True)
    sent.update({name: str(value) for name, value in fields.items()})
    response = _page(request, form, picture_named(sent), restored=bool(fields))
    kept.forget(response)
    return response


def drawn_anew(request: MemberRequest) -> HttpResponse:
    """The form as it was posted from before the sign-in, with a token that is good; nothing of it is sent."""
    form = GenerateForm.redrawn(Catalog.load(glance(request)), request.POST.dict())
    # To htmx a form with messages is 422, which it swaps.
    return _page(request, form, picture_named(request.POST), status=422 if request.htmx else 403, note=OLDER)


def _redraw(request: MemberRequest) -> HttpResponse:
    sent: dict[str, Any] = request.POST.dict()
    if "random-seed" in sent:
        sent["seed"] = ""
    elif "last-seed" in sent:
        sent["seed"] = _last_seed(request.user)
    return _page(
        request, GenerateForm.redrawn(Catalog.load(glance(request)), sent), picture_named(request.POST)
    )


def _generate(request: MemberRequest) -> HttpResponse:
    form = GenerateForm(Catalog.load(glance(request)), request.POST, unreadable=unreadable_fields(request))
    image = picture_named(request.POST)
    made = _made(request, form, image)
    if made is None:
        return _page(request, form, image, status=422)
    generation, created = made
    if not request.htmx:
        return SeeOther(reverse("generation", args=[generation.pk]))
    card = generation_card.of(generation, closed_gates(request), member=request.user)
    context = {"card": card, "created": created, "form": form, "last_seed": generation.seed}
    if _in_composer(request):
        context["in_composer"] = True
    elif "refused" in request.POST or form.is_drawn_for_another:
        # The form on the page still holds the messages of its last refusal, or the fields of another model.
        context |= {"mended": GenerateForm.redrawn(form.catalog, request.POST.dict()), "image": image}
    return render(request, "create/_queued.html", context)


def _made(request: MemberRequest, form: GenerateForm, image: Image | None) -> tuple[Generation, bool] | None:
    """What the form asked for, and whether it is new; None when the form has something to say.

    A repeat leads to what it made, whatever has become of its model and its price since.
    """
    if not form.is_valid():
        first = earlier(request.user, form.submission)
        return (first, False) if first else None
    try:
        return spend(request, form.operation, submission=form.submission, origin=image)
    except PriceRefused as refused:
        form.refuse_price(str(refused), refused.price)
        return None


def _page(
    request: MemberRequest, form: GenerateForm, image: Image | None, *, status: int = 200, **notes: Any
) -> HttpResponse:
    """The whole page, or to htmx the form alone, wherever it meant to put the answer; `notes` are about the picture."""
    if _in_composer(request):
        return _refused_in_composer(request, form, status)
    context = {"form": form, "image": image, "last_seed": _last_seed(request.user), **notes}
    if request.htmx and request.method == "POST":
        fragment = render(request, "create/_form.html", context, status=status)
        return retarget(reswap(fragment, "outerHTML"), "#create-form")
    return render(request, "create/create.html", context | {"sitting": _sitting(request.user)}, status=status)


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
    return generation_card.of_each(generation_card.drawn(today, user).order_by("-id")[:SITTING])


@require_POST
def price(request: MemberRequest) -> HttpResponse:
    """What the button says about money, for the form as it stands."""
    price = GenerateForm(Catalog.load(glance(request)), request.POST).quote
    return render(request, "create/_price.jinja", {"price": price}, using="jinja2")


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
