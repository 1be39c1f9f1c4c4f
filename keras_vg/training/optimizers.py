"""Which optimizers train a model's weights, and a look at the gradients that they are given."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_vg.training import keras_private
from keras_vg.training.weights import Weight, copy_to_numpy

Observer: TypeAlias = Callable[[keras.optimizers.Optimizer, list[Any], list[Any]], AbstractContextManager[None] | None]
"""Is given an optimizer, its gradients and the weights that they are of, before each `apply`; what it returns, `apply`
runs in."""


def list_optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Lists the Keras optimizers that a model holds: the compiled one, then those in attributes, lists and dicts.

    Args:
        model: A model.

    Returns:
        The optimizers, each once.
    """
    # TensorFlow keeps what was ever assigned in attributes of its own.
    held = [value for name, value in vars(model).items() if not name.startswith("_self_")]
    found = [getattr(model, "optimizer", None), *held]
    return _drop_repeated(optimizer for item in found for optimizer in _find_optimizers(item, levels=3))


def _find_optimizers(item: Any, levels: int) -> Iterator[keras.optimizers.Optimizer]:
    if isinstance(item, keras.optimizers.Optimizer):
        yield item
    elif levels and isinstance(item, dict | list | tuple):
        for part in item.values() if isinstance(item, dict) else item:
            yield from _find_optimizers(part, levels - 1)


def open_wrappers(optimizers: Iterable[keras.optimizers.Optimizer]) -> list[keras.optimizers.Optimizer]:
    """Replaces a `LossScaleOptimizer` and a `MultiOptimizer` by the optimizers inside, which have the rates."""
    opened: list[keras.optimizers.Optimizer] = []
    for optimizer in optimizers:
        inner = getattr(optimizer, "inner_optimizer", None)
        several = getattr(optimizer, "optimizers", None)  # of a `MultiOptimizer`; some are known only once it is built
        inside = [inner] if inner is not None else several
        opened += [optimizer] if inside is None else open_wrappers(inside)
    return _drop_repeated(opened)


def _drop_repeated(optimizers: Iterable[keras.optimizers.Optimizer]) -> list[keras.optimizers.Optimizer]:
    return list({id(optimizer): optimizer for optimizer in optimizers}.values())


class observed_optimizers(AbstractContextManager[None]):  # noqa: N801  used as a function in `with`
    """Shows an observer what every Keras optimizer is given, whether a model holds it or its step alone knows it.

    Within, `apply` is replaced in the class that all optimizers inherit it from, and in those that have their own (a
    `LossScaleOptimizer`). Of optimizers inside of one another, the outermost is observed: it has the gradients as the
    training step computed them.

    Args:
        observer: Is called before each `apply`, in the thread and the graph in which that runs.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def __enter__(self) -> None:
        with _lock:
            _observers.append(self._observer)
            _remove_ended()
            _replace_apply()

    def __exit__(self, *_: object) -> None:
        self.end_later()
        with _lock:
            _remove_ended()

    def end_later(self) -> None:
        """Ends it at the next `apply`, or where another one begins or ends.

        It takes no lock, so that the garbage collector may call it, which runs in any thread at any time: also in one
        that holds the lock.
        """
        _ended.append(self._observer)


_lock = threading.Lock()
_observers: list[Observer] = []
_ended: deque[Observer] = deque()
"""Those of the observers that are to be removed."""
_replaced: dict[type, Any] = {}
"""The classes whose `apply` is replaced, with the one of their own, None if it is inherited."""
_running = threading.local()
_inner: Counter[int] = Counter()
"""The optimizers inside of one that is running, by `id`: a strategy may run them in another thread."""


def _remove_ended() -> None:
    while _ended:
        _observers.remove(_ended.popleft())
    if not _observers:
        _restore_apply()


def _replace_apply() -> None:
    """Replaces `apply` where it is not yet: also in classes that were defined since another observer began."""
    for cls in _list_classes(keras.optimizers.Optimizer):
        own = vars(cls).get("apply")
        if cls not in _replaced and (own is not None or cls is keras.optimizers.Optimizer):
            _replaced[cls] = own
            cls.apply = _make_observed(cls.apply)


def _restore_apply() -> None:
    for cls, own in _replaced.items():
        if own is None:
            del cls.apply  # type: ignore[attr-defined]
        else:
            cls.apply = own  # type: ignore[attr-defined]
    _replaced.clear()


def _list_classes(cls: Any) -> Iterator[Any]:
    yield cls
    subclasses: list[Any] = cls.__subclasses__()
    for subclass in subclasses:
        yield from _list_classes(subclass)


def _make_observed(apply: Callable[..., Any]) -> Callable[..., Any]:
    def observed_apply(self: Any, grads: Iterable[Any], trainable_variables: Iterable[Any] | None = None) -> Any:
        if getattr(_running, "is_inside", False) or _inner[id(self)] > 0:
            return apply(self, grads, trainable_variables)
        if _ended:
            with _lock:
                _remove_ended()
        gradients = list(grads)
        variables = None if trainable_variables is None else list(trainable_variables)
        weights = keras_private.list_optimizer_weights(self) if variables is None else variables
        contexts = [observer(self, gradients, weights) for observer in tuple(_observers)]
        inside = [id(optimizer) for optimizer in open_wrappers([self]) if optimizer is not self]
        _running.is_inside = True
        with _lock:
            _inner.update(inside)
        try:
            with ExitStack() as stack:
                for context in filter(None, contexts):
                    stack.enter_context(context)
                return apply(self, gradients, variables)
        finally:
            _running.is_inside = False
            with _lock:
                _inner.subtract(inside)

    return observed_apply


def list_compiled_optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """The optimizers that train a compiled model's weights: one, or those that a `MultiOptimizer` chose for them."""
    compiled = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not hasattr(compiled, "optimizers"):
        return [compiled]
    return _drop_repeated(keras_private.choose_optimizer(compiled, variable) for variable in model.trainable_variables)


def read_learning_rates(model: keras.Model, weights: Sequence[Weight]) -> np.ndarray:
    """Returns the rate of each weight's next update by the compiled optimizer, in its precision; shape `(weights,)`."""
    compiled = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if hasattr(compiled, "optimizers"):
        chosen = [keras_private.choose_optimizer(compiled, weight.variable) for weight in weights]
        return np.array([to_number(optimizer.learning_rate) for optimizer in chosen])
    return np.full(len(weights), to_number(compiled.learning_rate))


def list_rate_variables(model: keras.Model) -> list[keras.Variable]:
    """The variables that hold the learning rates of a model's optimizers; a schedule has none."""
    rates = [keras_private.get_schedule(optimizer) for optimizer in open_wrappers(list_optimizers(model))]
    return [rate for rate in rates if isinstance(rate, keras.Variable)]


def to_number(value: Any) -> Any:
    """A variable's or a tensor's value as a NumPy scalar; a bfloat16, which NumPy does not know, as float32."""
    number = copy_to_numpy(value)
    return (number.astype("float32") if number.dtype.name == "bfloat16" else number)[()]
