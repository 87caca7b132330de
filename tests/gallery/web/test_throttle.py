"""Wrong passwords of one address, and how many are hashed at once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from gallery.models import User
from gallery.web import throttle
from gallery.web.callers import counted_address
from tests.gallery.page import Page

LOGIN = "/accounts/login/"


class SlowHasher(MD5PasswordHasher):
    """One whose work the test can hold."""

    algorithm = "slow"


def attempt(name: str, address: str = "192.0.2.1", password: str = "wrong") -> "tuple[int, int]":
    answer = posted(name, address, password)
    return answer.status_code, int(answer.headers.get("Retry-After", 0))


def posted(name: str, address: str = "192.0.2.1", password: str = "wrong") -> Any:
    return Client().post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def reason(answer: Any) -> str:
    words: str = Page(answer.content).one(data_reason=None).words
    return words


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("", None),
    ],
)
def test_of_ipv6_the_network_is_counted(address: str, counted: str | None) -> None:
    assert counted_address(RequestFactory().get("/", REMOTE_ADDR=address)) == counted


@pytest.mark.django_db
def test_one_address_has_fifty_tries_whatever_the_names(alice: User) -> None:
    codes = [attempt(f"name{number}")[0] for number in range(throttle.MOST_FROM_ONE_ADDRESS)]
    assert 429 not in codes

    status, wait = attempt("alice", password="alice has a long password")

    assert status == 429
    assert 0 < wait <= 900
    assert reason(posted("alice")).startswith("Too many wrong passwords came from your network.")
    assert attempt("alice", "192.0.2.2", "alice has a long password")[0] == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt("alice", password="alice has a long password")[0] == 302


@pytest.mark.django_db
def test_a_network_of_ipv6_is_one_address(alice: User) -> None:
    """Its owner has as many addresses as they like, for one name and for all."""
    codes = [attempt("alice", f"2001:db8:1:2::{number:x}")[0] for number in range(1, 6)]
    assert codes[-1] == 429
    assert attempt("alice", "2001:db8:1:3::1", "alice has a long password")[0] == 302


@pytest.mark.django_db(transaction=True)
def test_a_web_process_hashes_one_at_a_time(
    alice: User, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten at once one is hashed, one waits, and eight are told when to come again."""
    settings.PASSWORD_HASHERS = ["tests.gallery.web.test_throttle.SlowHasher"]
    entered, leave = threading.Semaphore(0), threading.Event()
    now: list[int] = []
    most: list[int] = []

    def encode(self: object, password: str, salt: str) -> str:
        now.append(1)
        most.append(len(now))
        entered.release()
        leave.wait(30)
        now.pop()
        return f"slow${salt}$x"

    monkeypatch.setattr(SlowHasher, "encode", encode)
    answers: list[Any] = []

    def post(number: int) -> None:
        answers.append(posted(f"nobody{number}"))
        connection.close()

    threads = [threading.Thread(target=post, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    assert entered.acquire(timeout=30)
    while sum(not thread.is_alive() for thread in threads) < 8:
        threads[0].join(0.05)
    busy = "Many people are signing in right now. Try again in 2 s."
    refused = [(answer.status_code, answer["Retry-After"], reason(answer)) for answer in answers]
    assert refused == [(429, "2", busy)] * 8
    leave.set()
    for thread in threads:
        thread.join()
    assert max(most) == throttle.AT_ONCE
    assert [answer.status_code for answer in answers].count(422) == 2
