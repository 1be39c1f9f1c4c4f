"""What the layers of a model put out for a batch: statistics per layer, taken in one run that leaves no trace."""

import warnings
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.inspection.graph import list_entered
from keras_vg.inspection.recording import CallRecorder, Recording
from keras_vg.inspection.stateless import ForwardPass, list_inputs
from keras_vg.inspection.statistics import COLUMNS
from keras_vg.inspection.training_step import StepError, TrainingStep, has_call
from keras_vg.inspection.watched import find_input_axis, list_watched
from keras_vg.logs.schemas import Block
from keras_vg.training import keras_private
from keras_vg.training.weights import Layers


@dataclass(frozen=True)
class Reading:
    """What one run of a model on a batch showed.

    Attributes:
        layers: The inputs, then the layers in call order, as `(depth, layer, activation, units)`; 0 units where none
            of the layer's calls was seen.
        statistics: Array of shape `(len(layers), 5)`: mean, std, abs_max, saturated_fraction, dead_fraction.
        predictions: The model's output, arrays; an empty list of a model that has no `call`.
        heads: Of each output, the name and activation of the layer that made it.
        recording: What was recorded beside.
    """

    layers: list[tuple[int, str, str, int]]
    statistics: np.ndarray
    predictions: Any
    heads: list[tuple[str, str]]
    recording: Recording

    def list_columns(self, epoch: int) -> Block:
        """Returns the statistics as the columns of an activation log."""
        depths, names, activations, units = (list(column) for column in zip(*self.layers, strict=True))
        columns = dict(zip(COLUMNS, np.ascontiguousarray(self.statistics.T), strict=True))
        keys = {"epoch": np.full(len(depths), epoch), "depth": np.array(depths), "layer": names}
        return {**keys, "activation": activations, "units": np.array(units), **columns}

    def tabulate(self, epoch: int) -> pd.DataFrame:
        """Returns the statistics as rows of an activation log."""
        return pd.DataFrame(self.list_columns(epoch))


class ActivationProbe:
    """Looks at the layers' outputs for one batch, in training mode, whenever it is asked to.

    A model that has no `call` is looked at while its own `train_step` runs, up to the update.

    Args:
        model: A built model.
        x: The batch, tensors.
        layers: Which layers: as of `list_watched`.
        y: Its labels, tensors; a step of the model's own may need them.
        sample_weight: The weights of its examples.
    """

    def __init__(
        self, model: keras.Model, x: Any, layers: Layers = "all", y: Any = None, sample_weight: Any = None
    ) -> None:
        self.watched = list_watched(model, layers)
        self._model = model
        self._batch = (x, y, sample_weight)
        kernels = {item.name: item.layer for item in self.watched if item.has_kernel}
        self.entered = list_entered(model, kernels)
        self._recorder = CallRecorder(self.watched, self.entered)
        self._inputs = _describe_inputs(model, x)
        self._heads: list[tuple[str, str]] = []
        self._lengths: list[int] = []
        self._pass = ForwardPass(model, self._observe_in_short, is_repeated=True)
        self.step = TrainingStep(model, self._recorder)

    def read(self) -> Reading:
        """Runs the model once; nothing of it stays in the model.

        Returns:
            What was seen, but for what the first kernel was given. Nothing, and a warning says so, if a model without
            a `call` has a training step that does not take the batch.
        """
        if has_call(self._model):
            predictions, joined = self._pass.run(self._batch[0])
            return self.interpret((predictions, np.split(joined, np.cumsum(self._lengths)[:-1])))
        try:
            self.step.run(*self._batch)
        except StepError as error:
            warnings.warn(f"What the layers of model {self._model.name!r} put out is not known. {error}", stacklevel=2)
            self._recorder.forget()
        return self.interpret(([], []))

    def observe(self, x: Any) -> Any:
        """Calls the model, as part of a `ForwardPass`.

        Args:
            x: The batch, tensors.

        Returns:
            Tensors for `interpret`; the first item is the model's output.
        """
        return self._call(x), self._recorder.get_tensors()

    def _observe_in_short(self, x: Any) -> Any:
        """As `observe`, but with a single array beside the output, and without what the first kernel was given."""
        predictions = self._call(x, keeps_input=False)
        tensors = self._recorder.get_tensors()
        self._lengths = [tensor.shape[0] for tensor in tensors]
        return predictions, ops.concatenate(tensors) if tensors else ops.zeros(0)

    def _call(self, x: Any, keeps_input: bool = True) -> Any:
        with self._recorder.record(keeps_input):
            predictions = keras_private.call_for_training(self._model, x)
        # Names and sizes are known when the pass is traced, which need not be each time it is run.
        self._heads = self._recorder.finish(tree.flatten(predictions))
        return predictions

    def interpret(self, seen: Any) -> Reading:
        """Says what a run showed.

        Args:
            seen: What `observe` returned, as arrays; two empty lists after a training step.

        Returns:
            The statistics of every layer.
        """
        predictions, arrays = seen
        recording = self._recorder.summarize(arrays)
        layers = [(-1, name, "input", units) for name, units, _ in self._inputs]
        layers += [(o.layer.depth, o.name, o.layer.activation, o.units) for o in recording.outputs]
        statistics = [*(row for _, _, row in self._inputs), *(o.statistics for o in recording.outputs)]
        return Reading(layers, np.stack(statistics), predictions, self._heads, recording)

    def run_again(self, x: Any, y: Any = None, sample_weight: Any = None) -> None:
        """Runs the model once more, as the batch was run that it could not be run on."""
        if has_call(self._model):
            ForwardPass(self._model, self.observe).run(x)
        else:
            self.step.run(x, y, sample_weight)

    def interpret_nothing(self, embeddings: pd.DataFrame) -> Reading:
        """Says what is known without a run: the inputs, and of embeddings what they were given."""
        layers = [(-1, name, "input", units) for name, units, _ in self._inputs]
        statistics = np.stack([row for _, _, row in self._inputs])
        return Reading(layers, statistics, [], [], Recording([], embeddings, {}, {}))


def _describe_inputs(model: keras.Model, x: Any) -> list[tuple[str, int, np.ndarray]]:
    """Name, units and statistics of each input, which are the same at every reading."""
    arrays = list_inputs(x)
    names = ["input"] if len(arrays) == 1 else [f"input_{number}" for number in range(len(arrays))]
    axis = find_input_axis(model)
    rows = []
    for name, array in zip(names, arrays, strict=True):
        units = array.shape[axis if array.ndim > 2 else -1] if array.ndim > 1 else 1
        values = array.astype("float64")
        with np.errstate(invalid="ignore"):
            row = [values.mean(), values.std(), np.abs(values).max(), np.nan, np.nan]
        rows.append((name, units, np.array(row, "float32")))
    return rows
