"""The matrix: what every combination of a few values would make and cost, buying it, and what has come of it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from gallery import access
from gallery.display import matrix as display
from gallery.display import matrix_result, prompt_matrix
from gallery.formats import MAX_ID, read_id
from gallery.forms import Catalog, kept
from gallery.forms.matrix import BUY, MatrixForm, Purchase, fields_of
from gallery.forms.prefill import picture_named, values_asked
from gallery.forms.price import PRICE, objection
from gallery.forms.style_references import refuse
from gallery.forms.submission import earlier, lost, spend, submission_of
from gallery.http import MemberRequest, SeeOther, site_status
from gallery.media.pictures import LostFile
from gallery.models import Batch, Generation, Image, Prompt, kept_sql
from gallery.models.queue import Order
from gallery.text import unreadable_fields
from gallery.variations import axes
from gallery.variations.exact_matches import existing
from gallery.variations.matrix import missing
from venice import Generate, Model, price

# What the page of a bought matrix tells of its click, in the order of the table, as a row is made of them.
_READ = {"id", "kind", "axes", "title", "price", "created_at"}
_SHOWN = tuple(field.attname for field in Batch._meta.concrete_fields if field.attname in _READ)


@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request: MemberRequest) -> HttpResponse:
    """The form with what it would make; a post by one of the buttons that buy queues it."""
    posted, words = request.method == "POST", kept.own(request)
    sent = _sent(request, words)
    image = picture_named(sent)
    values = sent.dict() if posted or words else values_asked(sent, image)
    form = MatrixForm.read(
        Catalog.load(site_status(request)), sent, values, request.user, unreadable=unreadable_fields(request)
    )
    if posted and BUY in sent:
        return _buy(request, form, image)
    is_wrong = posted and form.is_asked and not form.is_valid()
    return _page(request, form, image, status=422 if is_wrong else 200)


def _sent(request: MemberRequest, words: kept.Words | None) -> QueryDict:
    """What is posted, or was before the sign-in, without its button; or what the address says."""
    if words is None:
        return request.POST if request.method == "POST" else _as_bought(request.GET)
    sent = words.sent
    sent.pop(BUY, None)
    return sent


def _as_bought(query: QueryDict) -> QueryDict:
    """With the fields of the bought matrix that the address names, as far as it says nothing else."""
    number = read_id(query.get("matrix") or "")
    batch = Batch.objects.filter(pk=number, kind=Batch.Kind.MATRIX).first() if number is not None else None
    if batch is None:
        return query
    fields = fields_of(batch)
    for name, values in query.lists():
        fields.setlist(name, values)
    return fields


def _buy(request: MemberRequest, form: MatrixForm, image: Image | None) -> HttpResponse:
    """Queue what the button names, once; a repeat leads to the first, whatever has become of it since."""
    part = str(request.POST[BUY]).partition(":")[0]
    submission = form.submission_of(part, submission_of(request))
    first = Batch.objects.submitted(request.user, submission).first()
    if first is None:
        purchase = form.bought()
        # Of one form posted twice at once, the first may have bought all of it by now, or be what used up the minute.
        try:
            first = _queued(request, form, purchase, image, submission) if purchase else None
        except access.TooManySubmissions:
            first = Batch.objects.submitted(request.user, submission).first()
            if first is None:
                raise
        except LostFile as error:
            refuse(form.base, lost(error))
        first = first or Batch.objects.submitted(request.user, submission).first()
        if first is None:
            return _page(request, form, image, status=422)
    return SeeOther(reverse("matrix-result", args=[first.pk]))


def _queued(
    request: MemberRequest, form: MatrixForm, purchase: Purchase, image: Image | None, submission: Any
) -> Batch:
    orders = [
        Order(operation=cell.operation, price=cell.price, origin=image)
        for cell in purchase.cells
        if cell.operation
    ]
    with transaction.atomic():
        access.check_pace(request.user)
        (generation, *_), _ = Generation.objects.enqueue_batch(
            request.user, orders, submission=submission, **form.batch_columns(purchase)
        )
    return generation.batch


def _page(
    request: MemberRequest, form: MatrixForm, image: Image | None, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form.base, "asked": form, "image": image, "sent": form.sent}
    context["left_out"] = form.not_taken
    if form.is_valid() and form.matrix:
        rest = missing(form.matrix.cells)
        context |= {
            "matrix": form.matrix,
            "table": display.preview(form),
            "everything": form.purchase("all"),
            "there": sum(cell.picture is not None for cell in form.matrix.cells),
            "takes": display.time_for(rest),
        }
    return render(request, "matrix/matrix.html", context, status=status)


@require_safe
def result(request: MemberRequest, pk: int) -> HttpResponse:
    """What has come of a matrix that was bought; to htmx its table alone, 204 while that is as it was."""
    rows = kept_sql.ask("bought matrix", _bought, min(pk, MAX_ID))
    if not rows:
        raise Http404
    *columns, maker = rows[0]
    batch = Batch.from_db(DEFAULT_DB_ALIAS, _SHOWN, columns)
    drawn = matrix_result.result(batch, request.user, read_id(request.GET.get("page", "")) or 0)
    if drawn is None:
        raise Http404
    if request.htmx and request.GET.get("seen") == drawn.seen:
        return HttpResponse(status=204)
    context = {"batch": batch, "maker": maker, "result": drawn, "table": drawn.table}
    if request.htmx:
        return render(request, "matrix/_result.jinja", context, using="jinja2")
    return render(request, "matrix/result.html", context)


def _bought(pk: int) -> QuerySet[Batch, Any]:
    """The click of that matrix, and who pressed."""
    return Batch.objects.filter(pk=pk, kind=Batch.Kind.MATRIX).values_list(*_SHOWN, "owner__username")


@require_http_methods(["GET", "HEAD", "POST"])
def of_prompt(request: MemberRequest, pk: int) -> HttpResponse:
    """What a prompt has made by any two values; a post buys one of its holes."""
    prompt = get_object_or_404(Prompt, pk=min(pk, MAX_ID))
    sent = request.POST if request.method == "POST" else request.GET
    across = sent.get("across") if sent.get("across") in prompt_matrix.NAMES else axes.SEED
    others = [name for name in (axes.MODEL, axes.SEED) if name != across]
    down = (
        sent.get("down")
        if sent.get("down") in prompt_matrix.NAMES and sent.get("down") != across
        else others[0]
    )
    assert across  # noqa: S101 - one of the names
    assert down  # noqa: S101 - one of the names
    refused = ""
    if request.method == "POST":
        made = _fill(request, prompt, down)
        if isinstance(made, HttpResponse):
            return made
        refused = made
    context = {
        "prompt": prompt,
        "history": prompt_matrix.history(prompt, across, down, request.user),
        "choices": [(name, axes.LABELS[name]) for name in prompt_matrix.NAMES],
        "across": across,
        "down": down,
        "refused": refused,
        "submission": uuid.uuid4(),
    }
    return render(request, "matrix/of_prompt.html", context, status=422 if refused else 200)


def _fill(request: MemberRequest, prompt: Prompt, down: str) -> HttpResponse | str:
    """Queue what a hole asks for; why not, in words. What was made meanwhile is shown instead."""
    named, _, rest = request.POST.get(BUY, "").partition(":")
    shown, _, text = rest.partition(":")
    image = picture_named(QueryDict(urlencode({"image": named})))
    if image is None or image.prompt_id != prompt.pk:
        return "What this was to be made like is not there any more. Nothing was sent."
    submission = submission_of(request)
    submission = uuid.uuid5(submission, f"{image.pk} {down} {text}") if submission else None
    if first := earlier(request.user, submission):
        return SeeOther(reverse("generation", args=[first.pk]))
    catalog = Catalog.load(site_status(request))
    models = {model.id: model for model in catalog.models}
    try:
        operation = _varied(image, down, text, models, catalog.styles)
    except axes.WrongValues as wrong:
        return str(wrong)
    if there := existing([operation], models).get(0):
        return SeeOther(reverse("image", args=[there.pk]))
    if words := objection({PRICE: shown}, price(operation, models[operation.model])):
        return words
    try:
        generation, _ = spend(request, operation, submission=submission, origin=image)
    except LostFile as error:
        return lost(error)
    return SeeOther(reverse("generation", args=[generation.pk]))


def _varied(
    image: Image, down: str, text: str, models: Mapping[str, Model], styles: Sequence[str]
) -> Generate:
    """What a picture asked for, with one value of the axis `down`, as a button tells it. WrongValues: why not."""
    prompt = image.prompt.text if image.prompt else ""
    axis = axes.read_axis(down, text, models=models, styles=styles, prompt=prompt)
    base = prompt_matrix.base_of(image)
    value = axis.values[0] if axis else None
    operation, problem = prompt_matrix.varied(base, down, value, models) if base else (None, "")
    if operation is None:
        raise axes.WrongValues(f"{problem or 'That cannot be asked for any more.'} Nothing was sent.")
    return operation
