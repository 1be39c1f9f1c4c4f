"""Remedies that give the model the last layer and the loss that its labels ask for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.activations import ACTIVATION_LAYERS, name_activation
from keras_vg.cures.draft import Draft, Encoding, Output
from keras_vg.cures.remedy import Remedy
from keras_vg.diagnosis.ranges import REGRESSIONS
from keras_vg.training import keras_private

_BINARY, _SPARSE, _ONE_HOT = "binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy"
_CLASSES = {
    _BINARY: keras.losses.BinaryCrossentropy,
    _SPARSE: keras.losses.SparseCategoricalCrossentropy,
    _ONE_HOT: keras.losses.CategoricalCrossentropy,
}

_RATES = ("exponential", "softplus")
"""Activations whose values are above 0, as a loss of logarithms needs them."""


def choose_head(output: Output) -> tuple[int, str, str, Encoding] | None:
    """Chooses the last layer that an output's labels ask for.

    Args:
        output: The output.

    Returns:
        Units, activation and loss, and how the labels are given to `fit`; None where only the loss knows the task.
    """
    task = output.task
    if task.type == "classes" and task.is_one_hot:
        return len(task.classes), "softmax", _ONE_HOT, "given"
    if task.type == "classes" and len(task.classes) <= 2:
        return 1, "sigmoid", _BINARY, "given" if set(task.classes) <= {0.0, 1.0} else "index"
    if task.type == "classes":
        is_counted = task.classes == tuple(range(len(task.classes)))
        return len(task.classes), "softmax", _SPARSE, "given" if is_counted else "index"
    if task.type == "labels":
        return task.units, "sigmoid", _BINARY, "given"
    if task.type == "numbers":
        if task.is_bounded and output.loss_name == _BINARY:
            return task.units, "sigmoid", _BINARY, "given"
        if output.loss_name == "poisson" and output.task.lowest >= 0:
            activation = output.activation if output.activation in _RATES else "softplus"
            return task.units, activation, "poisson", "given"
        return task.units, "linear", _choose_regression(output), "given"
    return None


def _choose_regression(output: Output) -> str:
    """A loss for labels that are numbers: the output's own, unless it is not made for these labels."""
    if output.loss_name == "mean_absolute_percentage_error" and output.task.has_zeros:
        return "mean_absolute_error"
    if output.loss_name == "mean_squared_logarithmic_error" and output.task.lowest < 0:
        return "mean_squared_error"
    return output.loss_name if output.loss_name in REGRESSIONS else "mean_squared_error"


def _make_change(from_logits: bool) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        changed = {}
        for place, output in enumerate(draft.outputs):
            head = choose_head(output)
            if head is None or (from_logits and head[2] not in _CLASSES):
                continue
            units, activation, loss, encoding = head
            new = replace(
                output,
                units=units,
                activation="linear" if from_logits else activation,
                loss_name=loss,
                loss=_choose_loss(output, loss, from_logits),
                from_logits=from_logits,
                encoding=encoding,
            )
            if _describe(new) != _describe(_read_through(draft, place, output)):
                changed[place] = new
        if not changed:
            return None
        edited, lines = exchange_heads(draft, changed), _write_code
        if edited is None:
            edited, lines = _append_heads(draft, changed), _write_code_behind
        if edited is None:
            return None
        outputs = tuple(changed.get(place, output) for place, output in enumerate(draft.outputs))
        code = [line for i, output in changed.items() for line in lines(draft, i, output)]
        # Metrics that are objects may be of other labels; names such as "accuracy" fit themselves to the output.
        options = {name: _keep_names(v) if "metrics" in name else v for name, v in draft.options.items()}
        return draft.change(*code, model=edited, outputs=outputs, options=options)

    return change


def _keep_names(metrics: Any) -> Any:
    """Of the configuration of metrics, those that are names."""
    if isinstance(metrics, dict):
        return None if "class_name" in metrics else {name: _keep_names(value) for name, value in metrics.items()}
    if isinstance(metrics, list | tuple):
        return [value for value in map(_keep_names, metrics) if value is not None]
    return metrics


def _choose_loss(output: Output, name: str, from_logits: bool) -> Any:
    if from_logits:
        return _CLASSES[name](from_logits=True)
    return output.loss if name == output.loss_name and not output.from_logits else name


def _describe(output: Output) -> tuple[Any, ...]:
    return output.units, output.activation, output.loss_name, output.from_logits, output.encoding


_POOLING = tuple(
    getattr(keras.layers, f"Global{name}Pooling{axes}D") for name in ("Average", "Max") for axes in (1, 2, 3)
)
_ARRANGING = (keras.layers.Flatten, keras.layers.Permute, keras.layers.Reshape)


def _read_through(draft: Draft, index: int, output: Output) -> Output:
    """The output with the activation of its last layer with weights, where only what arranges values is behind it."""
    places = [p for p in surgery.list_places(draft.model) if p.output == index] if draft.is_graph else []
    behind = [p for p in places if not p.is_head]
    head = next((p.layer for p in places if p.is_head), None)
    activation = name_activation(head)
    if not behind or not all(isinstance(p.layer, _ARRANGING) for p in behind) or activation == "softmax":
        return output
    return replace(output, activation=activation)


def exchange_heads(draft: Draft, outputs: dict[int, Output]) -> Any:
    """Gives outputs another last layer, and takes away what stands after it, but for what pools or arranges its values.

    A recurrent layer, whose values are bounded, stays where it is; the new layer stands behind it.

    Args:
        draft: The draft.
        outputs: The new outputs by their index, with their units and activation.

    Returns:
        The model, or None if an output does not come from a layer of that sort.
    """
    places = [p for p in surgery.list_places(draft.model) if p.output in outputs]
    heads = {p.path: p for p in places if p.is_head}
    if len(heads) < len(outputs) or not all(can_be_exchanged(p.layer) for p in heads.values()):
        return None
    kept = _find_kept(draft, outputs)
    if any(kept[path] and _recurs(place.layer) for path, place in heads.items()):
        return None
    dropped = {p.path for p in places if not p.is_head} - {p.path for stay in kept.values() for p in stay}
    fixed = {path for path, stay in kept.items() if any(isinstance(p.layer, _ARRANGING) for p in stay)}
    # By where a new layer is put: behind a recurrent layer, or with its activation behind what is kept, where a softmax
    # is over the units of each position.
    ends: dict[surgery.Path, Any] = {stay[-1].path if stay else path: heads[path].output for path, stay in kept.items()}
    last = {p.output: p for p in places}

    def name(path: surgery.Path, output: Any) -> str:
        """The name of an output's last layer, by which labels may be given, for the one that is the last now."""
        return str((last[output].path if len(last[output].path) == len(path) else path)[-1])

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path in ends and path not in heads and outputs[ends[path]].activation != "linear":
            return surgery.change_config(layer, name=surgery.name_inner(draft.model, path))
        if path not in heads:
            return None
        place = heads[path].output
        output = outputs[place]  # type: ignore[index]
        if _recurs(layer):
            changes = {"activation": "tanh"} if _has_bounded_answers(layer) else {}
            return surgery.change_config(layer, name=surgery.name_inner(draft.model, path), **changes)
        units = None if path in fixed else output.units
        activation = "linear" if kept[path] else output.activation
        own = layer.name if kept[path] else name(path, place)
        if not isinstance(layer, keras.layers.TimeDistributed):
            return surgery.change_config(layer, name=own, **_list_changes(layer, units, activation))
        inner = surgery.change_config(layer.layer, **_list_changes(layer.layer, units, activation))
        return surgery.change_config(layer, name=own, layer=keras.saving.serialize_keras_object(inner))

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if path in dropped:
            return args[0]
        values = layer(*args, **kwargs)
        place = ends.get(path)
        if place is None:
            return values
        output = outputs[place]
        new = {"name": name(path, place), "dtype": last[place].layer.dtype_policy}
        if path in heads and _recurs(layer):
            return keras.layers.Dense(output.units, output.activation, **new)(values)
        if path not in heads and output.activation != "linear":
            return keras.layers.Activation(output.activation, **new)(values)
        return values

    return surgery.rebuild(draft.model, edit, call)


def _append_heads(draft: Draft, outputs: dict[int, Output]) -> Any:
    """Puts a Dense layer behind outputs that no layer with a kernel makes alone, such as products and sums of others.

    Args:
        draft: The draft.
        outputs: The new outputs by their index, with their units and activation.

    Returns:
        The model, or None if an output is not a vector, or no layer puts it out.
    """
    last = {index: _find_last(draft, index) for index in outputs}
    if any(p is None for p in last.values()) or any(len(draft.model.outputs[index].shape) != 2 for index in outputs):
        return None
    ends = {place.path: index for index, place in last.items() if place is not None}
    bent = {p.path for p in last.values() if p is not None and _is_activation(p.layer)}

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in ends:
            return None
        new = surgery.copy_layer(layer)
        new.name = surgery.name_inner(draft.model, path)
        return new

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if path not in ends:
            return layer(*args, **kwargs)
        values = args[0] if path in bent else layer(*args, **kwargs)
        output = outputs[ends[path]]
        new = {"name": path[-1], "dtype": layer.dtype_policy}
        return keras.layers.Dense(output.units, output.activation, **new)(values)

    return surgery.rebuild(draft.model, edit, call)


def _find_last(draft: Draft, index: int) -> surgery.Place | None:
    """The layer that puts out what no kernel that can be exchanged makes alone; None if there is none."""
    places = [place for place in surgery.list_places(draft.model) if place.output == index]
    if not places or any(p.is_head and can_be_exchanged(p.layer) for p in places) or len(places[-1].path) > 1:
        return None
    return places[-1] if keras_private.list_ends(draft.model)[1][index] is places[-1].layer else None


def _is_activation(layer: Any) -> bool:
    return isinstance(layer, (*ACTIVATION_LAYERS, keras.layers.Softmax))


def _find_kept(draft: Draft, outputs: dict[int, Output]) -> dict[surgery.Path, list[surgery.Place]]:
    """What stays behind each last layer with weights: what pools or arranges its values, if new units fit that."""
    places = [p for p in surgery.list_places(draft.model) if p.output in outputs]
    found = {}
    for head in (p for p in places if p.is_head):
        kept = [p for p in places if p.output == head.output and isinstance(p.layer, (*_POOLING, *_ARRANGING))]
        is_arranged = any(isinstance(p.layer, _ARRANGING) for p in kept)
        fits = outputs[head.output].units == draft.outputs[head.output].units  # type: ignore[index]
        found[head.path] = kept if fits or not is_arranged else []
    return found


def _list_changes(layer: Any, units: int | None, activation: str) -> dict[str, Any]:
    """What changes in the configuration of a layer with another activation, and other units if given."""
    changes: dict[str, Any] = {"activation": activation}
    if units is not None:
        changes[_name_units(layer)] = units
    if layer.get_config().get("bias_initializer") is not None:
        changes["bias_initializer"] = "zeros"
    return changes


def _has_bounded_answers(layer: Any) -> bool:
    """Whether a recurrent layer has an activation that was meant for answers."""
    return layer.get_config().get("activation") in ("sigmoid", "softmax")


def can_be_exchanged(layer: Any) -> bool:
    """Whether a layer can be the last one with other outputs, or have a new last layer behind it."""
    if isinstance(layer, keras.layers.TimeDistributed):
        return bool(_name_units(layer.layer))
    return bool(_name_units(layer)) or _recurs(layer)


def _recurs(layer: Any) -> bool:
    """Whether a layer is recurrent and puts out one tensor, its units on the last axis."""
    if not isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) or getattr(layer, "return_state", False):
        return False
    return getattr(layer, "merge_mode", "") is not None and getattr(layer, "data_format", None) != "channels_first"


def _name_units(layer: Any) -> str:
    """What the configuration of a layer calls its number of outputs; empty if it is none with a kernel."""
    if not hasattr(layer, "kernel_initializer") or hasattr(layer, "cell"):
        return ""
    return "units" if hasattr(layer, "units") else "filters" if hasattr(layer, "filters") else ""


def _write_code_behind(draft: Draft, index: int, output: Output) -> list[str]:
    last = _find_last(draft, index)
    assert last is not None
    where = f"{'instead of' if _is_activation(last.layer) else 'behind'} {last.path[-1]}"
    return [f"keras.layers.Dense({output.units}{_write_activation(output)})  # {where}", *_write_rest(output)]


def _write_activation(output: Output) -> str:
    return "" if output.activation == "linear" else f', activation="{output.activation}"'


def _write_code(draft: Draft, index: int, output: Output) -> list[str]:
    head = next(p for p in surgery.list_places(draft.model) if p.is_head and p.output == index)
    kept = _find_kept(draft, {index: output})[head.path]
    lines = [f"keras.layers.Dense({output.units}{_write_activation(output)})  # the last layer"]
    if _recurs(head.layer):
        lines = [f"{lines[0]}, behind {head.path[-1]}"]
        if _has_bounded_answers(head.layer):
            lines.insert(0, f'# activation="tanh" in {head.path[-1]}')
    elif kept:
        lines = [f"# no activation in {head.path[-1]}"]
        if output.activation != "linear":
            lines.append(
                f'keras.layers.Activation("{output.activation}")  # the last layer, behind {kept[-1].path[-1]}'
            )
        if output.units != draft.outputs[index].units:
            lines[0] = f"# {output.units} units without an activation in {head.path[-1]}"
    return [*lines, *_write_rest(output)]


def _write_rest(output: Output) -> list[str]:
    """How labels and loss are given."""
    lines = []
    if output.encoding == "index":
        shown = ", ".join(f"{value:g}" for value in output.task.classes[:20])
        lines.append(f"y = np.searchsorted([{shown}], y)  # the numbers of the classes, 0, 1, ...")
    name = _CLASSES.get(output.loss_name)
    loss = f"keras.losses.{name.__name__}(from_logits=True)" if output.from_logits and name else f'"{output.loss_name}"'
    return [*lines, f"model.compile(optimizer, loss={loss})"]


def _weigh(draft: Draft) -> Draft | None:
    """One unit with a bias in place of a sigmoid without weights, whose input may never change its sign."""
    if not draft.is_graph:
        return None
    last = {place.output: place for place in surgery.list_places(draft.model) if place.output is not None}
    chosen = {
        place.path
        for output, place in last.items()
        if draft.outputs[output].units == 1 and place.layer.get_config().get("activation") == "sigmoid"
        if not place.layer.weights
    }
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in chosen:
            return None
        return keras.layers.Dense(1, "sigmoid", name=layer.name, dtype=layer.dtype_policy)

    lines = [f'keras.layers.Dense(1, activation="sigmoid")  # instead of {path[-1]}' for path in sorted(chosen)]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


REMEDIES = (
    Remedy(
        "the head that the labels ask for",
        "Units, activation and loss that can meet the labels: one sigmoid for two classes, one softmax unit per class "
        "for more, no activation for numbers, softplus for counts under a Poisson loss.",
        _make_change(from_logits=False),
    ),
    Remedy(
        "logits instead of probabilities",
        "Without a last activation, and with `from_logits=True` in the loss, a saturated wrong answer has a gradient.",
        _make_change(from_logits=True),
    ),
    Remedy(
        "a weight and a bias before the sigmoid",
        "A sigmoid of a distance, or of anything else that is never below 0, gives no probability below 0.5.",
        _weigh,
    ),
)
