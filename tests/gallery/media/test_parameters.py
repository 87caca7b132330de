"""What files of ours and of other programs say of how they were made."""

import io
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gallery.media.copies import copied
from gallery.media.parameters import LONGEST_VALUE, MOST_UNUSED, read
from gallery.media.texts import LONGEST, texts
from tests.examples import tried

PICTURE = Image.new("RGB", (16, 16), "teal")
OURS = (
    "a quiet canal, at dawn\nwith boats\nNegative prompt: blur, text\n"
    'Steps: 20, CFG scale: 7.5, Seed: 42, Size: 1024x768, Model: venice-sd35, Style: "Film, grain",'
    " Created: 2026-11-25T10:00:00+00:00, Version: Venice Gallery"
)
A1111 = (
    "a cat <lora:fur:0.8> on a wall\nNegative prompt: dog\n"
    "Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 6ce0161689,"
    ' Model: v1-5-pruned, Lora hashes: "fur: 1234, more: 5678", Version: v1.6.0'
)
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208,
            "steps": 25,
            "cfg": 8,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1,
            "model": ["10", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a bottle", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["4", 1]}},
    "8": {"class_type": "PrimitiveString", "inputs": {"value": "watermark"}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
    "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "glass", "model": ["4", 0]}},
}
EDITED = {
    "nodes": [
        {
            "id": 3,
            "type": "KSampler",
            "widgets_values": [99, "randomize", 12, 6.5, "euler", "normal", 1],
            "inputs": [
                {"name": "positive", "link": 1},
                {"name": "negative", "link": 2},
                {"name": "latent_image", "link": 3},
            ],
        },
        {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a jar"]},
        {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["blur"]},
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 640, 1]},
    ],
    "links": [[1, 6, 0, 3, 1, "CONDITIONING"], [2, 7, 0, 3, 2, "CONDITIONING"], [3, 5, 0, 3, 3, "LATENT"]],
}
FLUX = {
    "1": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["2", 0],
            "guider": ["3", 0],
            "sampler": ["4", 0],
            "sigmas": ["5", 0],
            "latent_image": ["6", 0],
        },
    },
    "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7}},
    "3": {"class_type": "BasicGuider", "inputs": {"model": ["8", 0], "conditioning": ["7", 0]}},
    "4": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "5": {"class_type": "BasicScheduler", "inputs": {"steps": 20, "scheduler": "simple", "model": ["8", 0]}},
    "6": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024}},
    "7": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["9", 0]}},
    "8": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev"}},
    "9": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "a lamp", "t5xxl": "a lamp at night"}},
}


def png(**told: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, text in told.items():
        info.add_text(name.replace("__", "-"), text)
    file = io.BytesIO()
    PICTURE.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def with_exif(form: str, tag: int, value: Any) -> bytes:
    exif = Image.Exif()
    if tag == 0x9286:
        exif.get_ifd(0x8769)[tag] = value
    else:
        exif[tag] = value
    file = io.BytesIO()
    PICTURE.save(file, form, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("words", [OURS, OURS.replace("canal", "канал 運河")])
@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_what_we_write_we_read(form: str, words: str) -> None:
    file = io.BytesIO()
    PICTURE.save(file, form)
    found = read(b"".join(copied(file.getvalue(), form, "parameters", lambda: words)))
    assert found
    assert found.source == "Venice Gallery"
    assert found.fields == {
        "prompt": words.split("\nNegative")[0],
        "negative_prompt": "blur, text",
        "steps": 20,
        "cfg_scale": 7.5,
        "seed": 42,
        "width": 1024,
        "height": 768,
        "model": "venice-sd35",
        "style_preset": "Film, grain",
    }
    assert dict(found.unused) == {"Created": "2026-11-25T10:00:00+00:00", "Version": "Venice Gallery"}


COMMENTS = [
    b"UNICODE\0" + A1111.encode("utf-16-be"),
    b"UNICODE\0" + A1111.encode("utf-16-le"),
    b"ASCII\0\0\0" + A1111.encode(),
    b"\0" * 8 + A1111.encode(),
]


@pytest.mark.parametrize(
    "data",
    [
        png(parameters=A1111),
        *(with_exif(form, 0x9286, comment) for form in ("JPEG", "WEBP") for comment in COMMENTS),
        with_exif("JPEG", 0x010E, A1111),
    ],
)
def test_the_line_of_values_that_many_write(data: bytes) -> None:
    found = read(data)
    assert found
    assert found.source == "AUTOMATIC1111 or alike"
    assert found.fields == {
        "prompt": "a cat on a wall",
        "negative_prompt": "dog",
        "steps": 30,
        "cfg_scale": 7.0,
        "seed": 965400086,
        "width": 512,
        "height": 768,
        "model": "v1-5-pruned",
    }
    assert found.unused == (
        ("lora", "fur:0.8"),
        ("Sampler", "DPM++ 2M Karras"),
        ("Model hash", "6ce0161689"),
        ("Lora hashes", "fur: 1234, more: 5678"),
        ("Version", "v1.6.0"),
    )


def test_what_is_beyond_venice_is_told_and_not_taken() -> None:
    found = read(
        png(parameters="a cat\nSteps: 5000, CFG scale: 0, Seed: 4294967295, Size: 2048x512, Model: x")
    )
    assert found
    assert found.fields == {"prompt": "a cat", "model": "x"}
    told = {"Steps": "5000", "CFG scale": "0", "Seed": "4294967295", "Size": "2048 × 512"}
    assert dict(found.unused) == told


@pytest.mark.parametrize(
    "data",
    [
        png(prompt=json.dumps(GRAPH), workflow="{}"),
        with_exif("WEBP", 0x0110, "prompt:" + json.dumps(GRAPH)),
        with_exif("JPEG", 0x9286, b"ASCII\0\0\0" + json.dumps({"prompt": GRAPH}).encode()),
    ],
)
def test_a_graph_of_nodes(data: bytes) -> None:
    found = read(data)
    assert found
    assert found.source == "ComfyUI"
    assert found.fields == {
        "prompt": "a bottle",
        "negative_prompt": "watermark",
        "seed": 156680208,
        "steps": 25,
        "cfg_scale": 8.0,
        "width": 640,
        "height": 512,
    }
    assert ("Model", "sd_xl.safetensors") in found.unused
    assert ("LoRA", "glass") in found.unused
    assert ("Sampler name", "euler") in found.unused


def test_a_graph_as_its_editor_keeps_it_and_one_that_samples_in_parts() -> None:
    edited, parts = read(png(workflow=json.dumps(EDITED))), read(png(prompt=json.dumps(FLUX)))
    assert edited
    assert parts
    assert edited.fields == {
        "prompt": "a jar",
        "negative_prompt": "blur",
        "seed": 99,
        "steps": 12,
        "cfg_scale": 6.5,
        "width": 512,
        "height": 640,
    }
    assert parts.fields == {
        "prompt": "a lamp\na lamp at night",
        "seed": 7,
        "steps": 20,
        "width": 1024,
        "height": 1024,
    }
    assert ("Guidance", "3.5") in parts.unused


def test_invoke_now_and_before() -> None:
    now = {
        "positive_prompt": "a house",
        "negative_prompt": "people",
        "width": 768,
        "height": 432,
        "seed": 356120443,
        "cfg_scale": 7.5,
        "steps": 50,
        "scheduler": "dpmpp_2m",
        "model": {"model_name": "photon", "base_model": "sd-1"},
        "loras": [],
    }
    before = {
        "model": "stable diffusion",
        "image": {
            "prompt": [{"prompt": "a house", "weight": 1.0}],
            "steps": 50,
            "cfg_scale": 7.5,
            "seed": 12,
            "height": 512,
            "width": 640,
            "sampler": "k_lms",
        },
    }
    found, older = read(png(invokeai_metadata=json.dumps(now))), read(png(sd__metadata=json.dumps(before)))
    assert found
    assert older
    assert found.source == older.source == "InvokeAI"
    taken = {
        "prompt": "a house",
        "seed": 356120443,
        "steps": 50,
        "cfg_scale": 7.5,
        "width": 768,
        "height": 432,
    }
    assert found.fields == {**taken, "negative_prompt": "people"}
    assert ("Model", "photon") in found.unused
    assert ("scheduler", "dpmpp_2m") in found.unused
    assert older.fields == {**taken, "seed": 12, "width": 640, "height": 512}
    assert ("sampler", "k_lms") in older.unused


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", png(), png(parameters="hello"), b"\xff\xd8\xff"]
)
def test_what_says_nothing_is_nothing(data: bytes) -> None:
    assert read(data) is None


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(name + content))


def test_bombs_and_crowds_are_left_out() -> None:
    head, rest = png()[:33], png()[33:]
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"a" * (50 << 20)))
    assert texts(head + bomb + rest) == {}
    crowd = b"".join(chunk(b"tEXt", b"k%d\0words" % number) for number in range(5000))
    assert len(texts(head + crowd + rest)) <= 2000
    assert texts(head + chunk(b"tEXt", b"parameters\0" + b"a" * (LONGEST + 1)) + rest) == {}
    deep = read(png(prompt='{"1":' + "[" * 100_000))
    assert deep is None
    many = read(png(invokeai_metadata=json.dumps({"seed": 1, **{f"k{n}": "v" * 9000 for n in range(150)}})))
    assert many
    assert len(many.unused) == MOST_UNUSED
    assert all(len(value) <= LONGEST_VALUE + 1 for _, value in many.unused)
    circle = {
        "1": {"inputs": {"positive": ["1", 0], "latent_image": ["1", 0], "seed": ["1", 0], "steps": ["1", 0]}}
    }
    assert read(png(prompt=json.dumps(circle)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["inputs", "seed", "positive", "guider", "nodes", "links", "image", "prompt", "width", "1"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(st.sampled_from(["prompt", "workflow", "invokeai_metadata", "sd__metadata"]), JSON)
@tried(150)
def test_no_json_breaks_it(name: str, value: Any) -> None:
    fits(read(png(**{name: json.dumps(value)})))


@given(st.text(max_size=300))
@tried(150)
def test_no_words_break_it(words: str) -> None:
    text = words.encode(errors="replace").decode() + "\nSteps: 3, Seed: 5, Size: 64x64, "
    fits(read(png(parameters=text.replace("\0", ""))))


SOURCES = [
    png(parameters=A1111),
    with_exif("JPEG", 0x9286, COMMENTS[0]),
    with_exif("WEBP", 0x9286, COMMENTS[1]),
]


@given(st.sampled_from(SOURCES), st.integers(0, 5000), st.binary(min_size=1, max_size=8), st.booleans())
@tried(300)
def test_no_bytes_break_it(data: bytes, place: int, noise: bytes, is_cut: bool) -> None:
    place %= len(data)
    fits(read(data[:place] + noise + (b"" if is_cut else data[place + len(noise) :])))


def fits(found: Any) -> None:
    """Whatever was read may go into a form: nothing that cannot be encoded, no number beyond its bounds."""
    if found is None:
        return
    json.dumps(found.fields, allow_nan=False).encode()
    for words in [*found.fields.values(), *(word for pair in found.unused for word in pair)]:
        str(words).encode()
        assert "\0" not in str(words)
