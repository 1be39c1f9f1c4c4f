"""A rule about layers that a model calls and does not hold."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Severity


def find_untracked_layers(context: Context) -> Iterator[Finding]:
    """Layers whose weights are not the model's, so that they are neither trained nor saved."""
    if context.inspection is None:
        return
    found: dict[str, dict[str, Any]] = dict(context.inspection.setup.get("untracked_layers", {}))
    severities = {name: _judge(layer) for name, layer in found.items()}
    if not found:
        return
    severity = min(severities.values(), key=SEVERITIES.index)
    # Beside layers that were to be trained, those that have learned elsewhere are no matter.
    named = {name: found[name] for name in found if severity == "info" or severities[name] != "info"}
    hosts = list(dict.fromkeys(str(layer["called_in"]) for layer in named.values()))
    yield Finding(
        "untracked_layers",
        severity,
        tuple(named),
        None,
        {
            "layers": float(len(named)),
            "values": float(sum(layer["values"] for layer in named.values())),
            "called_in": ", ".join(hosts),
        },
        _advise(named.values(), [f"`{host}`" for host in hosts], severity),
    )


def _judge(layer: Mapping[str, Any]) -> Severity:
    if layer["state"] == "trained":
        return "info"
    # A normalization does most of its work without weights, and a step of one's own may train what it likes.
    is_certain = (
        layer["state"] in ("made anew", "initial", "variable") and layer["has_kernel"] and not layer["may_be_trained"]
    )
    return "error" if is_certain else "warning"


def _advise(layers: Iterable[Mapping[str, Any]], hosts: list[str], severity: Severity) -> str:
    calls = f"{' and '.join(hosts)} {'call' if len(hosts) > 1 else 'calls'}"
    states = {layer["state"] for layer in layers}
    if severity == "info":
        return (
            f"{calls} layers that are not part of the model: no step trains them, and the model is saved without "
            "their weights. These look trained, so that may be meant; `trainable = False` would say so. If not, keep "
            "the layers as attributes, or call them as layers of the model."
        )
    if states == {"made anew"}:
        return (
            f"{calls} layers that are made anew in each call: their weights are random, not part of the model, and "
            "neither trained nor saved. Make them once, in `__init__`, keep them as attributes, and call these."
        )
    if states == {"variable"}:
        return (
            f"{' and '.join(hosts)} {'are' if len(hosts) > 1 else 'is'} given a `keras.Variable` that is no weight of "
            "the model: no step trains it, and it is not saved. Make it in a layer of your own, by `self.add_weight` "
            "in `build`; if it is to stay as it is, say `trainable=False`."
        )
    if states == {"frozen"}:
        return (
            f"{calls} layers that are not part of the model. They have `trainable = False`, and their weights look as "
            "their initializers draw them: nothing has been learned in them yet. Load their weights; and keep the "
            "layers as attributes, for the model to be saved with them."
        )
    return (
        f"{calls} layers that are not part of the model: their weights are not in `model.weights`, no step trains "
        "them, and the model is saved without them. Call them as layers of the model, in place of a `Lambda`; or keep "
        "them as attributes of the layer or model that calls them (`self.dense = ...`), also in lists and dicts."
    )
