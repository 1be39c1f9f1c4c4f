"""Programs for the rules about what single optimizers and backends do, and their healthy neighbours."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, optimizers

from labelled_programs import Program
from labelled_programs.data import make_blobs, make_sequences
from labelled_programs.models import dense
from labelled_programs.own_code import build_mixed_precision
from rule_pages.more_programs import PartlyUsed

_CLASSIFIER = dense(hidden=[16], activation="relu", output=(3, "softmax"))
_CLASSES: dict[str, Any] = {"data": make_blobs, "loss": "sparse_categorical_crossentropy"}


def build_optimizer(model: keras.Model, x: Any, y: Any) -> None:
    """Builds the optimizer before `fit`."""
    model.optimizer.build(model.trainable_variables)


def kill_after_training(model: keras.Model, x: Any, y: Any) -> None:
    """Trains for an epoch, then lets no unit of the first layer be active any more."""
    model.fit(x, y, verbose=0)
    bias = next(v for v in model.trainable_variables if v.name == "bias")
    bias.assign(np.full(bias.shape, -1000, "float32"))


def build_attention(x: Any) -> keras.Model:
    """A layer of attention over the steps of a sequence."""
    inputs = keras.Input(x.shape[1:])
    attended = layers.MultiHeadAttention(2, 4)(inputs, inputs)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(attended)))


def build_partly_used(x: Any) -> keras.Model:
    """Two layers, of which one is called."""
    model = PartlyUsed(False)
    model.build((None, x.shape[-1]))
    return model


def _decay() -> Any:
    return optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)


_WEIGHED: dict = {
    "data": make_blobs,
    "build": partial(build_mixed_precision, policy="mixed_float16"),
    "loss": "sparse_categorical_crossentropy",
    "compile_options": {"loss_weights": [3e-6]},
}

OPTIMIZER_PROGRAMS = [
    Program(
        name="a loss times 3e-6, float16",
        label=("no_loss_scaling",),
        strength="clear",
        optimizer=lambda: optimizers.Adam(0.003, epsilon=1e-12),
        **_WEIGHED,
    ),
    Program(
        name="a loss times 3e-6, float16, scaled",
        optimizer=lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.003, epsilon=1e-12)),
        **_WEIGHED,
    ),
    Program(
        name="schedule free, built in its first step",
        label=("unbuilt_optimizer",),
        strength="extreme",
        build=_CLASSIFIER,
        optimizer=optimizers.ScheduleFreeAdamW,
        **_CLASSES,
    ),
    Program(
        name="schedule free, built before",
        build=_CLASSIFIER,
        optimizer=optimizers.ScheduleFreeAdamW,
        prepare=build_optimizer,
        **_CLASSES,
    ),
    Program(
        name="hidden layers under ftrl",
        label=("discarded_weights",),
        strength="mild",
        build=_CLASSIFIER,
        optimizer=partial(optimizers.Ftrl, 0.001),
        **_CLASSES,
    ),
    Program(
        name="linear model under ftrl",
        build=dense(hidden=[], activation="relu", output=(3, "softmax"), output_initializer="zeros"),
        optimizer=partial(optimizers.Ftrl, 0.1),
        **_CLASSES,
    ),
    Program(
        name="dead layer under lion",
        label=("coasting_weights",),
        strength="clear",
        build=_CLASSIFIER,
        optimizer=partial(optimizers.Lion, 0.001),
        prepare=kill_after_training,
        **_CLASSES,
    ),
    Program(
        name="dead layer under adam",
        label=("zero_gradient", "dead_relu"),
        strength="extreme",
        build=_CLASSIFIER,
        optimizer=optimizers.Adam,
        prepare=kill_after_training,
        **_CLASSES,
    ),
    Program(
        name="attention under muon",
        label=("rank_under_muon",),
        strength="mild",
        data=make_sequences,
        build=build_attention,
        loss="binary_crossentropy",
        optimizer=optimizers.Muon,
    ),
    Program(name="dense layers under muon", build=_CLASSIFIER, optimizer=optimizers.Muon, **_CLASSES),
    Program(
        name="schedule under accumulation",
        label=("schedule_by_batches",),
        strength="mild",
        build=_CLASSIFIER,
        optimizer=lambda: optimizers.Adam(_decay(), gradient_accumulation_steps=4),
        **_CLASSES,
    ),
    Program(
        name="schedule without accumulation",
        build=_CLASSIFIER,
        optimizer=lambda: optimizers.Adam(_decay()),
        **_CLASSES,
    ),
    Program(
        name="decayed layer not called",
        label=("decay_without_gradient",),
        strength="mild",
        build=build_partly_used,
        optimizer=optimizers.AdamW,
        **_CLASSES,
    ),
    Program(
        name="too many steps per epoch",
        label=("exhausted_data",),
        strength="mild",
        build=_CLASSIFIER,
        optimizer=optimizers.Adam,
        fit_options={"batch_size": 100, "steps_per_epoch": 5},
        **_CLASSES,
    ),
]
