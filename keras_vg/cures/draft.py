"""A model on its way to a cure: layers, data and options that remedies change, and how they become a compiled model."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.batches import Batches
from keras_vg.cures.data import Data, drop_missing, take
from keras_vg.cures.template import Template, seed_generators
from keras_vg.diagnosis.evidence import UNTRAINED, Inspection
from keras_vg.diagnosis.losses import asks_for_others, find_fault
from keras_vg.diagnosis.thresholds import make_thresholds
from keras_vg.inspection.batches import match_labels
from keras_vg.inspection.output_reading import OutputReading, index_classes
from keras_vg.inspection.passes import order_labels
from keras_vg.inspection.stateless import convert_batch
from keras_vg.inspection.tasks import HINGES, NO_TASK, Task, find_task, give_axis
from keras_vg.training import keras_private

Encoding: TypeAlias = Literal["given", "with_axis", "without_axis", "index"]


@dataclass(frozen=True)
class Output:
    """One output of a model, with its loss and its labels.

    Attributes:
        task: What it is to learn.
        loss: Its loss, as `compile` takes it; None if it has none.
        loss_name: The loss's name, in lower case with underscores.
        from_logits: Whether the loss takes logits.
        activation: Name of the output's activation.
        units: Number of its units.
        weight: Weight of its loss.
        encoding: How its labels are given to `fit`: as they are, with one more last axis, without the last axis, or as
            the numbers of their classes.
        positions: At how many positions of an example it predicts, such as time steps or pixels.
        is_standardized: Whether its last layer only puts standard deviations from the mean into the labels' unit.
    """

    task: Task
    loss: Any
    loss_name: str
    from_logits: bool
    activation: str
    units: int
    weight: float = 1.0
    encoding: Encoding = "given"
    is_standardized: bool = False
    positions: int = 1

    @property
    def reading(self) -> OutputReading:
        """How its predictions are to be read."""
        # What is a probability already is read as one, though a loss told of logits squeezes it again.
        is_logits = self.from_logits and self.activation not in ("sigmoid", "softmax")
        is_of_signs = self.encoding == "index" or set(self.task.classes) <= {-1, 0, 1}
        is_hinge = self.loss_name in HINGES[:2] and is_of_signs
        return OutputReading(is_logits, self.activation, self.encoding == "index", is_hinge)

    @property
    def has_loss(self) -> bool:
        """Whether it is trained."""
        return self.loss is not None

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Labels as the loss is given them."""
        if self.encoding == "given":
            return labels
        if self.encoding == "with_axis":
            return labels[..., None]
        if self.encoding == "without_axis":
            return labels[..., 0]
        numbers = np.maximum(index_classes(self.task, labels), 0)  # a class that training never saw has no number
        has_axis = self.task.is_one_hot or (labels.ndim > 1 and labels.shape[-1] == 1)
        numbers = numbers.reshape(labels.shape[:-1] if has_axis else labels.shape)
        return numbers.astype("float32")[..., None] if self.units == 1 else numbers.astype("int32")


@dataclass(frozen=True, eq=False)
class Draft:
    """What remedies change: a remedy takes a draft and returns another one.

    Attributes:
        model: The model, uncompiled; its weights have no meaning.
        is_graph: Whether its layers can be exchanged.
        data: The examples.
        outputs: Its outputs.
        optimizer: Class and configuration of the optimizer.
        options: Further arguments of `compile`; of a model that is no graph, its losses and their weights among them.
        fit: Arguments of `fit` beside the data: `batch_size` and `epochs` among others.
        code: What has been changed so far, as lines of Keras code.
        order_of_layers: Paths of the original's layers in call order, by which initial weights are drawn.
    """

    model: Any
    is_graph: bool
    data: Data
    outputs: tuple[Output, ...]
    optimizer: tuple[Any, dict[str, Any]]
    options: dict[str, Any]
    fit: dict[str, Any]
    code: tuple[str, ...] = field(default=())
    order_of_layers: tuple[surgery.Path, ...] = field(default=())

    def change(self, *lines: str, **fields: Any) -> "Draft":
        """Another draft, with some fields changed and lines of code added."""
        return replace(self, code=(*self.code, *lines), **fields)

    def set_optimizer(self, *lines: str, **config: Any) -> "Draft":
        """Another draft, whose optimizer has other entries in its configuration; of a scaled loss, the inner one."""
        cls, old = self.optimizer
        if "inner_optimizer" in old:
            inner = old["inner_optimizer"]
            config = {"inner_optimizer": inner | {"config": inner["config"] | config}}
        return self.change(*lines, optimizer=(cls, old | config))

    @property
    def optimizer_name(self) -> str:
        """Name of the optimizer's class; of a scaled loss, of the inner one."""
        cls, config = self.optimizer
        return str(config["inner_optimizer"]["class_name"]) if "inner_optimizer" in config else cls.__name__

    @property
    def optimizer_config(self) -> dict[str, Any]:
        """Its configuration; of a scaled loss, that of the inner one."""
        config = self.optimizer[1]
        return dict(config["inner_optimizer"]["config"] if "inner_optimizer" in config else config)

    @property
    def learning_rate(self) -> float:
        """The learning rate; of a schedule, the first one."""
        return float(np.asarray(keras.ops.convert_to_numpy(self.make_optimizer().learning_rate)))

    def make_optimizer(self) -> Any:
        """A new optimizer."""
        cls, config = self.optimizer
        return cls.from_config(dict(config))

    def order(self, labels: Any) -> list[Any]:
        """The labels of each output, in the order of the outputs; None for one without a loss."""
        ordered = order_labels(self.model, labels) if len(self.outputs) > 1 else list(keras.tree.flatten(labels))
        return match_labels(ordered, [output.has_loss for output in self.outputs])

    def encode(self, labels: Any) -> Any:
        """Labels as `fit` is to be given them."""
        if all(output.encoding == "given" for output in self.outputs):
            return labels
        pairs = zip(self.outputs, self.order(labels), strict=True)
        return drop_missing(self._pack([o.encode(np.asarray(array)) if o.has_loss else None for o, array in pairs]))

    def compile(self, seed: int) -> Any:
        """Makes the model, compiled, its initial weights from a seed.

        Args:
            seed: The seed. The global random generators are set to it, too: preserve their state around this.

        Returns:
            The compiled model.
        """
        seed_generators(seed)
        model = (
            surgery.set_seeds(self.model, seed, self.order_of_layers) if self.is_graph else surgery.rebuild(self.model)
        )
        options = dict(self.options)
        for name in ("metrics", "weighted_metrics"):
            if name in options:
                options[name] = keras.saving.deserialize_keras_object(options[name])
        options.setdefault("loss", self._pack([output.loss for output in self.outputs]))
        if any(output.weight != 1.0 for output in self.outputs):
            options.setdefault("loss_weights", self._pack([output.weight for output in self.outputs]))
        model.compile(self.make_optimizer(), **options)
        if not keras_private.is_built(model):
            keras_private.build(model, convert_batch(take(self.data.x, slice(2))))
        model.optimizer.build(model.trainable_variables)  # if the first step did it, that would be traced twice
        return model

    def make_batches(self, seed: int, epochs: int) -> Batches:
        """Makes the batches of a training, which are the same for every draft of a model."""
        data = self.data
        return Batches(data.x, self.encode(data.y), data.sample_weight, self.fit["batch_size"], epochs, seed)

    def _pack(self, items: list[Any]) -> Any:
        """One item per output, arranged as the model's outputs are."""
        if self.is_graph and isinstance(self.model.output, dict | list | tuple):
            return keras.tree.pack_sequence_as(self.model.output, items)
        return items[0] if len(items) == 1 else items


def make_draft(template: Template, model: Any, inspection: Inspection, data: Data, fit: dict[str, Any]) -> Draft:
    """Makes the draft of the original.

    Args:
        template: What the model was described by.
        model: A model that the template made.
        inspection: What was seen of it, compiled as the original.
        data: The examples.
        fit: Arguments of `fit` beside the data.

    Returns:
        The draft.
    """
    rows = inspection.outputs.to_dict("records")
    losses = _list_losses(template.loss, model, [row["loss"] != UNTRAINED for row in rows])
    labels = match_labels(order_labels(model, data.y), [loss is not None for loss in losses])
    if any(label is None and loss is not None for label, loss in zip(labels, losses, strict=True)):
        raise ValueError(
            "There must be labels for each output that has a loss. "
            f"Received: y with {len(keras.tree.flatten(data.y))} arrays, and a loss for "
            f"{sum(loss is not None for loss in losses)} of {len(losses)} outputs. Pass them in the outputs' order."
        )
    weights = _list_weights(template.options.get("loss_weights"), model, len(rows))
    answers = inspection.setup["loss_of_answers"]
    asks_for_labels = not asks_for_others(answers, make_thresholds())
    # Where the loss asks for nothing, or has the wrong sign, the labels say what is right.
    is_at_fault = bool(find_fault(answers, inspection.outputs, make_thresholds()))
    outputs = [
        Output(
            task=NO_TASK
            if loss is None
            else find_task(
                give_axis(label, int(row["units"]), int(row["positions"])),
                "mean_squared_error" if is_at_fault else row["loss"],
                row["activation"],
                int(row["units"]),
                asks_for_labels,
            ),
            loss=loss,
            loss_name=row["loss"],
            from_logits=bool(row["from_logits"]),
            activation=row["activation"],
            units=int(row["units"]),
            weight=weight,
            positions=int(row["positions"]),
        )
        for row, label, loss, weight in zip(rows, labels, losses, weights, strict=True)
    ]
    if template.is_graph:
        options = {name: value for name, value in template.options.items() if name != "loss_weights"}
    else:
        options = {**template.options, "loss": template.loss}
    return Draft(
        model=model,
        is_graph=template.is_graph,
        data=data,
        outputs=tuple(outputs),
        optimizer=template.optimizer,
        options=options,
        fit=fit,
        order_of_layers=tuple(place.path for place in surgery.list_places(model)) if template.is_graph else (),
    )


def _list_losses(loss: Any, model: Any, is_trained: list[bool]) -> list[Any]:
    """The loss of each output, as `compile` takes it; None of one that is not trained."""
    if isinstance(loss, list | tuple):
        return list(loss)
    if not isinstance(loss, dict):
        return [loss] * len(is_trained)
    names = _list_names(model, loss)
    if len(names) == len(is_trained):
        return [loss.get(name) for name in names]
    # What a model of the user's own calls its other outputs is not known; those with a loss are in the same order.
    named = iter(loss[name] for name in sorted(loss) if loss[name] is not None)
    return [next(named, None) if chosen else None for chosen in is_trained]


def _list_names(model: Any, named: dict[str, Any]) -> list[str]:
    """Names of the outputs, in their order: in that of a dict with its keys sorted where the model does not say."""
    if surgery.is_graph(model) and isinstance(model.output, dict):
        return sorted(model.output)
    return getattr(model, "output_names", None) or sorted(named)


def _list_weights(weights: Any, model: Any, outputs: int) -> list[float]:
    if isinstance(weights, dict):
        return [float(weights.get(name, 1.0)) for name in _list_names(model, weights)]
    if isinstance(weights, list | tuple):
        return [float(weight) for weight in weights]
    return [1.0 if weights is None else float(weights)] * outputs
