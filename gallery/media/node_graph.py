"""What a graph of ComfyUI's nodes says of its picture: from the node that samples, back along its links.

Graphs are anybody's: nodes have any names and any inputs. What counts is how an input is called, and what it leads to.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

# A walk looks at so many nodes; graphs that people draw have tens.
MOST_NODES = 2000
_TEXTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "positive_prompt", "string", "value")
_SEEDS = ("seed", "noise_seed", "value", "int")
_MODELS = ("ckpt_name", "unet_name", "model_name", "gguf_name")
_BESIDE = ("sampler_name", "scheduler", "denoise", "guidance")
#: Of nodes as the editor keeps them, what their values are called, in their order; None is of the editor alone.
_WIDGETS: dict[str, tuple[str | None, ...]] = {
    "CLIPTextEncode": ("text",),
    "KSampler": ("seed", None, "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (None, "noise_seed", None, "steps", "cfg", "sampler_name", "scheduler"),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model"),
    "RandomNoise": ("noise_seed",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "FluxGuidance": ("guidance",),
    "KSamplerSelect": ("sampler_name",),
}

Inputs = dict[str, Any]


def read_graph(prompt: Any, workflow: Any) -> Iterator[tuple[str, Any]]:
    """Names, Venice's where it has one, and values; nothing where no node samples.

    `prompt` is what was run, `workflow` the same as the editor keeps it: either is enough, and may be anything.
    """
    nodes = _run(prompt) or _edited(workflow)
    sampler = max(nodes.values(), key=_samples, default=None)
    if sampler is None or _samples(sampler) < 2:
        return
    conditions = sampler if "positive" in sampler else _at(nodes, sampler.get("guider"))
    positive = _texts(nodes, conditions.get("positive", conditions.get("conditioning")))
    yield "prompt", positive
    negative = _texts(nodes, conditions.get("negative"))
    if negative != positive:
        yield "negative_prompt", negative
    yield (
        "seed",
        _first(nodes, [sampler.get("seed", sampler.get("noise_seed", sampler.get("noise")))], _SEEDS),
    )
    yield "steps", _first(nodes, [sampler.get("steps", sampler.get("sigmas"))], ("steps", "value", "int"))
    yield "cfg_scale", _first(nodes, [sampler.get("cfg", conditions.get("cfg"))], ("cfg", "value", "float"))
    yield from _size(nodes, sampler)
    yield from _beside(nodes, sampler)


def _size(nodes: dict[str, Inputs], sampler: Inputs) -> Iterator[tuple[str, Any]]:
    for inputs in _behind(nodes, [sampler.get("latent_image"), sampler.get("latent")]):
        sides = [_first(nodes, [inputs.get(name)], (name, "value", "int")) for name in ("width", "height")]
        if None not in sides:
            yield from zip(("width", "height"), sides, strict=True)
            return


def _beside(nodes: dict[str, Inputs], sampler: Inputs) -> Iterator[tuple[str, Any]]:
    """What Venice has no field for: the model's file, what was loaded into it, how it was sampled."""
    everything = [sampler, *_behind(nodes, list(sampler.values()))]
    for name, label in (*((each, "Model") for each in _MODELS), ("lora_name", "LoRA"), ("vae_name", "VAE")):
        for value in dict.fromkeys(str(each[name]) for each in everything if isinstance(each.get(name), str)):
            yield label, value
    for name in _BESIDE:
        setting = next((each[name] for each in everything if _is_plain(each.get(name))), None)
        if setting is not None:
            yield name.replace("_", " ").capitalize(), setting
    yield "Nodes", len(nodes)


def _samples(inputs: Inputs) -> int:
    """How much this is the node that makes the picture."""
    if not any(_is_link(inputs.get(name)) for name in ("positive", "guider")):
        return 0
    return sum(
        name in inputs for name in ("positive", "negative", "seed", "noise_seed", "steps", "cfg")
    ) + 2 * sum(name in inputs for name in ("latent_image", "guider", "noise", "sigmas"))


def _texts(nodes: dict[str, Inputs], link: Any) -> str | None:
    """The words that a link leads to, those of one node together; None when there are none."""
    for inputs in _behind(nodes, [link]):
        texts = [
            inputs[name] for name in _TEXTS if isinstance(inputs.get(name), str) and inputs[name].strip()
        ]
        if texts:
            return "\n".join(dict.fromkeys(texts))
    return link if isinstance(link, str) else None


def _first(nodes: dict[str, Inputs], starts: list[Any], names: tuple[str, ...]) -> int | float | str | None:
    """The value itself, or the first of these names behind the link that stands for it."""
    for start in starts:
        if _is_plain(start):
            return start  # type: ignore[no-any-return]
    for inputs in _behind(nodes, starts):
        for name in names:
            if _is_plain(inputs.get(name)):
                return inputs[name]  # type: ignore[no-any-return]
    return None


def _behind(nodes: dict[str, Inputs], links: list[Any]) -> Iterator[Inputs]:
    """The nodes that these links lead to, the nearest first, each once."""
    waiting, seen = deque(links), set[str]()
    while waiting and len(seen) < MOST_NODES:
        link = waiting.popleft()
        if not _is_link(link) or str(link[0]) in seen:
            continue
        seen.add(str(link[0]))
        if inputs := nodes.get(str(link[0])):
            yield inputs
            waiting.extend(inputs.values())


def _at(nodes: dict[str, Inputs], link: Any) -> Inputs:
    return nodes.get(str(link[0]), {}) if _is_link(link) else {}


def _is_link(value: Any) -> bool:
    """A node's number and the place of its output."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _run(prompt: Any) -> dict[str, Inputs]:
    """What was run: nodes by number, each with its inputs by name."""
    nodes = prompt if isinstance(prompt, Mapping) else {}
    return {
        str(number): dict(node["inputs"])
        for number, node in list(nodes.items())[:MOST_NODES]
        if isinstance(node, Mapping) and isinstance(node.get("inputs"), Mapping)
    }


def _edited(workflow: Any) -> dict[str, Inputs]:
    """What the editor keeps: nodes with values in a row, and links in a list of their own."""
    workflow = workflow if isinstance(workflow, Mapping) else {}
    listed = [workflow.get(name) for name in ("nodes", "links")]
    nodes, links = ([*each] if isinstance(each, list) else [] for each in listed)
    origins = {each[0]: each[1] for each in links if _is_kept_link(each)}
    graph: dict[str, Inputs] = {}
    for node in nodes[:MOST_NODES]:
        if isinstance(node, Mapping) and isinstance(node.get("id"), str | int):
            inputs = _widgets(node)
            for each in _list(node.get("inputs")):
                origin = (
                    origins.get(each.get("link"))
                    if isinstance(each, Mapping) and _is_plain(each.get("link"))
                    else None
                )
                if origin is not None:
                    inputs[str(each.get("name"))] = [origin, 0]
            graph[str(node["id"])] = inputs
    return graph


def _is_kept_link(link: Any) -> bool:
    return isinstance(link, list) and len(link) >= 4 and all(isinstance(each, str | int) for each in link[:2])


def _widgets(node: Mapping[str, Any]) -> Inputs:
    values = node.get("widgets_values")
    if isinstance(values, Mapping):
        return dict(values)
    names = _WIDGETS.get(node["type"], ()) if isinstance(node.get("type"), str) else ()
    return {name: value for name, value in zip(names, _list(values), strict=False) if name}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
