"""What staff may do to many rows at once: bounded, and confirmed when it is many, costs money or asks for a word."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from gallery import access
from gallery.formats import counted, read_id
from gallery.forms.price import ALTERED, PriceRefused, objection
from gallery.media.pictures import LostFile
from gallery.models import Attempt, CatalogModel, Generation, State, User
from gallery.models.generation import runnable
from gallery.models.states import RUNNABLE_STATES

FEW = 20
MANY = 1000
MANY_PAID = 100

Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One action: which rows it is for, how many at most, from how many on it asks, and what it does.

    `label` is that of a word that the confirmation asks for; what is wrong with it is a ValidationError of `act`.
    `suggest` makes the word that stands there at first, of the chosen rows. `rows` are what it is done to, of these.
    """

    name: str
    question: str
    done: str
    act: Callable[[HttpRequest, list[int]], int]
    fitting: Q = field(default_factory=Q)
    most: int = MANY
    ask_above: int = 0
    spends: bool = False
    noun: str = "generation"
    label: str = ""
    is_final: bool = True
    suggest: Callable[[list[int]], str] | None = None
    rows: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What other runs of some generations cost now, each in USD by its id; None where the catalogue tells none."""

    prices: dict[int, Decimal | None]

    @classmethod
    def of(cls, rows: Iterable[Generation]) -> Self:
        """One query; what cannot be sent any more is left out."""
        return cls(CatalogModel.objects.prices(runnable(rows)))

    @property
    def total(self) -> Decimal | None:
        """In USD, of the known prices alone; None when none is known."""
        prices = [price for price in self.prices.values() if price is not None]
        return sum(prices, Decimal(0)) if prices else None

    @property
    def unpriced(self) -> int:
        return list(self.prices.values()).count(None)

    def check(self, request: HttpRequest) -> None:
        """Raise PriceRefused when the confirmation showed less than this."""
        words = objection(request.POST, self.total)
        shown = request.POST.get("unpriced", str(self.unpriced))
        if not words and not (shown.isascii() and shown.isdecimal() and len(shown) <= 4):
            words = ALTERED
        if not words and int(shown) < self.unpriced:
            words = f"Of {self.unpriced} no price is known now. Nothing was sent: confirm again."
        if words:
            raise PriceRefused(words, self.total)


def carry_out(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Any], plan: Plan
) -> HttpResponse | None:
    """Do it, ask first, or say why not; None returns to the list.

    What was asked about is done with those that the question counted, as far as they are still for it.
    """
    asked = _asked_about(request, plan.most)
    fitting = queryset.filter(plan.fitting).prefetch_related(None).order_by("pk")
    if asked is not None:
        fitting = fitting.filter(pk__in=asked)
    chosen = list(fitting.values_list("pk", flat=True)[: plan.most + 1])
    if len(chosen) > plan.most:
        messages.error(
            request, f"At most {plan.most} at once. Narrow the list by its filters; nothing was done."
        )
        return None
    if not chosen:
        messages.warning(request, "None of these is in a state for that; nothing was done.")
        return None
    if len(chosen) > plan.ask_above and not _is_confirmed(request, asked):
        return _ask(model_admin, request, chosen, plan)
    try:
        count = plan.act(request, chosen)
    except PriceRefused as refused:
        return _ask(model_admin, request, chosen, plan, refused)
    except ValidationError as refused:
        return _ask(model_admin, request, chosen, plan, "".join(refused.messages))
    messages.success(request, plan.done.format(count=count))
    return None


def action(label: str, plan: Plan) -> Action:
    """What a list offers under `label`: to carry out `plan` with the chosen rows, or with the members of them."""

    @admin.action(description=label, permissions=["view"])
    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = plan.rows(queryset) if plan.rows else queryset
        return carry_out(model_admin, request, rows, plan)

    # By it Django tells actions apart.
    act.__name__ = plan.name
    return act


def _asked_about(request: HttpRequest, most: int) -> list[int] | None:
    """The rows that the question counted; None where none was asked."""
    written = request.POST.get("asked")
    if written is None:
        return None
    return [pk for text in written.split(",", most)[:most] if (pk := read_id(text)) is not None]


def _is_confirmed(request: HttpRequest, asked: list[int] | None) -> bool:
    """Whether somebody has said yes. All of a list may be more by now than they meant: that takes the rows, too."""
    is_all = request.POST.get("select_across", "0") != "0"
    return "confirmed" in request.POST and (asked is not None or not is_all)


def _ask(
    model_admin: Any,
    request: HttpRequest,
    chosen: list[int],
    plan: Plan,
    refused: PriceRefused | str = "",
) -> HttpResponse:
    # What was refused was not used up: its form may still be the repeat of one that began.
    form_id = _form_id(request) if refused else uuid.uuid4()
    rows = not_run_again(chosen) if plan.spends else []
    # What was run again already stays as it is: the question is about the others.
    asked = [row.pk for row in rows] if plan.spends else chosen
    context = {
        **model_admin.admin_site.each_context(request),
        "title": plan.question.format(what=counted(len(asked), plan.noun)),
        "opts": model_admin.opts,
        "action": plan.name,
        "is_one": len(rows) == 1,
        "bill": Bill.of(rows) if plan.spends else None,
        "doubtful": _doubtful(asked) if plan.spends else 0,
        "refused": refused,
        "field": plan.label,
        "value": request.POST.get("value", plan.suggest(chosen) if plan.suggest else ""),
        "is_final": plan.is_final,
        "yes": "Yes" if len(asked) == 1 else f"Yes, all {len(asked)}",
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "asked": ",".join(map(str, chosen)),
        "select_across": request.POST.get("select_across", "0"),
        "submission": form_id,
    }
    status = 422 if refused else 200
    return TemplateResponse(request, "admin/confirm_action.html", context, status=status)


def typed_word(request: HttpRequest) -> str:
    """What was typed at the confirmation of a plan with a `label`. ValidationError for what no column takes."""
    typed = request.POST.get("value", "")
    if "\0" in typed:
        raise ValidationError("It holds a zero byte, which nothing here can have.")
    return typed


def _doubtful(chosen: list[int]) -> int:
    """How many of these may have been charged already: to run them again may be to pay twice."""
    return Attempt.objects.doubtful().filter(generation__in=chosen).values("generation").distinct().count()


def _form_id(request: HttpRequest) -> uuid.UUID:
    """The confirmation page's own id, so that sending it twice starts nothing twice."""
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return uuid.uuid4()


def run_all_again(request: HttpRequest, chosen: list[int], *, as_clicks: bool = False) -> int:
    """New generations in the names of the old ones' owners; stops at the pace of who asks.

    Each is a click of its own, or with `as_clicks` those of one click are one again. Raises PriceRefused, before
    anything is queued, when they cost more than the confirmation said.
    """
    started, user, form_id = 0, cast(User, request.user), _form_id(request)
    rows = not_run_again(chosen)
    if not rows:
        return 0
    bill = Bill.of(rows)
    bill.check(request)
    clicks: defaultdict[int, dict[int, Decimal | None]] = defaultdict(dict)
    for row in rows:
        if row.pk in bill.prices:
            clicks[row.batch_id if as_clicks else row.pk][row.pk] = bill.prices[row.pk]
    for pk, prices in clicks.items():
        old = Generation.objects.filter(pk__in=prices)
        try:
            with transaction.atomic():
                access.check_pace(user)
                made, is_new = old.run_again(user, prices, submission=uuid.uuid5(form_id, str(pk)))
        except access.TooManySubmissions as error:
            messages.warning(request, f"{error} Try the rest again in {error.retry_after} s.")
            break
        except LostFile:
            numbers = ", ".join(f"#{number}" for number in prices)
            messages.warning(
                request, f"A picture that {numbers} starts from is lost; nothing was sent of it."
            )
            continue
        started += len(made) if is_new else 0
    return started


def not_run_again(chosen: list[int]) -> list[Generation]:
    """Those that nobody has run again yet: a repeat of a confirmation, or a second one, must not ask anew."""
    rows = Generation.objects.filter(pk__in=chosen, repeats=None).prefetch_related("inputs")
    return list(rows.order_by("pk"))


_CANCEL = Plan(
    name="cancel",
    question="Cancel {what} still waiting?",
    done="Cancelled: {count}. What a worker was quicker to send goes on.",
    fitting=Q(state=State.QUEUED),
    ask_above=FEW,
    act=lambda request, chosen: Generation.objects.filter(pk__in=chosen).cancel(),
)
_DISMISS = Plan(
    name="dismiss",
    question="Dismiss {what}, failed or interrupted?",
    done="Dismissed: {count}.",
    fitting=Q(state__in=(State.FAILED, State.INTERRUPTED), dismissed_at=None),
    ask_above=FEW,
    act=lambda request, chosen: Generation.objects.filter(pk__in=chosen).dismiss(),
)
RUN_AGAIN = Plan(
    name="run_again",
    question="Run {what} again?",
    done="Queued again: {count}. What was run again before is left as it is.",
    fitting=Q(state__in=RUNNABLE_STATES, repeats=None),
    most=MANY_PAID,
    act=run_all_again,
    spends=True,
)
_DECLARE_INTERRUPTED = Plan(
    name="declare_interrupted",
    question="Declare {what} interrupted, whose host is silent?",
    done="Interrupted: {count}. If the host comes back, its answers are stored all the same.",
    fitting=Q(pk__in=Generation.objects.waiting_for_hosts().values("pk")),
    act=lambda request, chosen: Generation.objects.filter(pk__in=chosen).declare_interrupted(),
)


cancel = action("Cancel (waiting ones)", _CANCEL)
dismiss = action("Dismiss (failed and interrupted ones)", _DISMISS)
run_again = action("Run again (failed, interrupted and cancelled ones)", RUN_AGAIN)
declare_interrupted = action("Declare interrupted (received, but their host is silent)", _DECLARE_INTERRUPTED)
