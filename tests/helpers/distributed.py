"""A training that devices or processes share, for programs of their own."""

import json
from pathlib import Path

import keras
from keras import layers

import keras_vg as vg
from helpers.models import make_data


def make_worker_class():
    # Keras 3.12 to 3.15 fail under several workers, with or without callbacks: where a model is to be built on the
    # first batch, and where metrics that are scalars are averaged over workers. This steps over both.
    import tensorflow as tf

    class Worker(keras.Sequential):
        def _maybe_symbolic_build(self, iterator):
            pass

        def train_step(self, data):
            return {name: tf.reshape(value, (1,)) for name, value in super().train_step(data).items()}

    return Worker


def train(folder, optimizer=None, several_workers=False, watches_all=False, log=None):
    keras.utils.set_random_seed(0)
    kind = make_worker_class() if several_workers else keras.Sequential
    model = kind([keras.Input((3,)), layers.Dense(4, activation="tanh", name="a"), layers.Dense(1, name="b")])
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse")
    callbacks = [vg.GradientLogger(log or f"{folder}_gradients.csv")]
    callbacks += [vg.WeightDeltaLogger(f"{folder}_deltas.csv", layers="all")]
    x, y = make_data()
    if watches_all:
        guard = vg.TrainingGuard(100 * x, y)
        callbacks += [vg.ActivationLogger(f"{folder}_activations.csv", x), guard]
    model.fit(x, y, batch_size=8, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)
    if watches_all:
        found = [[f.rule, f.severity, list(f.layers), f.epoch] for f in guard.findings.list_all()]
        Path(f"{folder}_findings.json").write_text(json.dumps(found))
    return model
