"""What the rules about weights that are not trained, and about what could not be judged, see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

UNSEEN: dict[str, Meaning] = {
    "disconnected_layer": Meaning(
        sees=(
            "Trainable layers that never get a gradient, since the loss does not depend on them. That is no "
            "vanishing gradient: there is no path."
        ),
        severity=(
            "Error where no layer has a gradient, or where these come before others that have one, on every path "
            "through the model; else a warning."
        ),
    ),
    "frozen_layers": Meaning(
        sees=(
            "Layers of which no weight is trained. That is what transfer learning does, so it is worth knowing "
            "and no fault."
        ),
        severity="For information.",
    ),
    "untracked_layers": Meaning(
        sees=(
            "Layers that the model calls and does not hold: those that a `Lambda` calls, or that are kept in a global "
            "or in a plain object, or made anew in each call. Their weights are not in `model.weights`, so that no "
            "step trains them, and the model is saved without them. What a loss or a `train_step` calls beside the "
            "model is left alone, as are layers that are frozen and have learned, and layers without weights. Weights "
            "count as untrained where most could be a fresh draw of their initializer, by a test of Kolmogorov and "
            "Smirnov, or are all at the one value that it gives, as biases of 0. Also a `keras.Variable` that an "
            "operation of a functional model is given: it is no weight of the model."
        ),
        severity=(
            "Error where weights are as their initializers made them, or are made anew in each call, and of a variable "
            "of two axes whose mean is 0 but for chance; a warning where "
            "that cannot be told, where none is a kernel, as those of a normalization, where the layers are frozen, "
            "or where a `train_step` of one's own may train them; for information where they look trained."
        ),
    ),
    "no_trainable_weights": Meaning(
        sees=(
            "A model of which every weight is frozen, or that has none: Keras runs `fit` on it all the same, which "
            "changes nothing. The loggers and `TrainingGuard` raise a `ValueError` at the start of such a `fit`."
        ),
        severity="Error.",
    ),
    "changed_trainable": Meaning(
        sees=(
            "Weights that were frozen or thawed after the optimizer was built, without a new `compile`. "
            "TensorFlow goes on training the old ones, and JAX raises an error; torch does as it is told, and the"
            " rule is silent."
        ),
        severity="Warning.",
    ),
    "forgotten_state": Meaning(
        sees=(
            "Stateful recurrent layers on a backend that forgets their states between batches (JAX), or that "
            "cannot train them (an LSTM or GRU on torch). The layer's own `stateful` and the backend decide."
        ),
        severity="Error on torch, where `fit` raises; a warning on JAX.",
    ),
    "uncalled_layer": Meaning(
        sees="Layers of which no call was seen on the batch. Nothing is known of what they put out.",
        severity="For information.",
    ),
    "gradients_not_seen": Meaning(
        sees=(
            "Layers that moved although no gradient of theirs was given to an optimizer of Keras. They are not "
            "judged, and the verdict is `not judged` instead of `healthy`."
        ),
        severity="Warning.",
    ),
    "not_inspected": Meaning(
        sees=(
            "Parts of a model that an inspection could not look at, with the reason: a model without `call`, for "
            "example, has no predictions to judge. Logs of its training still hold gradients and loss."
        ),
        severity="For information.",
    ),
    "loss_not_known": Meaning(
        sees=(
            "A history without a column `loss`, and no log beside it. Which way its losses should go is not "
            "known, so they are only checked for NaN. Or a loss that is logged as 0 in every epoch, without a gradient "
            "log in which all gradients are 0, too: Keras logs its own metric `loss`, which a `train_step` of the "
            "model's own has not updated. `TrainingGuard` knows what the steps returned, and says so under "
            "`metric_mismatch`."
        ),
        severity='For information; a warning of a loss of 0. Without an error beside it the verdict is "not judged".',
    ),
}
