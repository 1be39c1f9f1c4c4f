"""One small network under every optimizer of Keras, and under what changes how an optimizer works."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import make_images, make_vectors

COMPOSED = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
"""What is in `keras.optimizers` and takes others, or is none."""

LEARNING_RATES = {"SGD": 0.01, "Adadelta": 0.1, "Ftrl": 0.01, "Adafactor": 0.01, "Muon": 0.01}


def list_optimizers() -> list[str]:
    """Lists the names of the optimizers of this version of Keras."""
    found = [name for name, item in vars(keras.optimizers).items() if inspect.isclass(item)]
    is_optimizer = [issubclass(getattr(keras.optimizers, name), keras.optimizers.Optimizer) for name in found]
    return sorted(name for name, is_one in zip(found, is_optimizer, strict=True) if is_one and name not in COMPOSED)


def build_network() -> keras.Model:
    """Builds a convolution, a normalization, and dense layers, of which the last is not in half precision."""
    stack = [
        keras.Input((10, 10, 3)),
        layers.Conv2D(6, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(16, "relu"),
        layers.Dropout(0.2),
        layers.Dense(4, "softmax", dtype="float64" if keras.config.dtype_policy().name == "float64" else "float32"),
    ]
    return keras.Sequential(stack)


def make_optimized(optimizer: Any, **options: Any) -> Trainee:
    """Makes the network with an optimizer.

    Args:
        optimizer: As `compile` takes it.
        **options: Other arguments of `compile`.
    """
    model = build_network()
    model.compile(optimizer, "sparse_categorical_crossentropy", **options)
    return Trainee(model, *make_images(side=10, classes=4))


def make_with(name: str) -> Trainee:
    """Makes the network with an optimizer of Keras by its name."""
    return make_optimized(getattr(keras.optimizers, name)(LEARNING_RATES.get(name, 0.001)))


def make_built() -> Trainee:
    """Makes the network with a ScheduleFreeAdamW that has its variables before `fit`.

    One that makes them in TensorFlow's compiled step forgets to fill them with the weights (Keras 3.15.1), so that its
    first step puts all weights near 0.
    """
    trainee = make_with("ScheduleFreeAdamW")
    trainee.model.optimizer.build(trainee.model.trainable_variables)
    return trainee


def make_multiple() -> Trainee:
    """Makes the network with one optimizer for its kernels and another for the rest."""

    def choose(variable: keras.Variable) -> keras.optimizers.Optimizer:
        return chosen["kernel" in variable.path]

    chosen = {True: keras.optimizers.SGD(0.01), False: keras.optimizers.Adam(0.001)}
    return make_optimized(keras.optimizers.MultiOptimizer(choose))


def make_in(policy: str, optimizer: Callable[[], Any]) -> Trainee:
    """Makes the network with another policy of precision.

    Args:
        policy: Name of a `keras.DTypePolicy`.
        optimizer: Makes the optimizer.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return make_optimized(optimizer())
    finally:
        keras.config.set_dtype_policy(before)


def make_quantized() -> Trainee:
    """Makes dense layers with int8 kernels, of which LoRA's matrices are trained."""
    hidden = [layers.Dense(16, "relu"), layers.Dense(16, "relu")]
    model = keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(1)])
    for layer in hidden:
        layer.enable_lora(4)
        layer.quantize("int8")
    model.compile("adam", "mse")
    return Trainee(model, *make_vectors())


def _make(name: str) -> Callable[[], Trainee]:
    return lambda: make_with(name)


OPTIMIZERS = [Architecture(name=name, make=_make(name)) for name in list_optimizers()]
OPTIMIZERS += [
    Architecture(name="ScheduleFreeAdamW, built before", make=make_built),
    Architecture(name="MultiOptimizer", make=make_multiple),
    Architecture(
        name="gradient accumulation",
        make=lambda: make_optimized(keras.optimizers.Adam(gradient_accumulation_steps=2)),
        is_small=True,
    ),
    Architecture(
        name="EMA", make=lambda: make_optimized(keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=2))
    ),
    Architecture(name="float64", make=lambda: make_in("float64", keras.optimizers.Adam)),
    Architecture(name="mixed_float16", make=lambda: make_in("mixed_float16", keras.optimizers.Adam), recheck="eager"),
    Architecture(name="mixed_bfloat16", make=lambda: make_in("mixed_bfloat16", keras.optimizers.Adam), recheck="eager"),
    Architecture(name="int8 with LoRA", make=make_quantized, is_small=True, recheck="eager"),
]
