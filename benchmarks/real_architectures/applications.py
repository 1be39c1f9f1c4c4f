"""The image classifiers of `keras.applications`, with random weights, on the smallest images that they take."""

from collections.abc import Callable
from typing import Any

import keras

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import make_images

CONSTRUCTORS: dict[str, tuple[Callable[..., keras.Model], dict[str, Any]]] = {
    "MobileNetV2": (keras.applications.MobileNetV2, {"alpha": 0.35}),
    "ResNet50": (keras.applications.ResNet50, {}),
    "VGG16": (keras.applications.VGG16, {}),
    "EfficientNetB0": (keras.applications.EfficientNetB0, {}),
    "DenseNet121": (keras.applications.DenseNet121, {}),
    "ConvNeXtTiny": (keras.applications.ConvNeXtTiny, {}),
}


def make_classifier(name: str) -> Trainee:
    """Makes a compiled classifier of ten classes and images of 32 x 32 pixels.

    Its last normalizations see four values of each channel, and gradients are large behind them: a step of SGD with a
    rate of 0.001 would replace the weights of MobileNetV2's first layers. A step of Adam does not depend on that.
    On TensorFlow its steps are graphs without XLA, which takes minutes to compile each of these.
    """
    construct, options = CONSTRUCTORS[name]
    model = construct(weights=None, input_shape=(32, 32, 3), classes=10, **options)
    jit_compile = False if keras.backend.backend() == "tensorflow" else "auto"
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", jit_compile=jit_compile)
    return Trainee(model, *make_images())


def _make(name: str) -> Callable[[], Trainee]:
    return lambda: make_classifier(name)


APPLICATIONS = [Architecture(name=name, make=_make(name)) for name in CONSTRUCTORS]
