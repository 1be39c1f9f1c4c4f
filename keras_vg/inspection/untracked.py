"""Which layers a model calls without holding them, so that their weights are neither trained nor saved with it."""

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import numpy as np

from keras_vg.inspection import stateless
from keras_vg.inspection.freshness import is_as_initialized
from keras_vg.text import name_function, shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import list_own_weights, walk_layers
from keras_vg.training.compilation import has_own_step
from keras_vg.training.shards import is_split

State = Literal["made anew", "initial", "frozen", "unknown", "trained", "variable"]


_CHANCE = 4.0
"""Standard errors by which the mean of random numbers around 0 may differ from it: chosen."""


@dataclass(frozen=True)
class UntrackedLayer:
    """A layer that a model calls and does not hold.

    Attributes:
        called_in: The model's layer that calls it.
        values: How many values its weights have.
        has_kernel: Whether any of them has two axes or more: those of a normalization have one.
        state: `"made anew"` in each call; `"initial"` where its weights look as its initializers draw them, `"frozen"`
            where they do and are not to be trained; `"trained"` where they do not; `"unknown"` where that cannot be
            told; `"variable"` of one that an operation of the model's graph is given, without a layer.
        may_be_trained: Whether the model has a `train_step` of its own, which may train what it likes.
    """

    called_in: str
    values: int
    has_kernel: bool
    state: State
    may_be_trained: bool


@dataclass
class _Found:
    """A layer that was called, and in which calls of which of the model's layers."""

    layer: keras.layers.Layer
    host: keras.layers.Layer
    was_built: bool
    had_weights: bool
    numbers: set[int] = field(default_factory=set)


class UntrackedRecorder:
    """Records which layers are called within the calls of a model's own layers.

    What is called beside them, by a loss or in a training step, is not looked at: a network that judges predictions is
    not to be trained.

    Args:
        model: A built model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._own = {id(layer) for layer in keras_private.list_layers(model)}
        self._calls: dict[int, int] = defaultdict(int)
        self._hosts: list[tuple[keras.layers.Layer, int]] = []
        self._found: dict[int, _Found] = {}

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the model is run, or traced."""
        with keras_private.watch_layer_calls(self._watch):
            yield

    def describe(self) -> dict[str, UntrackedLayer]:
        """Describes the layers with weights none of which is the model's.

        Returns:
            By name, after the name of the model's layer that calls it, unless that is the model. Of a layer that holds
            others it is that layer alone. None that is frozen and has learned, or whose weights nothing trains.
        """
        tracked = set(map(id, self._model.weights))
        return self._describe_layers(tracked) | self._describe_variables(tracked)

    def _describe_variables(self, tracked: set[int]) -> dict[str, UntrackedLayer]:
        described: dict[str, UntrackedLayer] = {}
        models = [self._model, *(layer for _, layer in walk_layers(self._model))]
        given = [pair for model in models for pair in keras_private.list_graph_variables(model)]
        for operation, variable in {id(variable): (operation, variable) for operation, variable in given}.values():
            if id(variable) not in tracked and variable.trainable and not is_split(variable.value):
                rank, values = len(variable.shape), stateless.read_values(variable.value)
                # A table that is meant as it is, such as a filter bank, seldom has a mean of 0.
                error = values.std() / np.sqrt(max(values.size, 1))
                described[_make_unique(variable.name, described)] = UntrackedLayer(
                    called_in=operation.name,
                    values=values.size,
                    has_kernel=rank > 1 and bool(abs(values.mean()) <= _CHANCE * error > 0),
                    state="variable",
                    may_be_trained=has_own_step(self._model),
                )
        return described

    def _describe_layers(self, tracked: set[int]) -> dict[str, UntrackedLayer]:
        if not self._found:
            return {}
        found = [item for item in self._found.values() if item.layer.weights]
        found = _leave_out_parts([item for item in found if tracked.isdisjoint(map(id, item.layer.weights))])
        if not found:
            return {}
        anew = _find_made_anew(found)
        names = self._name_hosts()
        described: dict[str, UntrackedLayer] = {}
        for item in found:
            is_anew = id(item.layer) in anew
            if is_anew and min(item.numbers) > anew[id(item.layer)]:  # the same one, of a later call
                continue
            state = _find_state(item, is_anew)
            if state is None:
                continue
            host = names.get(id(item.host), item.host.name)
            name = name_function(type(item.layer)) if is_anew else item.layer.name
            shapes = [tuple(weight.shape) for weight in item.layer.weights]
            name = _make_unique(name if item.host is self._model else f"{host}/{name}", described)
            described[name] = UntrackedLayer(
                called_in=host,
                values=sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes),
                has_kernel=any(len(shape) > 1 for shape in shapes),
                state=state,
                may_be_trained=has_own_step(self._model),
            )
        return described

    def _watch(self, layer: keras.layers.Layer, call: Callable[[], Any]) -> Any:
        if id(layer) not in self._own:
            if self._hosts:
                self._note(layer, *self._hosts[-1])
            return call()
        self._calls[id(layer)] += 1
        self._hosts.append((layer, self._calls[id(layer)]))
        try:
            return call()
        finally:
            self._hosts.pop()

    def _note(self, layer: keras.layers.Layer, host: keras.layers.Layer, number: int) -> None:
        if id(layer) not in self._found:
            is_known = bool(getattr(layer, "built", False))
            self._found[id(layer)] = _Found(layer, host, is_known, is_known and bool(layer.weights))
        if self._found[id(layer)].host is host:
            self._found[id(layer)].numbers.add(number)

    def _name_hosts(self) -> dict[int, str]:
        layers = list(walk_layers(self._model))
        return {
            id(layer): name
            for name, (_, layer) in zip(shorten_paths([path for path, _ in layers]), layers, strict=True)
        }


def _leave_out_parts(found: list[_Found]) -> list[_Found]:
    """Leaves out layers whose weights are a part of another one's, or the same as those of one called before."""
    weights = [frozenset(map(id, item.layer.weights)) for item in found]
    return [
        item
        for place, (item, own) in enumerate(zip(found, weights, strict=True))
        if not any(own < other for other in weights) and own not in weights[:place]
    ]


def _find_made_anew(found: list[_Found]) -> dict[int, int]:
    """The layers that are made in each call of the layer around them; of each, the number of the first such call."""
    # Each was called in one such call alone, before it was built, and others of its class in the other calls.
    by_class: dict[tuple[int, type], list[_Found]] = defaultdict(list)
    for item in found:
        if not item.was_built:
            by_class[id(item.host), type(item.layer)].append(item)
    anew: dict[int, int] = {}
    for items in by_class.values():
        once = [item for item in items if len(item.numbers) == 1]
        numbers = set().union(*(item.numbers for item in once))
        if len(numbers) > 1:
            anew |= {id(item.layer): min(numbers) for item in once}
    return anew


def _find_state(item: _Found, is_anew: bool) -> State | None:
    """What is to be said of its weights; None where they are frozen and nothing tells that they were never learned."""
    trained = item.layer.trainable_weights
    if is_anew or not item.had_weights:
        return None if not trained else "made anew" if is_anew else "initial"
    judged = trained or [weight for weight in item.layer.weights if len(weight.shape) > 1]
    is_fresh = _are_as_initialized(item.layer, set(map(id, judged)))
    if not trained:
        return "frozen" if is_fresh else None
    return "unknown" if is_fresh is None else "initial" if is_fresh else "trained"


def _are_as_initialized(layer: keras.layers.Layer, judged: set[int]) -> bool | None:
    """Whether most of the weights that are judged, and can be, look as their initializers make them."""
    verdicts: dict[int, bool] = {}
    for part in keras_private.list_layers(layer):
        for variable in list_own_weights(part):
            if id(variable) not in judged or is_split(variable.value):
                continue
            verdict = is_as_initialized(part, variable, stateless.read_values(variable.value))
            if verdict is not None:
                verdicts[id(variable)] = verdict
    # As many for as against: little training leaves a kernel's distribution as it was, and moves the biases.
    return None if not verdicts else 2 * sum(verdicts.values()) > len(verdicts)


def _make_unique(name: str, taken: Collection[str]) -> str:
    numbered = (f"{name}[{number}]" for number in itertools.count(1))
    return name if name not in taken else next(other for other in numbered if other not in taken)
