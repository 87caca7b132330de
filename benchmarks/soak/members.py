"""Who posts what: each member presses Generate again and again, and again when there is no answer."""

import random
import re
import threading
import time
import uuid
from dataclasses import dataclass
from io import BytesIO
from typing import TypeAlias

import requests
from PIL import Image

MODEL, OTHER_MODEL = "z-image-turbo", "venice-sd35"
FORM = {"model": MODEL, "width": "64", "height": "64", "format": "webp", "safe_mode": "on"}
# What Venice does for people to whom it does nothing bad. The seconds are its own latency.
CALM = [*[""] * 12, "slow:0.7", "slow:2", "drip:1"]
TROUBLES = [*CALM, "truncated", "500:times=1", "502", "reset", "violation", "422"]
# One prompt's refusals, some of which sound as if they concerned everybody. Those that end do so after some tries.
REFUSALS = [
    *("401", "402", "402-limit", "403", "403-html", "422", "500", "500-html", "502", "504"),
    *(
        "429:1:times=2",
        "429-retry-after:5:times=2",
        "503:times=2",
        "503-offline:times=1",
        "truncated",
        "reset",
    ),
]
LIES = [
    *("limits-huge", "balance-huge", "balance-nan", "balance-endless", "ids-controls", "ids-long"),
    *("timing-words", "images-deep", "litter:3"),
]
# So often a click asks for several at once.
MANY_SHARE = 0.15
# Each fifth click starts from a picture.
EVERY = 5
Form: TypeAlias = dict[str, str | list[str]]

_SECONDS = re.compile(r"\[\[fault:(?:slow|drip):([\d.]+)\]\]")


@dataclass(frozen=True, slots=True)
class Role:
    """A member's share of the load, and what the prompts provoke; nothing may ever befall an innocent one."""

    name: str
    share: float
    faults: list[str]
    is_innocent: bool = False


ROLES = (
    Role("alice", 0.3, CALM, is_innocent=True),
    Role("bob", 0.25, CALM, is_innocent=True),
    Role("carol", 0.25, TROUBLES),
    Role("mallory", 0.1, REFUSALS),
    Role("victor", 0.1, LIES),
)
INNOCENT = [role.name for role in ROLES if role.is_innocent]


def venice_seconds(prompt: str) -> float:
    """What the markers of a calm prompt let Venice take."""
    return sum(float(seconds) for seconds in _SECONDS.findall(prompt))


class Member:
    """A browser and its person, in a thread."""

    def __init__(self, url: str, role: Role, rate: float, seed: int) -> None:
        # `accepted` counts requests. `stopped`: addresses of clicks, and from when to when nothing of each begins.
        self.accepted, self.complaints = 0, list[str]()
        self.stopped: list[tuple[str, float, float]] = []
        self.session = requests.Session()
        self._url, self._role, self._rate = url, role, rate * role.share
        self._chance = random.Random(f"{seed} {role.name}")
        self._over = threading.Event()
        self._deadline = float("inf")
        self._thread = threading.Thread(target=self._press)

    def sign_in(self, link: str) -> None:
        """By a link; a button on its page has to be pressed."""
        page = self.session.get(link, timeout=30).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        token = found[1] if found else ""
        self.session.post(link, {"csrfmiddlewaretoken": token}, timeout=30).raise_for_status()

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Press no more, once the last form is answered; a form that is not answered for so long is a complaint."""
        self._deadline = time.monotonic() + patience
        self._over.set()
        self._thread.join()

    def _press(self) -> None:
        number, deck = 0, list[str]()
        while not self._over.wait(self._chance.expovariate(self._rate)):
            number += 1
            # A shuffled deck, so that a short run meets most of them too.
            deck = deck or self._chance.sample(self._role.faults, len(self._role.faults))
            fault = deck.pop()
            words = f"{self._role.name} {number}" + (f" [[fault:{fault}]]" if fault else "")
            submission = str(uuid.uuid4())
            form: Form = FORM | {
                "prompt": words,
                "variants": self._chance.choice("1112"),
                "seed": str(number),
                "submission": submission,
            }
            # Whose pictures are timed one by one asks for them one by one.
            if number % EVERY == 0:
                self._press_for_one_from_a_picture(words, fault, submission)
            elif self._role.is_innocent or self._chance.random() > MANY_SHARE:
                self.accepted += self._post_until_answered("/create/", form) is not None
            else:
                self._press_for_many(form)

    def _press_for_one_from_a_picture(self, words: str, fault: str, submission: str) -> None:
        # What has no prompt cannot be told to go wrong.
        kind = "edit" if fault else self._chance.choice(("edit", "upscale"))
        if picture := self._brought():
            form: Form = {"submission": submission} | ({"prompt": words} if kind == "edit" else {})
            self.accepted += self._post_until_answered(f"{picture}{kind}/", form) is not None

    def _press_for_many(self, form: Form) -> None:
        """A click of several; in the middle it is paused and goes on, or is cancelled."""
        words = f"{{one|two|three}} {form['prompt']}"
        ways: list[tuple[Form, int]] = [
            ({"prompt": words, "alternatives": "on"}, 3),
            ({"count": "3"}, 3),
            ({"model": [MODEL, OTHER_MODEL], "count": "2"}, 4),
        ]
        more, count = self._chance.choice(ways)
        address = self._post_until_answered("/create/", form | more)
        if address is None:
            return
        self.accepted += count
        verb = self._chance.choice(("", "pause/", "pause/", "cancel/"))
        if not verb or self._over.wait(self._chance.uniform(0, 2)):
            return
        if self._post_until_answered(address + verb, {}) is None:
            return
        still = time.time()
        if verb == "cancel/":
            self.stopped.append((address, still, float("inf")))
            return
        self._over.wait(self._chance.uniform(0, 5))
        self.stopped.append((address, still, time.time()))
        self._post_until_answered(f"{address}resume/", {})

    def _brought(self) -> str:
        """The address of a picture to start from, of its own: it tells what has no prompt apart."""
        photo = Image.new("RGB", (256, 256), tuple(self._chance.randbytes(3)))
        out = BytesIO()
        photo.save(out, "PNG")
        while True:
            try:
                answer = self.session.post(
                    f"{self._url}/uploads/",
                    {"csrfmiddlewaretoken": self._token},
                    files={"picture": ("photo.png", out.getvalue(), "image/png")},
                    headers={"Accept": "application/json", "Referer": f"{self._url}/uploads/"},
                    timeout=10,
                )
                if answer.status_code == 200:
                    return str(answer.json()["uploads"][0]["address"])
            except requests.RequestException:
                pass
            # It is restarted, or others bring pictures.
            if time.monotonic() > self._deadline:
                self.complaints.append(f"a picture of {self._role.name} is not taken")
                return ""
            time.sleep(0.2)

    @property
    def _token(self) -> str:
        return next((each.value for each in self.session.cookies if "csrf" in each.name), None) or ""

    def _post_until_answered(self, address: str, form: Form) -> str | None:
        """Where the answer leads to; None is a complaint."""
        while True:
            try:
                answer = self.session.post(
                    f"{self._url}{address}",
                    form | {"csrfmiddlewaretoken": self._token},
                    headers={"Referer": f"{self._url}{address}"},
                    allow_redirects=False,
                    timeout=10,
                )
            except requests.RequestException:
                if time.monotonic() > self._deadline:
                    self.complaints.append(f"a form of {self._role.name} is not answered")
                    return None
                time.sleep(0.2)
                continue
            if answer.status_code == 303:
                return answer.headers["Location"]
            self.complaints.append(f"a form of {self._role.name} was answered with {answer.status_code}")
            return None
