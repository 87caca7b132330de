"""The client and the emulator agree: bodies are taken, prices are charged, faults mean what they should."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.venice.conftest import free_port
from venice import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    BlockedForAWhile,
    Client,
    Deadlines,
    Forbidden,
    Generate,
    InsufficientBalance,
    Model,
    ModelGone,
    Moderated,
    NotSent,
    Overloaded,
    RateLimited,
    ServerFailed,
    Unanswered,
    VeniceError,
    bundled_models,
    bundled_styles,
    price,
)
from venice.emulator import Emulator

MODELS = [model for model in bundled_models() if model.takes_generate]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(rate_limit=10_000, error_budget=10_000, balance_usd=1000, key="right") as running:
        yield running


@pytest.fixture
def venice(emulator: Emulator) -> Iterator[Client]:
    emulator.clear_faults()
    with Client("right", emulator.url) as client:
        yield client


def _small(model: Model, **more: Any) -> Generate:
    fields: dict[str, Any] = {"width": 64, "height": 64, "seed": 5, "steps": 4, "negative_prompt": "n"}
    return Generate(model=model.id, prompt="a gondola", **fields | more).for_model(model)


def test_it_reads_the_whole_catalogue(venice: Client) -> None:
    images = [model for model in bundled_models() if model.type == "image"]
    assert venice.models() == images
    assert venice.styles() == bundled_styles()
    assert venice.traits()["default"] == "z-image-turbo"
    assert venice.rate_limits()["accessPermitted"] is True


@pytest.mark.one_in(4)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_each_model_takes_what_is_built_for_it(venice: Client, emulator: Emulator, model: Model) -> None:
    operation = _small(
        model, enhance_prompt=model.id == "chroma", variants=2 if model.id == "chroma" else None
    )
    result = venice.run(operation)
    assert len(result.images) == operation.image_count
    assert result.bad_images == 0
    charged = Decimal(str(emulator.ledger()[-1]["charged_usd"]))
    assert charged == price(operation, model)
    assert (result.is_blurred, result.is_content_violation) == (False, False)
    assert result.cf_ray
    assert result.rate_limit is not None


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("400", BadRequest),
        ("details-string", BadRequest),
        ("401", AuthenticationFailed),
        ("401-pro", Forbidden),
        ("402", InsufficientBalance),
        ("402-limit", InsufficientBalance),
        ("403", Forbidden),
        ("404", ModelGone),
        ("410", ModelGone),
        ("413", BadRequest),
        ("415", BadRequest),
        ("422", Moderated),
        ("429", RateLimited),
        ("429-retry-after", Overloaded),
        ("429-blocked", BlockedForAWhile),
        ("500", ServerFailed),
        ("500-html", Unanswered),
        ("502", Unanswered),
        ("503", Overloaded),
        ("503-offline", Overloaded),
        ("504", Unanswered),
        ("truncated", Unanswered),
        ("reset", Unanswered),
        ("empty", BadResponse),
        ("html-200", BadResponse),
    ],
)
def test_each_fault_has_its_error(
    venice: Client, emulator: Emulator, fault: str, kind: type[VeniceError]
) -> None:
    emulator.fault(fault)
    before = len(emulator.ledger())
    with pytest.raises(kind) as caught:
        venice.run(_small(MODELS[0]))
    assert type(caught.value) is kind
    assert len(emulator.ledger()) - before <= 1, "a paid request went out twice"


@pytest.mark.parametrize("fault", ["wrong-format", "violation", "blurred", "deprecated"])
def test_a_success_with_a_remark_is_a_success(venice: Client, emulator: Emulator, fault: str) -> None:
    emulator.fault(fault)
    result = venice.run(_small(MODELS[0], format="webp"))
    assert result.is_content_violation is (fault == "violation")
    assert result.is_blurred is (fault == "blurred")
    assert (result.deprecation is not None) is (fault == "deprecated")
    assert (result.images[0].format != "webp") is (fault == "wrong-format")


def test_styles_may_be_a_bare_list(venice: Client, emulator: Emulator) -> None:
    emulator.fault("styles-list")
    assert venice.styles() == bundled_styles()


def test_a_slow_answer_is_given_up_and_was_charged_once(emulator: Emulator) -> None:
    with Client("right", emulator.url, deadlines=Deadlines(first_byte=0.3)) as client:
        emulator.fault("slow", seconds=1)
        with pytest.raises(Unanswered):
            client.run(_small(MODELS[0]))


def test_a_wrong_key_and_no_key_are_refused(emulator: Emulator) -> None:
    for key in ("wrong", None):
        with Client(key, emulator.url) as client, pytest.raises(AuthenticationFailed) as caught:
            client.run(_small(MODELS[0]))
        assert caught.value.gate == "key"


def test_a_poor_account_is_refused() -> None:
    with Emulator(balance_usd=0) as poor, Client("any", poor.url) as client:
        with pytest.raises(InsufficientBalance):
            client.run(_small(MODELS[0]))
        assert poor.ledger()[-1]["charged_usd"] == 0


def test_the_rate_limit_comes_with_its_end() -> None:
    with Emulator(rate_limit=1) as busy, Client("any", busy.url) as client:
        client.run(_small(MODELS[0]))
        with pytest.raises(RateLimited) as caught:
            client.run(_small(MODELS[0]))
    assert caught.value.retry_at is not None


def test_nothing_listens() -> None:
    with Client("any", f"http://127.0.0.1:{free_port()}") as client, pytest.raises(NotSent):
        client.run(_small(MODELS[0]))
