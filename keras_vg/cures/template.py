"""A compiled model as plain data, from which any process can make it anew, with fresh weights."""

import contextlib
import functools
import inspect
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.inspection.stateless import convert_batch
from keras_vg.text import is_of_keras, quote_error
from keras_vg.training import backend, keras_private
from keras_vg.training.optimizers import list_compiled_optimizers

_KERAS_TYPES = (
    keras.layers.Layer,
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)


@dataclass(frozen=True)
class Template:
    """A compiled model without its weights.

    Attributes:
        config: The model, as `keras.saving.serialize_keras_object` describes it.
        custom_objects: Classes and functions of the user's own that it is made of, by name.
        functions: Functions of its `Lambda` layers, by the layers' names.
        kept: Weights that no training of this model changes, by the path of their layer.
        optimizer: The optimizer's class and configuration.
        loss: The loss as it was given to `compile`.
        options: Further arguments of `compile`.
        is_graph: Whether it is Sequential or functional; of any other model layers cannot be exchanged.
        left_out: What of the model a copy lacks, in words.
    """

    config: dict[str, Any]
    custom_objects: dict[str, Any]
    functions: dict[str, Any]
    kept: dict[surgery.Path, list[np.ndarray]]
    optimizer: tuple[Any, dict[str, Any]]
    loss: Any
    options: dict[str, Any]
    is_graph: bool
    left_out: tuple[str, ...] = field(default=())

    def make(self, seed: int) -> keras.Model:
        """Makes the model, uncompiled, its initial weights from a seed; the global random generators are set to it."""
        seed_generators(seed)
        named = {_name_function(name): function for name, function in self.functions.items()}
        with self.known_objects():
            config = _adjust(self.config, self.functions, self.custom_objects)
            model = keras.saving.deserialize_keras_object(config, custom_objects=self.custom_objects | named)
        if self.is_graph:
            _give_common_arguments(model, self.config)
        for place in surgery.list_places(model) if self.is_graph else []:
            if place.path in self.kept:
                surgery.give_weights(place.layer, self.kept[place.path])
        return model

    def known_objects(self) -> Any:
        """A context in which classes and functions of the user's own are found by their names."""
        return keras.saving.custom_object_scope(self.custom_objects)


def _give_common_arguments(model: keras.Model, config: dict[str, Any]) -> None:
    """Gives layers of the user's own what their constructors do not take: their names, and whether they are frozen."""
    entries = config["config"]["layers"]
    for layer, entry in zip(model.layers, entries, strict=False):
        if type(layer).__name__ != entry["class_name"]:  # Keras has put them in another order
            return
        if surgery.is_graph(layer):
            _give_common_arguments(layer, entry)
        else:
            surgery.give_common_arguments(layer, {"name": layer.name} | entry["config"] | _get_name(entry))


def _get_name(entry: dict[str, Any]) -> dict[str, str]:
    """The layer's name, where the model's configuration has it beside the layer's own."""
    return {"name": entry["name"]} if entry.get("name") else {}


def seed_generators(seed: int) -> None:
    """Sets the generators that weights and dropout without a seed draw from, all of which can be put back afterwards.

    `keras.utils.set_random_seed` also sets Keras's and TensorFlow's own, whose state cannot be read.
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  what layers of a user's own may draw from
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(seed)


def make_template(model: keras.Model, x: Any) -> Template:
    """Describes a compiled model by plain data; the model stays as it is.

    Args:
        model: A compiled model.
        x: One batch of inputs, of which a model without weights gets its input shape.

    Returns:
        The template, which was made into a model once.

    Raises:
        ValueError: If the model or its optimizer cannot be made anew from its configuration.
    """
    is_graph = surgery.is_graph(model)
    plain = _build(model, x) if is_graph and not model.built else model
    for _, layer in surgery.walk(plain) if is_graph else ():
        _explain_lambda(layer)
        _explain_missing_config(layer)
    places = surgery.list_places(plain) if is_graph else []
    left_out = [] if is_graph else [_describe_opaque(model)]
    with _described_schedules(model) as schedules:
        options, lost = _copy_options(model)
        optimizer = _copy_optimizer(model.optimizer, schedules)
    template = Template(
        config=_serialize(plain, is_graph),
        custom_objects=_collect_custom_objects(model, [place.layer for place in places]) | schedules,
        functions={p.layer.name: p.layer.function for p in places if isinstance(p.layer, keras.layers.Lambda)},
        kept={p.path: p.layer.get_weights() for p in places if surgery.keeps_weights(p.layer)},
        optimizer=optimizer,
        loss=model.loss,
        options=options,
        is_graph=is_graph,
        left_out=(*left_out, *lost),
    )
    _try_template(template, model, places, x)
    return template


def _build(model: keras.Sequential, x: Any) -> keras.Sequential:
    """A copy of a Sequential model without an input shape, for a batch of inputs; adapted layers stay adapted."""
    first = convert_batch(np.asarray(keras.tree.flatten(x)[0]))
    entry = keras.Input(tuple(first.shape[1:]), dtype=keras.backend.standardize_dtype(first.dtype))
    for layer in model.layers:
        _explain_lambda(layer)
    with keras.saving.custom_object_scope(_collect_custom_objects(model, model.layers)):
        copies = [_copy_or_explain(layer) for layer in model.layers]
    built = keras.Sequential([entry, *copies], name=model.name)
    for old, new in zip(model.layers, copies, strict=True):
        if surgery.keeps_weights(old):
            surgery.give_weights(new, old.get_weights())
    return built


def _serialize(model: keras.Model, is_graph: bool) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's, of lambdas: their functions are taken from the layers themselves
        try:
            config = keras.saving.serialize_keras_object(surgery.make_plain(model) if is_graph else model)
        except Exception as error:
            raise ValueError(_explain(f"model {model.name!r}", error)) from error
    return {name: value for name, value in config.items() if name not in ("compile_config", "build_config")}


def _try_template(template: Template, model: keras.Model, places: list[surgery.Place], x: Any) -> None:
    """Makes the model once, before anything is trained."""
    try:
        with backend.preserved_random_state():
            copy = template.make(0)
            if not keras_private.is_built(copy):
                keras_private.build(copy, convert_batch(x))
    except Exception as error:
        for place in places:
            _copy_or_explain(place.layer)
        raise ValueError(_explain(f"model {model.name!r}", error)) from error
    if model.built and [w.shape for w in copy.weights] != [w.shape for w in model.weights]:
        raise ValueError(
            "A model made from this model's configuration must have the same weights. "
            f"Received: model {model.name!r} of {len(model.weights)} weights, whose copy has {len(copy.weights)} or "
            "other shapes. Let its `get_config` return all arguments of its constructor."
        )


def _copy_or_explain(layer: Any) -> Any:
    try:
        return surgery.copy_layer(layer)
    except Exception as error:
        raise ValueError(_explain(f"layer {layer.name!r} ({type(layer).__name__})", error)) from error


def _explain(what: str, error: Exception) -> str:
    return (
        f"Every part of the model must be one that Keras can make anew from its configuration. Received: {what}, "
        f"which it cannot: {quote_error(error)} Give its class a `get_config` that returns all "
        "arguments of its constructor, and functions a name (`def`)."
    )


def _explain_lambda(layer: Any) -> None:
    """A function without a name, other than that of a Lambda layer, is known to no configuration."""
    for name, value in vars(layer).items():
        if inspect.isfunction(value) and value.__name__ == "<lambda>" and not isinstance(layer, keras.layers.Lambda):
            raise ValueError(
                _explain(f"layer {layer.name!r} ({type(layer).__name__})", ValueError(f"its `{name}` is a lambda."))
            )


def _explain_missing_config(layer: Any) -> None:
    """A layer whose constructor takes what is no plain data has no configuration unless its class says how."""
    try:
        layer.get_config()
    except Exception as error:
        raise ValueError(_explain(f"layer {layer.name!r} ({type(layer).__name__})", error)) from error


def _copy_optimizer(optimizer: Any, schedules: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    try:
        config = optimizer.get_config()
        with keras.saving.custom_object_scope(schedules):
            type(optimizer).from_config(dict(config))
    except Exception as error:
        raise ValueError(_explain(f"optimizer {type(optimizer).__name__}", error)) from error
    return type(optimizer), config


def _copy_options(model: keras.Model) -> tuple[dict[str, Any], list[str]]:
    """What else `compile` was given, and what of it a copy cannot have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config = model.get_compile_config() or {}
        except (OSError, TypeError, ValueError):  # of a lambda in a notebook, Keras asks for the source in vain
            return {}, ["metrics and further arguments of `compile`, which Keras cannot describe beside this loss"]
    names = ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")
    options = {name: config[name] for name in names if config.get(name) is not None}
    lost = []
    for name in ("metrics", "weighted_metrics"):
        if config.get(name) is None:
            continue
        try:
            keras.saving.deserialize_keras_object(config[name])
            options[name] = config[name]
        except (TypeError, ValueError):
            lost.append(f"{name} that only their own functions know: add them again to `compile`")
    return options, lost


def _describe_opaque(model: keras.Model) -> str:
    return (
        f"{type(model).__name__} is a class of its own: its layers cannot be exchanged from outside, so only changes "
        "of data, labels and optimizer were tried"
    )


def _collect_custom_objects(model: keras.Model, layers: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    inner = [value for layer in layers for value in vars(layer).values() if isinstance(value, keras.layers.Layer)]
    for value in [item for layer in (model, *layers, *inner) for item in (layer, *vars(layer).values())]:
        known = type(value) if isinstance(value, _KERAS_TYPES) else value if inspect.isfunction(value) else None
        if known is None or _is_found_by_keras(known):
            continue
        found[known.__name__] = known
        found[keras.saving.get_registered_name(known)] = known
    return found


@contextlib.contextmanager
def _described_schedules(model: keras.Model) -> Iterator[dict[str, Any]]:
    """Yields what learning rate schedules of the user's own are made of, by the names of their classes.

    One without a `get_config`, which only saving needs, gets an empty one within, and stands for itself.
    """
    base = keras.optimizers.schedules.LearningRateSchedule
    found: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        for schedule in map(keras_private.get_schedule, list_compiled_optimizers(model)):
            cls = type(schedule)
            if not isinstance(schedule, base) or _is_found_by_keras(cls):
                continue
            maker: Any = cls
            if cls.get_config is base.get_config:
                stack.enter_context(keras_private.set_attribute(schedule, "get_config", dict))
                maker = type(cls.__name__, (), {"from_config": staticmethod(functools.partial(_return, schedule))})
            found |= {cls.__name__: maker, keras.saving.get_registered_name(cls): maker}
        yield found


def _return(value: Any, config: dict[str, Any]) -> Any:
    return value


def _is_found_by_keras(known: Any) -> bool:
    """Whether it is Keras's own; not of `keras.ops`, where only what has the name of an activation is found."""
    if not is_of_keras(known):
        return False
    return ".ops." not in known.__module__ or hasattr(keras.activations, known.__name__)


def _name_function(layer: str) -> str:
    return f"keras_vg>function_of_{layer}"


def _adjust(config: Any, functions: dict[str, Any], classes: dict[str, Any]) -> Any:
    """The configuration with each `Lambda` layer's function by name, and arguments that each class of its own takes."""
    if isinstance(config, dict):
        changed = {name: _adjust(value, functions, classes) for name, value in config.items()}
        if config.get("class_name") == "Lambda" and config["config"].get("name") in functions:
            name = _name_function(config["config"]["name"])
            entry = {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
            changed["config"] = changed["config"] | {"function": entry}
        cls = classes.get(str(config.get("registered_name")))
        if inspect.isclass(cls) and issubclass(cls, keras.layers.Layer):
            changed["config"] = surgery.choose_accepted(cls, changed["config"])
        return changed
    if isinstance(config, list | tuple):
        return type(config)(_adjust(value, functions, classes) for value in config)
    return config
