"""What the rules about inputs that vary too little see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

INPUTS: dict[str, Meaning] = {
    "input_offset": Meaning(
        sees=(
            "Inputs whose features vary by a small part of the largest one's size, as given to the first kernel: a "
            "temperature of 40 that changes by 0.3 beside features far below 1, say. All examples look alike then, and "
            "the model gives nearly the same answer to all."
        ),
        severity=(
            "Warning, if inputs and first predictions both differ by less than `input_offset` of their size; an error, "
            "if these predictions differ by less than `constant_prediction`, or once the model has learned nothing. "
            "Silent where the largest input is below 1 (`input_too_small` is "
            "about these), behind embeddings, and once the loss is low (`converged_loss`)."
        ),
        thresholds=("input_offset", "constant_prediction", "converged_loss"),
    ),
    "input_too_small": Meaning(
        sees=(
            "Inputs that differ so little from example to example, as given to the first kernel, that the model "
            "gives nearly the same answer to all. The first layer's weights would have to grow by thousands."
        ),
        severity=(
            "Error below `input_small_error`, else a warning; all limits are ten times as high under plain SGD. "
            "Silent behind embeddings, where the first predictions differ by `constant_warning` all the same "
            "(large weights, a normalization further on), and once the loss is low (`converged_loss`)."
        ),
        thresholds=(
            "input_small",
            "input_small_error",
            "constant_warning",
            "converged_loss",
        ),
    ),
    "rounded_input": Meaning(
        sees=(
            "Inputs that the first layer rounds to 16 bits, as Keras does under a mixed policy before the layer "
            "computes anything, so that different values of a feature become one: under bfloat16 the years 2001 to "
            "2024 become 4 numbers, also in front of a `Normalization`, which subtracts their mean too late. The part "
            "of the feature's spread that is lost is measured on the batch; of a `Normalization` or `Rescaling`, on "
            "what it puts out (under float16 a variance above 65,504 makes 0 of everything). What overflows is "
            "`nonfinite`."
        ),
        severity=(
            "Error where more than half of the features that vary lose `rounded_error` or more; a warning where any "
            "loses `rounded_warning`; for information once the model has learned."
        ),
        thresholds=("rounded_warning", "rounded_error"),
    ),
    "dropout_rate": Meaning(
        sees=(
            "Dropout that keeps so few values of an example that what it passes on says more of which were kept than "
            "of what they were: of 16 values, a rate of 0.98 keeps none for most examples; and several layers that "
            "each drop 0.8 or more, of however many values; of recurrent layers `dropout` of their features and "
            "`recurrent_dropout` of their state. Often the part to keep was meant. Where whole branches are dropped "
            "(stochastic depth), or all of a single feature, nothing is said."
        ),
        severity=(
            "Error from `dropout_noise_error`, or once the model has learned nothing; a warning below; for information "
            "once it has learned. Silent once the loss is low (`converged_loss`)."
        ),
        thresholds=("dropout_noise", "dropout_noise_error", "converged_loss"),
    ),
    "dropout_of_outputs": Meaning(
        sees=(
            "Dropout as the last layer: a part of the predictions is 0 at each step, and no weights can make them "
            "right. Of models whose graph is not known, subclassed ones, nothing is said."
        ),
        severity=(
            "Error under cross-entropies and losses of regressions; a warning under others, which may compare two "
            "noisy answers to one example, and once the model has learned. Silent once the loss is low "
            "(`converged_loss`)."
        ),
        thresholds=("converged_loss",),
    ),
    "constant_input": Meaning(
        sees=(
            "Inputs that are the same for every example, while the labels are not: as they are given, as ids that an "
            "embedding makes of them by dropping the decimals, or as what a mask leaves of their time steps (padding, "
            "or nothing). Or an embedding of 100 rows and more of which all examples use two, side by side, as of "
            "words that a vocabulary does not know."
        ),
        severity=(
            "Error; a warning where a mask leaves nothing of more than half of the examples, and for two ids of many, "
            "which may be all that there are."
        ),
    ),
    "constant_feature": Meaning(
        sees="Single features with one value, other than 0, in the whole batch. They act as a bias.",
        severity="For information.",
    ),
}
