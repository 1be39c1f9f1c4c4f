"""How a model's layers are connected: which paths lead from its inputs to its outputs, and where they meet."""

import graphlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from keras_vg.diagnosis.paths import makes_logits
from keras_vg.inspection.watched import NORMALIZATIONS
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers
from keras_vg.training.weights import has_weights, list_weights

_SUMS = ("Add", "Average")
"""Names of layers and of operations alike."""

PASSING_ON: tuple[str, ...] = (
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "AlphaDropout",
    "GaussianDropout",
)
PASSING_ON += ("Flatten", "Reshape", "Permute", "Identity", "ActivityRegularization", "InputLayer")
"""Layers without weights that put out the values they are given, in another shape or some of them; the input of a model
inside the model is one."""

_MOST_PATHS = 64
_MOST_OPERATIONS = 2000


def count_merges(model: keras.Model) -> int:
    """Counts where a model adds outputs of other layers, as skip connections do; in functional parts and layers."""
    sums = {id(layer) for _, layer in walk_layers(model) if type(layer).__name__ in _SUMS}
    for graph in (layer for _, layer in walk_layers(model) if isinstance(layer, keras.Model)):
        sources: dict[int, set[int]] = {}
        for source, operation in keras_private.list_connections(graph):
            if type(operation).__name__ in _SUMS:
                sources.setdefault(id(operation), set()).add(id(source))
        sums |= {operation for operation, given in sources.items() if len(given) > 1}
    return len(sums)


def count_values(tensor: Any) -> int:
    """Counts the values per example of a symbolic tensor.

    Args:
        tensor: The tensor; the first axis is that of the examples.

    Returns:
        Their number; of an axis whose length is not known, those of one step.
    """
    return math.prod(length or 1 for length in tensor.shape[1:])


def list_paths(model: keras.Model) -> tuple[tuple[int, ...], ...]:
    """Lists paths through the layers with weights of a functional or sequential model, models inside it included.

    Args:
        model: A built model.

    Returns:
        The depths of the layers on each path, from the input to an output: for every layer the longest path through
        it, each path once. Layers that make attention's queries and keys are on none. Empty for a model whose graph is
        not known, or in which a layer is called twice, one call after the other.
    """
    graph = Graph()
    graph.add(model)
    try:
        order = list(graphlib.TopologicalSorter(graph.sources).static_order())
    except graphlib.CycleError:
        return ()
    own = _find_depths(model, graph.operations)
    before = _find_longest(order, graph.sources, own)
    targets: dict[int, set[int]] = {operation: set() for operation in order}
    for operation, sources in graph.sources.items():
        for source in sources:
            targets[source].add(operation)
    after = _find_longest(order[::-1], targets, own)
    paths = {
        (*_follow(operation, before, own)[::-1], *own[operation], *_follow(operation, after, own, reverse=True))
        for operation in order
        if own[operation]
    }
    return tuple(sorted(paths, key=lambda path: (-len(path), path))[:_MOST_PATHS])


def list_passed_by(model: keras.Model, layers: Mapping[str, Any]) -> tuple[str, ...]:
    """Lists the layers that no output depends on alone: each is still reached from an input without the layer.

    Args:
        model: A built model.
        layers: Layers by their names.

    Returns:
        The names, in the given order. Of a layer that is no operation of the model's graph, or of a model inside it,
        that is not known; nor for graphs of more than 2,000 operations.
    """
    graph = Graph()
    exits = graph.add(model)[1]
    if len(graph.operations) > _MOST_OPERATIONS:
        return ()
    names = {name: id(layer) for name, layer in layers.items() if id(layer) in graph.operations}
    return tuple(name for name, key in names.items() if all(_is_reached(e, key, graph.sources) for e in exits))


def list_direct_sources(model: keras.Model, layers: Mapping[str, Any]) -> dict[str, str]:
    """Lists which layers are given what one other layer puts out, and nothing else; reshaped or dropped out at most.

    Args:
        model: A built model.
        layers: Layers by their names.

    Returns:
        The name of the other layer, by that of the layer that it feeds; of layers of the model's graph, or of a model
        inside it.
    """
    graph = Graph()
    graph.add(model)
    names = {id(layer): name for name, layer in layers.items()}
    feeding = {key: next(iter(sources)) for key, sources in graph.sources.items() if len(sources) == 1}
    found = {}
    for key in feeding.keys() & names.keys():
        source = feeding[key]
        while source in feeding and type(graph.operations[source]).__name__ in PASSING_ON:
            source = feeding[source]
        if source in names:
            found[names[key]] = names[source]
    return {name: found[name] for name in layers if name in found}


def list_entered(model: keras.Model, layers: Mapping[str, Any]) -> tuple[str, ...]:
    """Lists the layers that are given inputs, or something beside them, which no kernel or embedding has changed yet.

    Args:
        model: A built model.
        layers: Layers by their names.

    Returns:
        The names, in the given order; of layers of the model's graph, or of a model inside it. A layer that is given
        an input beside what other kernels made, as by a skip connection, only if no other is given that input alone.
    """
    graph = Graph()
    graph.add(model)
    targets: dict[int, set[int]] = {key: set() for key in graph.operations}
    for key, sources in graph.sources.items():
        for source in sources:
            targets[source].add(key)
    kernels = {key for key, operation in graph.operations.items() if _multiplies(operation)}
    behind = _follow_until({target for key in kernels for target in targets[key]}, targets, set())
    entered: set[int] = set()
    for key, operation in graph.operations.items():
        if isinstance(operation, keras.layers.InputLayer) and not graph.sources[key]:  # not that of a model inside
            reached = _follow_until({key}, targets, kernels)
            alone = reached - behind
            entered |= reached if alone.isdisjoint(kernels) else alone
    return tuple(name for name, layer in layers.items() if id(layer) in entered)


def _follow_until(start: set[int], targets: Mapping[int, set[int]], ends: set[int]) -> set[int]:
    """All operations that follow from some, themselves included, but for those behind some ends."""
    reached: set[int] = set()
    pending = list(start)
    while pending:
        key = pending.pop()
        if key not in reached:
            reached.add(key)
            pending += () if key in ends else targets[key]
    return reached


def _multiplies(operation: Any) -> bool:
    is_scale = isinstance(operation, (*NORMALIZATIONS, keras.layers.Normalization))
    return not is_scale and any(len(variable.shape) > 1 for variable in getattr(operation, "weights", ()))


def list_last_operations(model: keras.Model) -> list[Any]:
    """Lists what makes the outputs of a functional or sequential model: the last layers and operations of each.

    In front of one that puts out the values it is given, the one before it is among them. Of any other model that is
    the model itself.
    """
    graph = Graph()
    pending, found = list(graph.add(model)[1]), dict[int, Any]()
    while pending:
        key = pending.pop()
        operation = found[key] = graph.operations[key]
        sources = graph.sources[key]
        if len(sources) == 1 and (type(operation).__name__ in PASSING_ON or _is_linear(operation)):
            pending += sources - found.keys()
    return list(found.values())


def _is_linear(operation: Any) -> bool:
    return isinstance(operation, keras.layers.Activation) and operation.activation is keras.activations.linear


def _is_reached(operation: int, without: int, sources: dict[int, set[int]]) -> bool:
    """Whether a path leads from an input to an operation, but through another one."""
    pending, known = [operation], {without}
    while pending:
        key = pending.pop()
        if key in known:
            continue
        known.add(key)
        if not sources[key]:
            return True
        pending.extend(sources[key])
    return False


class Graph:
    """The operations of a model and of the models inside it, with what each is given, by their `id`.

    Attributes:
        operations: The operations, each once.
        sources: Those that each is given the outputs of.
    """

    def __init__(self) -> None:
        self.operations: dict[int, Any] = {}
        self.sources: dict[int, set[int]] = {}
        self._known: dict[int, tuple[list[int], list[int]]] = {}

    def add(self, operation: Any) -> tuple[list[int], list[int]]:
        """Adds an operation, or all of a model.

        Args:
            operation: A layer, an operation or a model.

        Returns:
            The operations by which it is entered and by which it is left; itself, if its graph is not known.
        """
        if id(operation) in self._known:
            return self._known[id(operation)]
        connections = keras_private.list_connections(operation)
        if not connections:
            self.operations[id(operation)] = operation
            self.sources.setdefault(id(operation), set())
            self._known[id(operation)] = ([id(operation)], [id(operation)])
            return self._known[id(operation)]
        for source, target in connections:
            exits, entries = self.add(source)[1], self.add(target)[0]
            for entry in entries:
                self.sources[entry].update(exits)
        ends = [
            [i for inner in inside for i in self.add(inner)[side]]
            for side, inside in enumerate(keras_private.list_ends(operation))
        ]
        self._known[id(operation)] = (ends[0], ends[1])
        return self._known[id(operation)]

    def collect_sources(self, keys: Iterable[int]) -> set[int]:
        """Collects all operations that some of them depend on."""
        found: set[int] = set()
        pending = [source for key in keys for source in self.sources[key]]
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                pending += self.sources[key]
        return found


def _find_depths(model: keras.Model, operations: dict[int, Any]) -> dict[int, tuple[int, ...]]:
    """The depths of each operation's layers with weights, in call order."""
    known = {id(weight.variable): weight for weight in (list_weights(model) if has_weights(model) else ())}
    depths = {}
    for key, operation in operations.items():
        weights = [known[id(v)] for v in getattr(operation, "weights", ()) if id(v) in known]
        depths[key] = tuple(sorted({weight.depth for weight in weights if not makes_logits(weight.layer)}))
    return depths


def _find_longest(
    order: Iterable[int], sources: dict[int, set[int]], own: dict[int, tuple[int, ...]]
) -> dict[int, tuple[int, int | None]]:
    """For each operation the number of layers on the longest path that leads to it, and the last operation on it."""
    longest: dict[int, tuple[int, int | None]] = {}
    for operation in order:
        choices = [(longest[source][0] + len(own[source]), source) for source in sources.get(operation, ())]
        longest[operation] = max(choices, key=lambda choice: choice[0], default=(0, None))
    return longest


def _follow(
    operation: int, longest: dict[int, tuple[int, int | None]], own: dict[int, tuple[int, ...]], reverse: bool = False
) -> list[int]:
    """The depths on the path that leads to an operation, the nearest first."""
    found: list[int] = []
    following = longest[operation][1]
    while following is not None:
        found += own[following] if reverse else own[following][::-1]
        following = longest[following][1]
    return found
