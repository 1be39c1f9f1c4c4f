"""What the rules about weights, units and gradients see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

NETWORK: dict[str, Meaning] = {
    "symmetric_weights": Meaning(
        sees=(
            "A hidden layer whose units all start with the same weights. If they have the same gradient, too, they "
            "stay one unit for ever, however long the training; if not, they start as one, whose outputs add up "
            "instead of cancelling. Or an output of which each unit has another one's weights and gradient, under a "
            "loss of one's own that has no label for each, as of a mixture whose components start alike."
        ),
        severity="Error; silent where only the output layer starts at 0, which its first step ends.",
        thresholds=("symmetric",),
    ),
    "frozen_at_zero": Meaning(
        sees=(
            "Frozen layers whose kernels or embeddings are all 0, such as a table of word vectors of which none was "
            "found. A layer that others pass by in the model's graph, as a block with a skip connection, is left alone."
        ),
        severity="Error where every example gets the same answer, else a warning.",
        thresholds=("constant_prediction",),
    ),
    "frozen_at_random": Meaning(
        sees=(
            "Frozen layers whose weights could be a fresh draw of their initializer, by a test of Kolmogorov and "
            "Smirnov: what they were to know was never loaded. Of fewer than 500 values nothing is said."
        ),
        severity=(
            "Warning: random layers may be meant, or be trained as a part of another model. For information once the "
            "model has learned."
        ),
    ),
    "linear_layers": Meaning(
        sees=(
            "Hidden Dense and convolutional layers of a model without an activation, or anything else that is not "
            "linear, in front of its last kernel: all of it together is one linear layer. A code narrower than both "
            "the inputs and the outputs is left alone. Of subclassed models, whose graph is not known, nothing is "
            "said."
        ),
        severity=(
            "Warning before the training; for information once the loss is low: the labels may be a "
            "linear function of the inputs. Error at the end of a fit of `ended_epochs` and `ended_steps` whose "
            "answers, and those of a linear model fitted to the probe batch, both score less than `simple_part` of "
            "what nearest neighbours or a forest of trees score (`simple_score` at least; see "
            "`worse_than_simple_model`, which says what is compared)."
        ),
        thresholds=("simple_score", "simple_part", "ended_epochs", "ended_steps"),
    ),
    "examples_mixed": Meaning(
        sees=(
            "A model whose answer for one example depends on the other examples of its batch when it predicts: a mean, "
            "a softmax or a cumulative sum over the first axis, which is that of the examples; a reshape that puts "
            "values of one example into another; `BatchNormalization` that is called with `training=True`. Half of the "
            "probe batch stays where it is, the other half becomes one example many times, and the predictions for "
            "those that stayed are compared: `change_by_others` is the largest change, over the standard deviation of "
            "the predictions (over their size, where they hardly differ). The batch keeps its size, so that dropout "
            "that stays on draws the same numbers, and stateful layers have the same state. Nothing is said of a model "
            "that cannot predict those examples alone, such as one of a graph's nodes or of pairs of all examples with "
            "all others, nor where the same batch has other answers each time."
        ),
        severity=(
            "Error, at the end of a fit of `ended_epochs` and `ended_steps`, if the answers score less than "
            "`simple_part` of what a simple model scores, or less than `unrelated_score`, where right ones score 1 and "
            "the best constant one 0 (see `worse_than_simple_model`); a warning if they score less than 0.8, since "
            "some networks mix examples on purpose. Nothing is said of a model that answers better. Needs "
            "`TrainingGuard(x, y)` with 30 examples or more."
        ),
        thresholds=("simple_score", "simple_part", "unrelated_score", "ended_epochs", "ended_steps"),
    ),
    "order_ignored": Meaning(
        sees=(
            "A model that gives the same answers in whatever order the steps of a sequence or the pixels of a picture "
            "are, beside labels that follow from their order: attention without positions, layers of each pixel alone, "
            "pooling over all steps or pixels. Those of the probe batch are put in another order, and the predictions "
            "compared; and simple models (see `worse_than_simple_model`) are fitted to the steps or pixels in their "
            "order, to these sorted, and to each feature sorted."
        ),
        severity=(
            "Error, at the end of a fit of `ended_epochs` and `ended_steps` whose answers score less than "
            "`simple_part` of what a simple model scores that is given the steps or pixels in their order "
            "(`simple_score` at least), if without the order it scores less than `simple_part` of that, too. Where the "
            "order of steps is all that the examples differ in, answers that score less than `simple_part` are enough. "
            "Nothing is said of a model that has learned: many labels do not depend on the order. A warning where "
            "neither the model nor any simple one finds anything of the labels (see `no_better_than_constant`)."
        ),
        thresholds=("simple_score", "simple_part", "unrelated_score", "ended_epochs", "ended_steps"),
    ),
    "hidden_softmax": Meaning(
        sees=(
            "A softmax between layers: what it passes on sums to 1, so that no unit can be high beside another, and of "
            "many units each is near 0. Behind 128 such units digits are learned in 15 epochs to 0.57 of a constant "
            "answer's loss under Adam and not at all under SGD, behind ReLU to 0.04 and 0.08 "
            "(`benchmarks/hidden_softmax.py`). The softmax of attention and of gates is left alone, since something is "
            "multiplied by it; so are a layer narrower than those before and behind it, such as the topics of a text, "
            "an output of the model, and layers that are not trained. Of subclassed models, whose graph is not known, "
            "nothing is said."
        ),
        severity=(
            "Warning, and an error once the model has learned nothing. Silent once the loss is low (`converged_loss`)."
        ),
        thresholds=("converged_loss",),
    ),
    "unbounded_recurrence": Meaning(
        sees=(
            "A recurrent layer without a bound, such as ReLU, whose state grows from one time step to the next "
            "beyond any scale. Its consequences, a rising loss for example, are then not reported beside it."
        ),
        severity="Error.",
        thresholds=("exploding_activation",),
    ),
    "exploding_activation": Meaning(
        sees=(
            "Outputs of a hidden layer that are beyond any scale that the inputs could explain. They grow from "
            "layer to layer where the weights are too large. Logits behind a softmax or sigmoid are not seen; on "
            "TensorFlow the cross-entropy is computed from them, and a loss so high means logits so large. "
            "Also first predictions that are too large since `he_normal` or `lecun_normal` take the output channels of "
            "a transposed convolution for its inputs; that is seen under losses of regression."
        ),
        severity=(
            "Error; of transposed convolutions a warning where the first loss is `loss_excess` times that of a "
            "constant answer, and for information from ten times on."
        ),
        thresholds=("exploding_activation", "loss_excess"),
    ),
    "exploding_gradient": Meaning(
        sees=(
            "A gradient that grows from layer to layer towards the input, by orders of magnitude, on every path from "
            "there. The first layers take steps that the last ones know nothing of."
        ),
        severity="Error.",
        thresholds=("exploding_ratio",),
    ),
    "saturated_units": Meaning(
        sees=(
            "Hidden units of sigmoid, tanh or softsign that sit where their curve is flat: the derivative is "
            "below 1 % of its maximum. Hardly any gradient passes them."
        ),
        severity="Error from `saturated_fraction` of a layer's values on, warning from `saturated_warning` on.",
        thresholds=(
            "saturated_warning",
            "saturated_fraction",
        ),
    ),
    "dead_relu": Meaning(
        sees=(
            "Hidden ReLU units that are 0 for every example of the batch. They get no gradient, and nothing "
            "revives them."
        ),
        severity=(
            "Error where a whole layer is dead (`dead_fraction`); a warning where it is the only one and each output "
            "is reached without it, as past a block with a skip connection, and from `dead_warning` on."
        ),
        thresholds=(
            "dead_warning",
            "dead_fraction",
        ),
    ),
    "tiny_gradient": Meaning(
        sees=(
            "Kernels whose gradients are tiny in every layer, whether or not some are smaller than others. Adam's"
            " epsilon outweighs them, and SGD does not move."
        ),
        severity=(
            "Error; silent once the loss is low (`converged_loss`), when small gradients are what is to be expected."
        ),
        thresholds=(
            "tiny_gradient",
            "converged_loss",
        ),
    ),
    "vanishing_gradient": Meaning(
        sees=(
            "A gradient that shrinks steadily from layer to layer towards the input. It compares the first "
            "layer's with the last one's, and fits the factor per layer, on each path of the model's graph where an "
            "inspection knows it. Where all predictions are the same, it compares with the largest one: what outputs "
            "get of examples with different labels cancels there."
        ),
        severity=(
            "Error where the ratio stays below `vanishing_ratio`, or below `vanishing_warning` where all predictions "
            "are the same (`constant_prediction`); a warning below `vanishing_warning`, or where "
            "the gradient recovers or reaches the input along skip connections."
        ),
        thresholds=(
            "vanishing_ratio",
            "vanishing_warning",
            "vanishing_factor",
            "constant_prediction",
        ),
    ),
    "zero_gradient": Meaning(
        sees=(
            "Layers whose gradient is exactly 0 in every value. Dead units, an output that is constant, or an "
            "operation without a derivative cut them off; or what `fit` is given asks for nothing, as a ranking loss "
            "with `batch_size=1`."
        ),
        severity=(
            "Error where the first layer or all layers have none, else a warning; silent where a later weight "
            "that starts at 0 explains it, and in a training that is done (`converged_loss`), unless all gradients are "
            "0, the loss is not, and that of a constant answer is not known. A loss that is exactly 0 "
            "since the first step is an error where the probe batch has a gradient and no small loss, a warning where "
            "its loss is small or there is no probe."
        ),
        thresholds=("converged_loss",),
    ),
    "constant_prediction": Meaning(
        sees=(
            "The same answer to every example: the predictions differ less over the examples than rounding would "
            "explain, at each position of an image or a sequence. The input does not reach the output."
        ),
        severity=(
            "Error below `constant_prediction`, a warning below `constant_warning`. While a training runs it is a "
            "warning for `plateau_steps` steps, and in the first epoch after better ones; silent before the training "
            "where the output layer starts at 0 or all weights are tables of embeddings, and never a warning of images "
            "and sequences then."
        ),
        thresholds=(
            "constant_prediction",
            "constant_warning",
            "plateau_steps",
        ),
    ),
}
