"""What a prompt counts follows its calls and pictures, whichever way they come to their end."""

import uuid
from decimal import Decimal
from importlib import import_module
from itertools import product

import pytest
from django.db import connection
from django.utils import timezone

from gallery.models import Attempt, Generation, Image, Mark, Outcome, Prompt, User
from tests.gallery.generations import MODEL, a_generation, a_picture, pictures
from venice import Unanswered

CENT = Decimal("0.01")
GONE = Unanswered("The connection broke.")


def an_attempt(generation: Generation, price: Decimal | None = CENT, *, emulated: bool = False) -> Attempt:
    return Attempt.objects.create(
        generation=generation,
        token=uuid.uuid4(),
        worker="w",
        host="h",
        model=MODEL,
        sent_at=timezone.now(),
        price=price,
        emulated=emulated,
    )


def end(attempt: Attempt, outcome: Outcome) -> None:
    if outcome == Outcome.OK:
        attempt.succeed(10, "")
    else:
        attempt.close(outcome, GONE, timezone.now())


def counters(generation: Generation) -> tuple[Decimal, Decimal]:
    assert generation.prompt
    assert not Prompt.objects.miscounted().exists()
    generation.prompt.refresh_from_db()
    return generation.prompt.spent, generation.prompt.pretended


@pytest.mark.parametrize(
    ("first", "second"),
    list(product((Outcome.OK, Outcome.UNKNOWN, Outcome.REFUSED, Outcome.UNSENT), repeat=2)),
)
def test_spend_is_what_was_or_may_have_been_charged(alice: User, first: Outcome, second: Outcome) -> None:
    generation = a_generation(alice, emulated=False)
    attempt = an_attempt(generation)
    assert counters(generation) == (0, 0)

    end(attempt, first)
    assert counters(generation) == (CENT if first in (Outcome.OK, Outcome.UNKNOWN) else 0, 0)
    end(attempt, second)

    # What is stored is not unsaid.
    last = first if first == Outcome.OK else second
    assert counters(generation) == (CENT if last in (Outcome.OK, Outcome.UNKNOWN) else 0, 0)


def test_what_the_emulator_took_is_no_money(alice: User) -> None:
    generation = a_generation(alice)
    for emulated, price in ((True, CENT), (True, CENT), (False, 3 * CENT), (True, None), (False, None)):
        end(an_attempt(generation, price, emulated=emulated), Outcome.OK)
    assert counters(generation) == (3 * CENT, 2 * CENT)


def test_what_is_given_up_may_have_been_charged(alice: User) -> None:
    generation = a_generation(alice)
    attempts = [an_attempt(generation), an_attempt(generation, 2 * CENT), an_attempt(generation)]
    end(attempts[2], Outcome.REFUSED)

    assert generation.attempts.pending().give_up(GONE) == 2

    assert counters(generation) == (3 * CENT, 0)
    assert {row.error_message for row in Attempt.objects.filter(outcome=Outcome.UNKNOWN)} == {GONE.message}


def test_sums_of_very_many_calls_stay_exact(alice: User) -> None:
    generation = a_generation(alice)
    for _ in range(60):
        end(an_attempt(generation, Decimal("0.000001")), Outcome.OK)
        end(an_attempt(generation, Decimal("0.1")), Outcome.OK)
    spent, _ = counters(generation)
    assert spent == Decimal("6.000060")


def test_what_has_no_prompt_costs_no_prompt(alice: User) -> None:
    generation = a_generation(alice)
    Generation.objects.filter(pk=generation.pk).update(prompt=None)
    Prompt.objects.all().recount()
    end(an_attempt(generation), Outcome.OK)
    assert set(Prompt.objects.values_list("spent_micros", "generation_count")) == {(0, 0)}


def ratings(generation: Generation) -> tuple[int, int, int]:
    assert generation.prompt
    assert not Prompt.objects.miscounted().exists()
    generation.prompt.refresh_from_db()
    return generation.prompt.rating_count, generation.prompt.rating_sum, generation.prompt.score


def test_ratings_of_its_pictures_are_summed_but_for_those_in_the_trash(alice: User, bob: User) -> None:
    first, second = pictures(alice, "a dog", count=2)
    other = a_picture(alice, "a cat")
    Mark.objects.rate(alice, [first.pk, second.pk, other.pk], 5)
    Mark.objects.rate(bob, [first.pk], 2)
    # (2 × 3 + 12) / (2 + 3)
    assert ratings(first.generation) == (3, 12, 3600)
    assert ratings(other.generation) == (1, 5, 3666)

    Image.objects.trash([first.pk, other.pk], alice)
    assert ratings(first.generation) == (1, 5, 3666)
    assert ratings(other.generation) == (0, 0, 0)
    Mark.objects.rate(bob, [first.pk], 4)
    assert ratings(first.generation) == (1, 5, 3666)

    Image.objects.restore([first.pk, other.pk])
    assert ratings(first.generation) == (3, 14, 4000)
    Mark.objects.rate(bob, [first.pk], 0)
    Mark.objects.set_favourite(bob, [first.pk], True)
    assert ratings(first.generation) == (2, 10, 4000)


def test_ratings_of_what_has_no_prompt_are_no_prompts(alice: User) -> None:
    picture = a_picture(alice)
    Image.objects.update(prompt=None)
    Prompt.objects.recount()
    Mark.objects.rate(alice, [picture.pk], 5)
    Image.objects.trash([picture.pk], alice)
    assert ratings(picture.generation) == (0, 0, 0)


def test_what_was_rated_before_prompts_summed_it_is_summed(alice: User, bob: User) -> None:
    dog, thrown = pictures(alice, "a dog", count=2)
    Mark.objects.rate(alice, [dog.pk, thrown.pk, a_picture(alice, "a cat").pk], 4)
    Mark.objects.rate(bob, [dog.pk], 5)
    Image.objects.trash([thrown.pk], alice)
    a_picture(alice, "a mouse")
    Prompt.objects.update(rating_count=0, rating_sum=0, score=0)
    with connection.cursor() as cursor:
        cursor.execute(import_module("gallery.migrations.0058_prompt_ratings").SUM)
    assert ratings(dog.generation) == (2, 9, 3750)


def test_counters_that_are_wrong_are_found_and_counted_anew(alice: User) -> None:
    right = a_picture(alice, "a dog").prompt
    wrong = a_picture(alice, "a cat").prompt
    assert right
    assert wrong
    Prompt.objects.filter(pk=wrong.pk).update(picture_count=9, spent_micros=70_000, score=5)

    found = Prompt.objects.miscounted().get()
    assert (found.pk, found.picture_count, found.true_picture_count) == (wrong.pk, 9, 1)  # type: ignore[attr-defined]
    assert Prompt.objects.recount() == 2
    assert not Prompt.objects.miscounted().exists()
