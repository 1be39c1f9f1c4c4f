"""Whether a training is the same, bit for bit, with the loggers and without them."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.training import COMPILE_OPTIONS

to_numpy = keras.ops.convert_to_numpy


def snapshot(model, history):
    variables = [np.array(to_numpy(v)) for v in (*model.variables, *model.optimizer.variables)]
    seeds = [
        np.array(to_numpy(layer.seed_generator.state)) for layer in model.layers if hasattr(layer, "seed_generator")
    ]
    ours = ("gradient_rms_first", "gradient_rms_last", "gradient_ratio", "weight_delta_first")
    return variables + seeds, {k: v for k, v in history.history.items() if k not in ours}


def make_trainer(make, optimizer, options, **data):
    def train(*callbacks):
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(type(optimizer).from_config(optimizer.get_config()), "mse", **COMPILE_OPTIONS[options])
        return snapshot(model, model.fit(**data, verbose=0, callbacks=list(callbacks)))

    return train


def check_identity(train, options, tmp_path):
    def are_same(one, other):
        return one[1] == other[1] and all(np.array_equal(a, b) for a, b in zip(one[0], other[0], strict=True))

    plain = train()
    logged = train(vg.GradientLogger(tmp_path / "g.csv"), vg.WeightDeltaLogger(tmp_path / "d.csv"))
    if options == "xla" and not are_same(plain, logged) and not are_same(plain, train()):
        pytest.skip("XLA on this CPU does not repeat even a plain training to the last bit")
    assert are_same(plain, logged)
