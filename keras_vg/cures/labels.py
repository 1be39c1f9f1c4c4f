"""Remedies for labels: standardized within the model, so that predictions stay in the user's unit; or renumbered."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft, Output
from keras_vg.cures.heads import can_be_exchanged, choose_head, exchange_heads
from keras_vg.cures.remedy import Remedy

_SUMS = (keras.layers.Dot, keras.layers.Add, keras.layers.Subtract, keras.layers.Average)
"""Layers without weights that put out numbers of any size and sign."""


def _standardize(draft: Draft) -> Draft | None:
    """Labels of standard deviation 1, as the layers before a last Rescaling see them.

    With `loss_weights` the loss of predictions and labels in the user's unit is the loss of standardized ones:
    squared errors are divided by the square of the standard deviation, absolute ones by itself.
    """
    changed = {place: new for place, o in enumerate(draft.outputs) if (new := _standardize_output(o)) is not None}
    if not changed:
        return None
    places = surgery.list_places(draft.model)
    known = {place.output for place in places if place.is_head and can_be_exchanged(place.layer)}
    # A dot product of embeddings has no kernel to exchange, and needs none.
    last_layers = {place.output: place.layer for place in places}
    sums = {output for output, layer in last_layers.items() if isinstance(layer, _SUMS)}
    if set(changed) - known - sums:
        return None
    exchanged = {place: output for place, output in changed.items() if place in known}
    model = exchange_heads(draft, exchanged) if exchanged else draft.model
    if model is None:
        return None
    last = {place.output: place.path for place in surgery.list_places(model) if place.output in changed}
    if set(last) != set(changed):
        return None
    heads = {path: changed[output] for output, path in last.items()}

    def edit(path: surgery.Path, layer: Any) -> Any:
        # The new last layer takes the old one's name, by which `fit` may be given its labels.
        return surgery.change_config(layer, name=surgery.name_inner(model, path)) if path in heads else None

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        if path not in heads:
            return outputs
        task = heads[path].task
        offset = task.mean[0] if len(task.mean) == 1 else list(task.mean)
        return keras.layers.Rescaling(task.std, offset, name=path[-1], dtype="float32")(outputs)

    lines = []
    for output in changed.values():
        loss = f"keras.losses.Huber(delta={output.task.std:.6g})" if output.loss_name == "huber" else "loss"
        lines += [
            "keras.layers.Dense(units),",
            f"keras.layers.Rescaling({output.task.std:.6g}, {_write(output.task.mean)}),"
            "  # the last layer: y.std() and y.mean()",
            f"model.compile(optimizer, {loss}, loss_weights={output.weight:.6g})",
        ]
    outputs = tuple(changed.get(place, output) for place, output in enumerate(draft.outputs))
    return draft.change(*lines, model=surgery.rebuild(model, edit, call), outputs=outputs)


def _standardize_output(output: Output) -> Output | None:
    powers = {"mean_squared_error": 2, "mean_absolute_error": 1, "huber": 2}
    task = output.task
    if task.type != "numbers" or output.loss_name not in powers or not np.isfinite([*task.mean, task.std]).all():
        return None
    weight = output.weight / task.std ** powers[output.loss_name]
    loss = keras.losses.Huber(delta=task.std) if output.loss_name == "huber" else output.loss
    if output.is_standardized:
        return None
    return replace(output, activation="linear", units=task.units, weight=weight, loss=loss, is_standardized=True)


def _write(mean: tuple[float, ...]) -> str:
    return f"{mean[0]:.6g}" if len(mean) == 1 else f"[{', '.join(f'{value:.6g}' for value in mean[:8])}]"


def _renumber(draft: Draft) -> Draft | None:
    """Two classes as 0 and 1 where the last layer already gives probabilities; more as 0, 1, ..."""
    changed = {}
    for place, output in enumerate(draft.outputs):
        head = choose_head(output)
        if head is None or head[3] == "given" or output.encoding != "given":
            continue
        units, activation, loss, encoding = head
        if (output.units, output.activation, output.loss_name) == (units, activation, loss):
            changed[place] = replace(output, encoding=encoding)
    if not changed:
        return None
    lines = [
        f"y = np.searchsorted([{', '.join(f'{value:g}' for value in o.task.classes[:20])}], y)  # 0, 1, ..."
        for o in changed.values()
    ]
    return draft.change(*lines, outputs=tuple(changed.get(place, o) for place, o in enumerate(draft.outputs)))


def _reshape(draft: Draft) -> Draft | None:
    """Labels with as many axes as the predictions, where theirs differ by a last axis of length 1."""
    changed, lines = {}, []
    for place, (output, label) in enumerate(zip(draft.outputs, draft.order(draft.data.y), strict=True)):
        if label is None:
            continue
        shape = np.shape(label)
        axes = len(draft.model.outputs[place].shape) if draft.is_graph else 2
        if output.encoding != "given":
            continue
        if len(shape) == axes - 1 and output.units == 1:
            changed[place] = replace(output, encoding="with_axis")
            lines.append("y = y[..., None]  # the shape of the predictions")
        elif len(shape) == axes + 1 and shape[-1] == 1:
            changed[place] = replace(output, encoding="without_axis")
            lines.append("y = y[..., 0]  # the shape of the predictions")
    if not changed:
        return None
    return draft.change(*lines, outputs=tuple(changed.get(place, o) for place, o in enumerate(draft.outputs)))


REMEDIES = (
    Remedy(
        "labels in the shape of the predictions",
        "A loss that subtracts labels of shape (n,) from predictions of shape (n, 1) compares each with all others.",
        _reshape,
        needs_layers=False,
    ),
    Remedy(
        "labels standardized in the model",
        "The layers answer in standard deviations from the mean, and a last Rescaling puts that into the labels' unit.",
        _standardize,
    ),
    Remedy(
        "classes renumbered from 0",
        "Cross-entropy takes classes as 0 and 1, or as 0 to the number of units - 1.",
        _renumber,
        needs_layers=False,
    ),
)
