"""The owner's own examples, from the form to the stored picture."""

from decimal import Decimal

import pytest
from django.test import Client

from gallery.models import Generation, State, User
from gallery.pipeline.worker import WorkerProcess

GONDOLA = (
    "A cinematic photo of a gondola passing through a narrow Venice canal at blue hour, "
    "warm window lights reflecting on the water"
)
EXAMPLES = {
    "gondola": (
        {
            "model": "qwen-image-2",
            "prompt": GONDOLA,
            "negative_prompt": "blurry, low quality, distorted anatomy, text, watermark",
            "aspect_ratio": "1:1",
            "format": "webp",
        },
        {"size": (1024, 1024), "format": "webp", "count": 1},
    ),
    "watch": (
        {
            "model": "nano-banana-2",
            "prompt": "Editorial product photo of a luxury watch on black marble, dramatic studio lighting",
            "aspect_ratio": "16:9",
            "resolution": "2K",
        },
        {"size": (2736, 1536), "format": "webp", "count": 1, "price": Decimal("0.14")},
    ),
    "style": (
        {
            "model": "qwen-image-2",
            "prompt": "A futuristic Venice skyline at sunrise",
            "style_preset": "3D Model",
        },
        {"size": (1024, 1024), "format": "webp", "count": 1},
    ),
    "bridge": (
        {
            "model": "qwen-image-2",
            "prompt": "Minimalist poster of a moonlit Venetian bridge in deep blue tones",
            "format": "png",
        },
        {"size": (1024, 1024), "format": "png", "count": 1},
    ),
    "variants": (
        {"model": "z-image-turbo", "prompt": GONDOLA, "width": "1024", "height": "1024", "variants": "4"},
        {"size": (1024, 1024), "format": "webp", "count": 4, "price": Decimal("0.04")},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_becomes_stored_pictures(
    name: str, worker_process: WorkerProcess, models_known: None, client: Client, alice: User
) -> None:
    form, expected = EXAMPLES[name]
    client.force_login(alice)

    assert client.post("/create/", form).status_code == 303
    assert worker_process.step()

    generation = Generation.objects.get()
    images = list(generation.images.order_by("index"))
    assert generation.state == State.DONE
    assert len(images) == expected["count"]
    assert {image.format for image in images} == {expected["format"]}
    # Ratio models have no published pixel sizes: within a hundredth of the ratio, and the tier's area.
    wide, high = expected["size"]
    for image in images:
        assert image.width / image.height == pytest.approx(wide / high, rel=0.01)
        assert image.width * image.height == pytest.approx(wide * high, rel=0.02)
        for size in (512, 256):
            answer = client.get(f"/media/{size}/{image.sha256[:2]}/{image.sha256[2:4]}/{image.sha256}.webp")
            assert answer.status_code == 200
            assert b"".join(answer.streaming_content)[8:12] == b"WEBP"  # type: ignore[attr-defined]
    assert None not in (generation.queue_ms, generation.inference_ms, generation.total_ms)
    assert generation.price_estimate == expected.get("price", generation.price_estimate)
    assert generation.price_estimate > 0
    assert generation.seed is not None
    for field, value in form.items():
        assert str(generation.request[field]) == value
    assert ("width" in generation.request) == (form["model"] == "z-image-turbo")
