#!/usr/bin/env bash
# Whether `MultiHeadAttention` returns its scores or has a dropout decides what a query gets that may see no key.
#
# Guess: the mean of all values (a softmax of equal numbers), whatever the other arguments are:
# `return_attention_scores` returns something more, and `dropout` does nothing in inference.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a row of False in `attention_mask`, or an
# example of nothing but padding: it is the mean of all values, as guessed, if the layer is called plainly. With
# return_attention_scores=True, or with dropout=0.1 in the layer and training=False, it is 0. So a model that has the
# trained weights and no dropout, or that is asked for its scores, gives other outputs there. `Attention` gives the
# mean of an example of padding in all three cases.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

backend, rng = keras.backend.backend(), np.random.default_rng(0)
x = rng.normal(size=(1, 3, 8)).astype("float32")
mask = np.array([[[True, True, False], [False, False, False], [True, False, False]]])
layers = [keras.layers.MultiHeadAttention(1, 4, use_bias=False, dropout=dropout) for dropout in (0.0, 0.1)]
for layer in layers:
    layer.build(x.shape, x.shape)
weights = [rng.normal(size=weight.shape) for weight in layers[0].weights]
for layer in layers:
    layer.set_weights(weights)
plain, dropout = layers
value, output = weights[2][:, 0], weights[3][0]
mean = (x[0] @ value).mean(axis=0) @ output
outputs = {
    "plain": plain(x, x, attention_mask=mask),
    "return_attention_scores=True": plain(x, x, attention_mask=mask, return_attention_scores=True)[0],
    "dropout=0.1, training=False": dropout(x, x, attention_mask=mask, training=False),
}
outputs = {name: keras.ops.convert_to_numpy(output)[0] for name, output in outputs.items()}
for name, output in outputs.items():
    norm, norm_of_mean = np.linalg.norm(output[1]), np.linalg.norm(mean)
    print(f"{backend}, {name}: norm {norm:.3f}; of the mean of all values {norm_of_mean:.3f}")
    assert np.allclose(output[1], mean if name == "plain" else 0, atol=1e-4)
    assert np.allclose(output[[0, 2]], outputs["plain"][[0, 2]], atol=1e-4)

padding = np.zeros((1, 3), bool)
output = keras.ops.convert_to_numpy(plain(x, x, query_mask=padding, value_mask=padding))[0]
assert np.allclose(output, mean, atol=1e-4)

# An example that is padding alone, by the masks that Embedding makes: its three values are those of the token 0.
ids = keras.Input((3,), dtype="int32")
vectors = keras.layers.Embedding(5, 8, mask_zero=True)(ids)
plain, dropout = (keras.layers.MultiHeadAttention(1, 4, use_bias=False, dropout=dropout) for dropout in (0.0, 0.1))
models = {
    "plain": keras.Model(ids, plain(vectors, vectors)),
    "with scores": keras.Model(ids, plain(vectors, vectors, return_attention_scores=True)[0]),
    "with dropout": keras.Model(ids, dropout(vectors, vectors)),
}
weights = models["plain"].get_weights()
models["with dropout"].set_weights(weights)
mean = weights[0][0] @ weights[3][:, 0] @ weights[4][0]
assert np.abs(mean).max() > 1e-3
outputs = {name: model.predict(np.array([[1, 2, 3], [0, 0, 0]]), verbose=0) for name, model in models.items()}
for name, output in outputs.items():
    print(f"{backend}, padding alone, {name}: {np.abs(output[1]).max():.4f}")
    assert np.allclose(output[0], outputs["plain"][0], atol=1e-5)
    assert np.allclose(output[1], mean if name == "plain" else 0, atol=1e-6)

for layer, settings in (
    (keras.layers.Attention(), {}),
    (keras.layers.Attention(), {"return_attention_scores": True}),
    (keras.layers.Attention(dropout=0.1), {"training": False}),
):
    output = layer([x, x], mask=[None, padding], **settings)
    output = output[0] if "return_attention_scores" in settings else output
    assert np.allclose(keras.ops.convert_to_numpy(output)[0], x[0].mean(axis=0), atol=1e-5)
PROGRAM
done
