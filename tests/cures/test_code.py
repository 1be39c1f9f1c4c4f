"""Several changes of what a model is compiled with are one call of `compile`."""

import pytest

from keras_vg.cures.code import write_code

ADAM = "model.compile(keras.optimizers.Adam(1e-3), loss)"
RATE = "model.compile(keras.optimizers.Adam(learning_rate=0.0422), loss)"
CLIPPED = "model.compile(keras.optimizers.Adam(learning_rate, clipnorm=1.0), loss)"
SCALED = "model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(learning_rate)), loss)"
HEAD = 'model.compile(optimizer, loss="binary_crossentropy")'
WEIGHED = "model.compile(optimizer, loss, loss_weights=4)"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([ADAM], ADAM),
        ([ADAM, RATE], "model.compile(keras.optimizers.Adam(learning_rate=0.0422), loss)"),
        ([CLIPPED, RATE], "model.compile(keras.optimizers.Adam(learning_rate=0.0422, clipnorm=1.0), loss)"),
        ([RATE, CLIPPED], "model.compile(keras.optimizers.Adam(learning_rate=0.0422, clipnorm=1.0), loss)"),
        (["model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)", RATE], RATE),
        ([HEAD, ADAM], 'model.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")'),
        ([ADAM, HEAD], 'model.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")'),
        ([WEIGHED, ADAM], "model.compile(keras.optimizers.Adam(0.001), loss, loss_weights=4)"),
        (
            [SCALED, RATE],
            "model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(learning_rate=0.0422)), loss)",
        ),
        (
            [RATE, SCALED],
            "model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(learning_rate=0.0422)), loss)",
        ),
        (
            [SCALED, CLIPPED],
            "model.compile("
            "keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(learning_rate, clipnorm=1.0)), loss)",
        ),
        ([f"{ADAM}  # no accumulation", RATE], f"{RATE}  # no accumulation"),
    ],
)
def test_one_call_has_what_all_change(lines, expected):
    assert write_code(lines) == expected


def test_other_lines_stay_where_they_are():
    lines = ["# Layers:", ADAM, "keras.layers.Dense(units),", RATE, "model.fit(x, y)"]
    assert write_code(lines).splitlines() == ["# Layers:", "keras.layers.Dense(units),", RATE, "model.fit(x, y)"]
