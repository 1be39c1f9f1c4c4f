"""Finds where in a model's training step the first value arises that is not finite."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import ops, tree

from keras_vg.inspection import training_step
from keras_vg.inspection.inspect import check_compiled, check_lengths
from keras_vg.inspection.nonfinite.origin import Origin
from keras_vg.inspection.nonfinite.rows import Rows, find_smallest
from keras_vg.inspection.nonfinite.step import Batch, NonFiniteStep, Outcome, find_nonfinite_positions, list_sources
from keras_vg.inspection.nonfinite.trace import Operation, find_first, find_masks
from keras_vg.inspection.nonfinite.update import UpdateTrial
from keras_vg.inspection.stateless import ForwardPass
from keras_vg.training import keras_private

_PARTS = {"input": 0, "label": 1, "sample_weight": 2}


def find_nonfinite(
    model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None, batch_size: int = 32
) -> Origin:
    """Finds where in a training step the first NaN or infinity arises, with the model as it stands.

    The data is gone through in batches, in order, until loss, gradients or updated weights of one are not finite.
    Values that are not finite but reach none of these (a mask of -inf, a logarithm that `where` leaves out, a NaN that
    the model or the loss replaces) are passed over. Of the first such batch the step is run operation by operation,
    and the way is followed back from its results to the operation, the weight or the data at which the first such
    value arises. Then rows are left out as long as the rest of the batch shows the same.

    Nothing changes: weights, moving statistics, seeds, metrics and the optimizer stay as they are, bit for bit. Only
    a model without weights gets them, as its first training step would give it.

    Gradients that overflow only because a `LossScaleOptimizer` scales the loss are no fault: such steps are skipped,
    and the scale falls. The result then says so, and is false.

    What runs inside a compiled step as one fused operation runs here as several, and all that one batch computes is
    kept until the end: about twice the memory of a training step.

    Args:
        model: A model compiled with a Keras optimizer.
        x: Inputs, as `fit` takes them, arrays or tensors of shape `(rows, ...)`; a batch or all of the data.
        y: Their labels, None if there are none.
        sample_weight: Their weights, of shape `(rows,)`.
        batch_size: Rows per batch, as in `fit`.

    Returns:
        Where the value arises; false if there is none.

    Raises:
        TypeError: If the model is not compiled with a Keras optimizer, or if `x` or `y` are no arrays (a dataset, say).
        ValueError: If it is not compiled, if `x`, `y` and `sample_weight` differ in length or are empty, or if
            `batch_size` is below 1. What the model or its loss raises at the data is not caught.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(keras.ops.log, name="logarithm")])
        >>> model.add(keras.layers.Dense(1))
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((100, 2))
        >>> x[70, 1] = 0
        >>> origin = vg.find_nonfinite(model, x, np.ones(100))
        >>> print(origin)
        The first value that is not finite, inf, is the output of the operation 'log' in layer 'logarithm'. A batch of row 70 alone shows it.
        >>> origin.layer, origin.operation, origin.rows
        ('logarithm', 'log', (70,))
    """  # noqa: E501  a sentence that is printed
    check_compiled(model)
    check_lengths({"x": x, "y": y, "sample_weight": sample_weight})
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"`batch_size` must be a number of rows, at least 1. Received: batch_size={batch_size!r}.")
    rows = Rows(x, y, sample_weight)
    first = rows.take(range(min(batch_size, rows.count)))
    if not keras_private.is_built(model):
        training_step.build(model, *first)
    with _detached(model, first):
        return _Search(model, rows).run(batch_size)


@contextlib.contextmanager
def _detached(model: keras.Model, batch: Batch) -> Iterator[None]:
    """Keeps what the compiled loss and metrics note of their first data out of them."""
    if not training_step.has_call(model):
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            predictions = ForwardPass(model, lambda x: keras_private.call_for_training(model, x)).run(batch[0])
            predictions = tree.map_structure(ops.convert_to_tensor, predictions)
            stack.enter_context(keras_private.detached_bookkeeping(model, batch[1], predictions))
        except Exception:  # any: what raises here does so in the step, too, where it counts
            stack.enter_context(keras_private.detached_metrics(model))
        yield


class _Search:
    """One search through the data of one model."""

    def __init__(self, model: keras.Model, rows: Rows) -> None:
        self._model = model
        self._rows = rows
        self._step = NonFiniteStep(model)
        self._unscaled = NonFiniteStep(model, is_unscaled=True)
        self._is_scaled = hasattr(model.optimizer, "inner_optimizer")
        self._update: UpdateTrial | None = None

    def run(self, batch_size: int) -> Origin:
        with self._step.prepared():
            skipped = 0
            for batch_rows in self._rows.list_batches(batch_size):
                batch = self._rows.take(batch_rows)
                found = self._look(batch)
                if found:
                    return self._narrow(batch_rows, found)
                skipped += found is not None
            if not skipped and keras.backend.backend() == "tensorflow" and self._model.jit_compile:
                return self._look_with_xla(batch_size)
        return Origin("none", detail=self._describe_skipped(skipped))

    def _look_with_xla(self, batch_size: int) -> Origin:
        """Looks at the step as `fit` compiles it: XLA has other derivatives here and there, and no checks of ids."""
        step = NonFiniteStep(self._model, is_with_xla=True)

        def list_broken(rows: Sequence[int]) -> tuple[list[int], list[int]]:
            outcome = step.run(self._rows.take(rows))
            return find_nonfinite_positions(outcome.losses), find_nonfinite_positions(outcome.gradients)

        for rows in self._rows.list_batches(batch_size):
            try:
                losses, gradients = list_broken(rows)
            except Exception:  # any: there are operations that XLA does not compile; then `fit` does not, either
                return Origin("none")
            if losses or gradients:
                found = self._name_result(bool(losses), gradients)
                smallest = find_smallest(rows, lambda part: any(list_broken(_repeat(part, batch_size))))
                return dataclasses.replace(found, rows=tuple(smallest))
        return Origin("none")

    def _look(self, batch: Batch) -> Origin | None:
        """Where a batch shows a value that is not finite; None if nowhere, false if only an overflow to be skipped."""
        try:
            outcome = self._step.run(batch)
        except Exception:  # any: each backend raises its own at ids that are out of range
            if origin := self._find_ids(batch):
                return origin
            raise
        losses, gradients = (find_nonfinite_positions(tensors) for tensors in (outcome.losses, outcome.gradients))
        if not losses and not gradients:
            return self._look_at_update(outcome)
        step = self._step
        if self._is_scaled:
            step = self._unscaled
            outcome = step.run(batch)
            losses, gradients = (find_nonfinite_positions(tensors) for tensors in (outcome.losses, outcome.gradients))
            if not losses and not gradients:
                return Origin("none")
        return self._trace(step, batch) or self._name_result(bool(losses), gradients)

    def _find_ids(self, batch: Batch) -> Origin | None:
        if keras.backend.backend() == "jax":
            return None
        with contextlib.suppress(Exception):  # the one that is looked into
            self._step.trace(batch)
        if self._step.scopes.wrong_ids is None:
            return None
        layer, low, high = self._step.scopes.wrong_ids
        detail = f"Its ids are {low} to {high}, which it does not have rows for."
        return Origin("forward", layer, operation="take", value="error", detail=detail)

    def _trace(self, step: NonFiniteStep, batch: Batch) -> Origin | None:
        results = step.trace(batch)
        found = find_first(results)
        if found is None:
            return None
        origin = found.origin
        if isinstance(origin, Operation):
            return Origin(origin.phase, origin.layer, operation=origin.name, value=found.value)
        assert origin.phase != "constant"
        if origin.phase == "weight":
            return Origin("weight", origin.layer, origin.name, value=found.value)
        detail = self._rows.describe(_PARTS[origin.phase], origin.name)
        return Origin(origin.phase, value=found.value, detail=detail)

    def _name_result(self, is_in_loss: bool, gradients: Sequence[int]) -> Origin:
        """What can be said where only the compiled step shows it: the first weight whose gradient does."""
        detail = "Only the step as it is compiled shows it, not its operations one by one."
        if is_in_loss:
            return Origin("loss", "loss", value="NaN", detail=detail)
        source = self._get_source(self._model.trainable_variables[gradients[0]])
        return Origin("backward", *source, value="NaN", detail=detail)

    def _look_at_update(self, outcome: Outcome) -> Origin | None:
        if self._update is None:
            self._update = UpdateTrial(self._model)
        found = self._update.find_nonfinite(outcome.gradients)
        if found is None:
            return None
        variable, values = found
        masks = find_masks(values.astype("float64"))
        assert masks is not None
        optimizer = getattr(self._model.optimizer, "inner_optimizer", self._model.optimizer)
        value = "NaN" if masks[0].any() else "inf"
        source = self._get_source(variable)
        return Origin("update", *source, type(optimizer).__name__, value, detail=self._update.explain())

    def _get_source(self, variable: keras.Variable) -> tuple[str, str]:
        known = {id(v): (source.layer, source.name) for source, v in list_sources(self._model)}
        return known[id(variable)]

    def _narrow(self, batch_rows: Sequence[int], found: Origin) -> Origin:
        """Leaves out rows as long as the rest shows the same."""
        if found.phase == "weight":
            return found
        key = _identify(found)

        def shows(rows: Sequence[int]) -> bool:
            origin = self._look(self._rows.take(rows))
            return bool(origin) and origin is not None and _identify(origin) == key

        def shows_repeated(rows: Sequence[int]) -> bool:
            """The same with a batch of the same shape, which need not be traced anew."""
            return shows(_repeat(rows, len(batch_rows)))

        smallest = find_smallest(batch_rows, shows_repeated)
        if not self._is_broken(smallest):  # the repetition matters
            smallest = find_smallest(batch_rows, shows)
        return dataclasses.replace(found, rows=tuple(smallest))

    def _is_broken(self, rows: Sequence[int]) -> bool:
        """Whether a step with just these rows shows a value that is not finite, wherever it arises."""
        try:
            outcome = self._step.run(self._rows.take(rows))
        except Exception:  # any: of ids that are out of range
            return True
        if find_nonfinite_positions([*outcome.losses, *outcome.gradients]):
            return True
        return self._look_at_update(outcome) is not None

    def _describe_skipped(self, skipped: int) -> str:
        if not skipped:
            return ""
        return (
            f"Of {skipped} batches the gradients overflow because the optimizer scales the loss: it will skip such "
            "steps and lower its scale until they are finite."
        )


def _repeat(rows: Sequence[int], count: int) -> list[int]:
    return [rows[i % len(rows)] for i in range(count)]


def _identify(origin: Origin) -> tuple[str, ...]:
    return origin.phase, origin.layer, origin.weight, origin.operation
