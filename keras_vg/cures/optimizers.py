"""Remedies that change the optimizer: another one, clipped gradients, an update at every step."""

import keras

from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_ADAM, _SGD = "Adam", "SGD"


def _use(draft: Draft, optimizer: keras.optimizers.Optimizer, line: str) -> Draft:
    cls, config = draft.optimizer
    if "inner_optimizer" in config:  # the scale of the loss stays
        inner = keras.saving.serialize_keras_object(optimizer)
        return draft.change(line, optimizer=(cls, config | {"inner_optimizer": inner}))
    return draft.change(line, optimizer=(type(optimizer), optimizer.get_config()))


def _use_adam(draft: Draft) -> Draft | None:
    if draft.optimizer_name == _ADAM:
        return None
    return _use(draft, keras.optimizers.Adam(1e-3), "model.compile(keras.optimizers.Adam(1e-3), loss)")


def _use_sgd(draft: Draft) -> Draft | None:
    if draft.optimizer_name == _SGD:
        return None
    line = "model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)"
    return _use(draft, keras.optimizers.SGD(0.01, momentum=0.9), line)


def _scale_loss(draft: Draft) -> Draft | None:
    if "inner_optimizer" in draft.optimizer[1]:
        return None
    cls, config = draft.optimizer
    scaled = keras.optimizers.LossScaleOptimizer(cls.from_config(config))
    inner = f"keras.optimizers.{draft.optimizer_name}(learning_rate)"
    line = f"model.compile(keras.optimizers.LossScaleOptimizer({inner}), loss)"
    return draft.change(line, optimizer=(type(scaled), scaled.get_config()))


def _clip(draft: Draft) -> Draft | None:
    limits = ("clipnorm", "clipvalue", "global_clipnorm")
    if any(draft.optimizer_config.get(name) is not None for name in limits):
        return None
    line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate, clipnorm=1.0), loss)"
    return draft.set_optimizer(line, clipnorm=1.0)


def _update_always(draft: Draft) -> Draft | None:
    if not draft.optimizer_config.get("gradient_accumulation_steps"):
        return None
    line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate), loss)  # no accumulation"
    return draft.set_optimizer(line, gradient_accumulation_steps=None)


def _keep_weights(draft: Draft) -> Draft | None:
    if not draft.optimizer_config.get("use_ema"):
        return None
    line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate), loss)  # without use_ema"
    return draft.set_optimizer(line, use_ema=False)


REMEDIES = (
    Remedy(
        "loss scaling",
        "The loss is multiplied before the way back and the gradients divided after it, so that float16 can hold them.",
        _scale_loss,
    ),
    Remedy(
        "Adam", "Adam divides each gradient by its usual size, so that small ones move weights, too.", _use_adam, False
    ),
    Remedy("SGD with momentum", "SGD takes shorter steps where gradients get smaller.", _use_sgd, False),
    Remedy(
        "clipnorm=1",
        "No gradient is longer than 1, however steep the loss (on TensorFlow an embedding's may be, if ids repeat).",
        _clip,
        False,
    ),
    Remedy(
        "weights instead of their averages",
        "Averages over more steps than a training has are mostly the first weights.",
        _keep_weights,
        False,
    ),
    Remedy("no gradient accumulation", "Every batch updates the weights.", _update_always, False),
)
