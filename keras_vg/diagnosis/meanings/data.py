"""What the rules about data, labels and the output layer see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

DATA: dict[str, Meaning] = {
    "nonfinite": Meaning(
        sees=(
            "A value that is NaN or infinite: in an input, in what the first layer makes of it as it rounds it to 16 "
            "bits, in a label, a layer's output, a gradient, a weight, an optimizer's state of earlier steps, or the "
            "loss. The finding names the first place, for everything after it follows from it."
        ),
        severity="Error; a warning for labels under a loss that may leave them out.",
    ),
    "constant_labels": Meaning(
        sees=(
            "All labels of the batch are the same number, or the same at each position of an image or a sequence. "
            "There is nothing to learn, though the loss falls."
        ),
        severity=(
            "Warning: a rare class may be missing in the batch, and a generator that a discriminator teaches has one "
            "label for all."
        ),
    ),
    "label_range": Meaning(
        sees=(
            "Labels that the last activation cannot reach, or that the loss is not defined for (also labels below 0 "
            "under an error of logarithms, numbers under hinge, Dice and Tversky losses, and labels of 0 under one in "
            "percent). Whatever the network learns, part of the loss stays, or falls below 0 without end."
        ),
        severity=(
            "Error; a warning under a regression's loss that can get below `cut_labels` of a constant answer's within "
            "the range."
        ),
        thresholds=(
            "reachable_loss",
            "endless_loss",
            "cut_labels",
        ),
    ),
    "label_shape": Meaning(
        sees=(
            "Labels with another number of axes than the predictions, under a loss that compares each prediction "
            "with every label. It is seen by computing the loss once more with labels in the predictions' shape. Also "
            "labels of several columns for an output of one unit, which Keras's losses compare with each of them."
        ),
        severity="Error.",
        thresholds=("label_shape",),
    ),
    "loss_function": Meaning(
        sees=(
            "A loss other than Keras's cross-entropies and regressions, computed for trial predictions: the labels "
            "themselves, others that depend on the labels, and constants. If a constant is as good as all others, "
            "nothing can be learned; if the labels themselves have the highest loss of all, and the others are below "
            "0, a constant is nearly as good as the best of them, or the labels are vectors of both signs, its sign is "
            "wrong. Any loss that is exactly 0, without a gradient, in a model whose biases are all 0, so that "
            "it seems untrained, asks for nothing. A list of losses for one output, of which Keras trains the first "
            "alone, is a warning. Lists of labels, losses or weights for outputs in a dictionary, which Keras takes in "
            "the order of the alphabet, are named where that is not the order of the model. Of Keras's losses a "
            "`label_smoothing` of 1 leaves nothing of the labels, and a cosine similarity of single numbers, which is "
            "1 or -1, has no gradient. A loss that makes choices rarer the more they have brought is a warning, and "
            "so is a loss of one's own under which predictions have come to fall as numeric labels rise."
        ),
        severity=(
            "Error; warning of a list of losses for one output, and of lists that fit the outputs in the model's order "
            "alone; other lists that go by the alphabet are for information."
        ),
        thresholds=("answer_gain", "answer_share"),
    ),
    "label_scale": Meaning(
        sees=(
            "Labels of a regression that are far from unit size, while the predictions start near 0; under a loss of "
            "one's own, too, if it is as large as they are. The gradients are huge, yet steps of the usual size take "
            "thousands of updates to arrive. Or labels that vary far less than the answers of the untrained network, "
            "beside which the loss hardly sees them."
        ),
        severity=(
            "Error from `label_error` on, unless `label_steps` steps like the next one lead there; warning from "
            "`label_size` on; silent if the predictions are at least a tenth as large as the labels. Warning where the "
            "answers vary `small_labels` times as much as the labels, a spread above 1 counted as 1."
        ),
        thresholds=("label_size", "label_error", "label_steps", "small_labels"),
    ),
    "input_scale": Meaning(
        sees=(
            "Inputs far from unit scale, and no layer that brings them to it before the first kernel, of each input of "
            "the model. Gradients of the kernel grow with its inputs, and sigmoids and tanhs saturate."
        ),
        severity=(
            "Warning from `input_size` on. Error from `input_error` on, or where the first loss is also "
            "`loss_excess` times that of a constant prediction."
        ),
        thresholds=(
            "input_size",
            "input_error",
            "loss_excess",
        ),
    ),
    "feature_scale": Meaning(
        sees=(
            "Features whose sizes differ by orders of magnitude, as given to the first kernel. No learning rate "
            "suits all their weights. Or inputs of unit size of which half of the features vary by a `feature_range`th "
            "of what others vary by, as one scale for all leaves them."
        ),
        severity=(
            "Error where the largest input reaches `input_error`, else a warning; below `input_size` a warning where "
            "half of the features hardly vary."
        ),
        thresholds=(
            "feature_range",
            "input_size",
            "input_error",
        ),
    ),
    "embedding_range": Meaning(
        sees=(
            "Ids that an `Embedding` has no row for. JAX looks up NaN and TensorFlow on a GPU zeros; the others "
            "raise an error."
        ),
        severity="Error.",
    ),
    "output_layer": Meaning(
        sees=(
            "An output activation that does not fit the loss: softmax over one unit, logits under a loss of "
            "probabilities, probabilities under a loss of logits (of one's own, too), a softmax of a softmax, a "
            "sigmoid of what is never below 0 (so that no probability is below 0.5), rates below 0 under `poisson`, "
            "several outputs for one "
            "number, several labels of 1 per example under softmax. It compares the last activation, the number of "
            "units, the loss and the labels. At the end of a fit under `TrainingGuard(x, y)` it also finds a sigmoid "
            "without weights of its own all of whose probabilities were on one side of 0.5 before the training, and "
            "still are, while their mean is not the share of ones."
        ),
        severity=(
            "Error; a warning where the mistake only slows learning (sigmoids for one of several classes, a softmax "
            "of a ReLU, tanh under `from_logits=True`, a loss of one's own that may be made for logits or for labels "
            "of -1 and 1), until a training has learned nothing, and where the model's graph is not known."
        ),
        thresholds=("loss_of_logits", "several_labels"),
    ),
    "positions_alike": Meaning(
        sees=(
            "A model that gives the same answer at every position of a sequence or an image, where the labels differ: "
            "one vector that is repeated and read by the same layer everywhere, without anything that tells the "
            "positions apart."
        ),
        severity="Warning before the training, since weights that start at 0 may tell them apart; then an error.",
        thresholds=("hardly_vary", "first_epochs"),
    ),
    "dead_outputs": Meaning(
        sees=(
            "Some units of an output whose last activation is a ReLU are 0 for every example, and `dead_outputs` or "
            "more of the labels' variance is theirs. No gradient comes from such a unit. Where all units are 0, "
            "`constant_prediction` and `zero_gradient` say it."
        ),
        severity=(
            "Warning before the training, since the layers before it may move such a unit; error at the end of a fit "
            "of `ended_epochs` and `ended_steps`."
        ),
        thresholds=("dead_outputs", "ended_epochs", "ended_steps"),
    ),
    "saturated_output": Meaning(
        sees=(
            "Under cross-entropy, predictions that are all 0 or 1 while the gradient is exactly 0, or some that "
            "are so wrong that they have none. Keras cuts probabilities off near 0 and 1, so that wrong answers "
            "get no gradient either; on TensorFlow it mostly finds the logits behind them, where this does not "
            "happen."
        ),
        severity="Error if there is no gradient at all; a warning if some labels have none.",
        thresholds=(
            "saturated_output",
            "cut_fraction",
        ),
    ),
}
