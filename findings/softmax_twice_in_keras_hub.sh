#!/usr/bin/env bash
# A KerasHub classifier with `activation="softmax"` is compiled with a loss that wants logits.
#
# Guess: its own `compile`, which it comes with, fits its activation; that "softmax" gives probabilities is what the
# description of `activation` says.
# Seen with KerasHub 0.32.0 and Keras 3.15.1 on JAX 0.10.2 and torch 2.13.0, BertTextClassifier, RobertaTextClassifier
# and ImageClassifier of small backbones without weights: the loss is `SparseCategoricalCrossentropy(from_logits=True)`
# for each activation, so the softmax is applied twice. An answer that is right and sure has a loss of 0.55 with three
# classes instead of 0, and one that is wrong and sure has almost no gradient; `fit` goes on, the accuracy may rise, and
# the loss stands still above 0.55 without a word. `activation=None`, the default, fits; or `compile` with
# `from_logits=False`.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 keras-hub==0.32.0 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import keras_hub
import numpy as np

models = keras_hub.models
options = {"vocabulary_size": 20, "num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16}
text = models.BertBackbone(max_sequence_length=10, **options)
other_text = models.RobertaBackbone(max_sequence_length=10, **options)
pictures = models.ResNetBackbone(
    input_conv_filters=[64],
    input_conv_kernel_sizes=[3],
    stackwise_num_filters=[64],
    stackwise_num_blocks=[1],
    stackwise_num_strides=[1],
    block_type="basic_block",
    image_shape=(16, 16, 3),
)
sure = np.eye(3, dtype="float32")  # probabilities that are right
for kind, backbone in (
    (models.BertTextClassifier, text),
    (models.RobertaTextClassifier, other_text),
    (models.ImageClassifier, pictures),
):
    seen = {}
    for activation in (None, "softmax"):
        classifier = kind(backbone, num_classes=3, activation=activation, preprocessor=None)
        from_logits = classifier.loss.get_config()["from_logits"]
        seen[activation] = (from_logits, round(float(classifier.loss(np.arange(3), sure)), 2))
    print(f"{keras.backend.backend()}, {kind.__name__}, from_logits, loss of sure right answers: {seen}")
    assert seen == {None: (True, 0.55), "softmax": (True, 0.55)}
PROGRAM
for backend in jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
