"""What the rules about the size of the steps and the course of the loss see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

STEPS: dict[str, Meaning] = {
    "no_update": Meaning(
        sees=(
            "Gradients came, but no weight moved by a single bit. The learning rate is 0, gradients are "
            "accumulated over more steps than there are, or the step is lost in rounding."
        ),
        severity="Error if no weight ever moved; a warning if they stopped moving later.",
    ),
    "learning_rate_too_high": Meaning(
        sees=(
            "A step that raises the loss of its own batch, or a loss that rises or goes up and down over the "
            "epochs, or is lost in an epoch to which the rate was raised. The direction is right, and the step goes "
            "beyond what it holds for."
        ),
        severity=(
            "Error where one step raises the loss by `loss_jump` (by `loss_jump_adaptive` under Adam and its kin, a "
            "warning below), where the rate was raised and the loss was lost, or where the loss is above that of a "
            "constant prediction (where that is unknown: `rising_error` times the lowest loss; of a loss of Keras's "
            "that rises in each epoch, `rising_loss` times) for `settled_epochs`, or at once `lost_loss` times that. "
            "Otherwise a warning."
        ),
        thresholds=(
            "loss_jump",
            "loss_jump_adaptive",
            "rising_loss",
            "rising_error",
            "lost_loss",
            "settled_epochs",
            "oscillation",
            "oscillation_size",
        ),
    ),
    "learning_rate_too_low": Meaning(
        sees=(
            "A step that hardly lowers the loss of its own batch, or a loss that hardly falls over the epochs, "
            "while the steps are small against the weights, or have changed no kernel by much in total. Steps of a "
            "healthy size that gain nothing have another cause, and the rule is silent."
        ),
        severity=(
            "Error below `slow_error` (over the epochs: below `flat_loss`), warning below `slow_loss` (over the "
            "epochs: below `slow_curve`). Error where the total change of the kernels is below `small_total_update`. "
            "What the epochs show is a warning before `plateau_steps` steps, and at the end of a fit before "
            "`ended_epochs` and `ended_steps`: the loss may fall faster later."
        ),
        thresholds=(
            "slow_loss",
            "slow_error",
            "slow_curve",
            "slow_steps",
            "small_steps",
            "flat_loss",
            "first_epochs",
            "first_steps",
            "small_total_update",
            "total_update_steps",
            "settled_epochs",
            "beaten_loss",
            "plateau_steps",
            "ended_epochs",
            "ended_steps",
        ),
    ),
    "update_too_large": Meaning(
        sees=(
            "A step that changes a kernel by a large part of its size. What the initialization, or the training "
            "so far, has given it is replaced."
        ),
        severity=(
            "Error from `update_large` on, warning from `update_warning` on; of steps that are known to lower the loss "
            "(or of a training whose loss is below `beaten_loss`) a warning from `update_large` on, and nothing below. "
            "Kernels of one or two values, which may be near 0 by chance, are measured against all kernels together."
        ),
        thresholds=(
            "update_warning",
            "update_large",
            "beaten_loss",
        ),
    ),
    "update_too_small": Meaning(
        sees=(
            "Steps that change no weight by more than a millionth of its size. A change of order 1 would take a "
            "million of them."
        ),
        severity="Error.",
        thresholds=("update_small",),
    ),
    "no_loss_scaling": Meaning(
        sees=(
            "Layers that compute in float16 under an optimizer that does not scale the loss, and whose gradients are "
            "too small for that: below 6e-8 they are 0, below 6e-5 they have few digits. It is measured: the gradients "
            "are computed once more, of the loss times 1,024, and compared. Keras puts a `LossScaleOptimizer` around "
            "the optimizer only if the policy is 'mixed_float16' as the model itself is made; of a model that is "
            "loaded or cloned under another one, or whose layers are each given that policy, it does not."
        ),
        severity=(
            "Warning where a layer's gradient is off by `lost_gradient` of its norm; an error if half of these layers "
            "have lost `lost_gradient_error`. Of a training step of the model's own nothing is said."
        ),
        thresholds=("lost_gradient", "lost_gradient_error"),
    ),
    "skipped_steps": Meaning(
        sees=(
            "Steps that a `LossScaleOptimizer` skipped, since gradients were not finite in float16. A few at the "
            "start are normal: that is how it finds its scale."
        ),
        severity=(
            "Error where, in the last epoch, `skipped_steps` of the steps are skipped and at least "
            "`skipped_at_first` were altogether; a warning from a tenth on; otherwise for information."
        ),
        thresholds=(
            "skipped_steps",
            "skipped_at_first",
        ),
    ),
    "loss_does_not_fall": Meaning(
        sees=(
            "A loss that is as high after some epochs as before, while the steps are not too small. It says that "
            "something is wrong; the findings beside it say what."
        ),
        severity=(
            "Error after `plateau_steps` steps, or where the steps are not known, and at the end of a fit of "
            "`ended_epochs` and `ended_steps`, which `TrainingGuard` and a Keras `History` know; a warning before, and "
            "while each epoch's fall is larger than the one before, or all of the last `settled_epochs` are falls that "
            "would take the loss below what counts as flat within a hundred epochs: healthy nets may stay on a plateau "
            "first."
        ),
        thresholds=(
            "flat_loss",
            "first_epochs",
            "first_steps",
            "plateau_steps",
            "ended_epochs",
            "ended_steps",
        ),
    ),
    "no_better_than_constant": Meaning(
        sees=(
            "A loss that settles at that of the best constant answer: never below it, or back there after it had "
            "learned (a collapse). That answer's loss is known from `inspect` or `TrainingGuard(x, y)`, never from a "
            "log alone: a loss of log(k) may be any. At the end of a fit also predictions for the probe batch that "
            "are no better than one answer for all examples (at each position of an image), and do not follow its "
            "many labels (`many_values`), whatever else is in the loss: a divergence, a penalty (under squared or "
            "absolute error and binary cross-entropy); and answers that score less than `unrelated_score` where the "
            "simple models of `worse_than_simple_model` find nothing either: inputs and labels may not belong "
            "together."
        ),
        severity=(
            "Error if the predictions for the probe batch hardly vary as well (`hardly_vary`), and it had been "
            "lower or has stayed for `settled_epochs` and `settled_steps`, or to the end of a fit of `ended_epochs` "
            "and `ended_steps`; otherwise a warning, since labels may be noise, and while the loss falls from epoch to "
            "epoch."
        ),
        thresholds=(
            "baseline_distance",
            "baseline_noise",
            "settled_epochs",
            "settled_steps",
            "ended_epochs",
            "ended_steps",
            "unrelated_score",
            "beaten_loss",
            "hardly_vary",
            "label_slope",
            "many_values",
            "first_epochs",
            "first_steps",
        ),
    ),
    "learning_stops": Meaning(
        sees=(
            "A training that was learning, and from one epoch on does not: no weight moves, or the rate is 0, or "
            "the loss is the very same. A schedule's soft end and a plateau before it are no stop; a rate that was cut "
            "again and again from an epoch on in which the loss fell is one, if the answers score less than "
            "`little_learned`."
        ),
        severity=(
            "Error where weights or rate are known to stand still; a warning where only the loss shows it, and of a "
            "rate that was cut again and again unless a simple model does far better."
        ),
        thresholds=(
            "still_part",
            "same_loss",
            "update_small",
            "flat_loss",
            "first_epochs",
            "little_learned",
        ),
    ),
    "predictions_hardly_vary": Meaning(
        sees=(
            "Predictions of a regression that are about the same for every example, beside labels that are not. "
            "They need a probe batch with its labels: `TrainingGuard(x, y)`."
        ),
        severity="Warning: the inputs may say no more of the labels.",
        thresholds=(
            "hardly_vary",
            "settled_epochs",
            "first_steps",
        ),
    ),
    "inference_differs": Meaning(
        sees=(
            "A model that has learned in training mode, and predicts worse: at the end of a fit under "
            "`TrainingGuard(x, y)`, or when a trained model is inspected, the loss of the probe batch is taken in both "
            "modes. BatchNormalization predicts with moving averages, which a momentum near 1 leaves far behind in a "
            "short training and which do not suit batches that are unlike each other; so does an optimizer with "
            "`use_ema`, whose averages are put in the place of the weights; a layer of one's own may invert "
            "`training`; on JAX `SpectralNormalization` normalizes in training alone."
        ),
        severity=(
            "Error if predictions are little better than the best constant answer (`beaten_loss`). If training for as "
            "many steps again would bring the moving averages up to date, it is an error only where predictions are "
            "worse than that answer. Warning if `lost_in_inference` of what was gained over it is lost. Only of losses "
            "that are known by their name."
        ),
        thresholds=("beaten_loss", "lost_in_inference"),
    ),
    "probe_not_learned": Meaning(
        sees=(
            "A training that has ended with a low loss, while for the probe batch one answer for every example would "
            "be better than the predictions, which do not follow its labels. `class_weight` or `sample_weight` leave "
            "most examples out, or the batch is of other data than was trained on."
        ),
        severity=(
            "Warning: weights may be meant so, as those of moves by their rewards. An error where simple models answer "
            "the batch far better (`worse_than_simple_model`). Needs `TrainingGuard(x, y)`. "
            "Outputs with several positions, such as a picture's pixels, are not judged."
        ),
        thresholds=("converged_loss", "label_slope", "ended_epochs", "ended_steps"),
    ),
    "shrunk_weights": Meaning(
        sees=(
            "Kernels or embeddings that have shrunk to a small part of their first norm, in a model that gives every "
            "example the same answer: what shrinks weights, a penalty or a weight decay, outweighs the loss. The "
            "training loss, which holds the penalty, may fall all the while. Needs two of them and `TrainingGuard(x)`."
        ),
        severity=(
            "Error, if after `first_epochs` each that is trained has less than `shrunk_weights` of its first norm and "
            "predictions differ by less than `constant_warning` (or `hardly_vary` of the labels' deviation). It is "
            "enough if all weights with a penalty have shrunk so far; and that one weight has, where the penalty was "
            "most of the first loss, or where a decay as long as this shrinks weights so far. Silent if the loss is "
            "low, and where an inspection knows that there is neither penalty nor decay."
        ),
        thresholds=("shrunk_weights", "constant_warning", "hardly_vary", "first_epochs", "converged_loss"),
    ),
    "worse_than_simple_model": Meaning(
        sees=(
            "A fit that has ended with answers that a linear model, a mean over nearest neighbours or a forest of "
            "trees gives far better. These answer the probe batch by 5-fold cross-validation, each example by a model "
            "that was fitted to others; the network may have been trained on all of it. For classes the score is the "
            "balanced accuracy, adjusted so that guessing has 0, which class weights in favour of a rare class do not "
            "lower; for numbers R^2. What the labels ask for is in the inputs then, and something keeps the network "
            "from it, whether or not another rule says what."
        ),
        severity=(
            "Error, at the end of a fit of `ended_epochs` and `ended_steps`, if the network scores less than "
            "`simple_part` of what the best of them scores; a warning below `simple_warning` of it, or if the loss "
            "still falls (`late_fall`), unless it is low already (`converged_loss`) or as many epochs again would "
            "not even bring it to the loss of always giving the same answer, or a loss of the model's own code is low "
            "while it scores less than `unrelated_score`; silent if the simple model scores less than `simple_score` "
            "(half of it, where the network is as far below), or if the difference may be chance of few examples "
            "(three standard errors). Beside an error, what warnings say of head, scales, steps, initial weights and "
            "depth becomes an error, unless the training's loss is low. Needs `TrainingGuard(x, "
            "y)` with 30 examples or more. Where an example has several positions (pixels, time steps), their "
            "classes are asked of the inputs at the same position; time steps whose inputs are all 0 do not count. "
            "Not judged: losses of one's own, numbers at several positions, more than 100 classes, and labels that "
            "are an input, or several numbers per example in an input's shape, as those of an autoencoder."
        ),
        thresholds=(
            "simple_score",
            "simple_part",
            "simple_warning",
            "late_fall",
            "unrelated_score",
            "converged_loss",
            "ended_epochs",
            "ended_steps",
        ),
    ),
    "ended_early": Meaning(
        sees=(
            "A fit that a callback, such as `EarlyStopping`, has ended before the epochs that it was asked for, "
            "while the last training loss, and the last validation loss if there is one, is the lowest of all. Needs "
            "`TrainingGuard`, or the `History` that `fit` returns."
        ),
        severity=(
            "Warning, if the loss has fallen by `flat_loss` or more in the last three epochs, and is not below "
            "`early_end` of a constant answer's (or of its first epoch's). An error where the callback is known, and "
            "its metric became better to the end, since the first epoch by less than its `min_delta`."
        ),
        thresholds=("flat_loss", "early_end"),
    ),
    "metric_mismatch": Meaning(
        sees=(
            "A metric that says nothing of how well the model answers: an accuracy of numbers, one that cuts logits at "
            "0.5, one that looks for the largest of a single output or for the only one of several labels, or that "
            "compares probabilities with labels to the last digit. Keras's own metrics alone are judged. And a loss "
            "that is logged as 0 in every epoch, since a `train_step` returns it but does not update Keras's `loss`."
        ),
        severity="Warning: what is learned does not depend on it.",
    ),
    "monitor_mode": Meaning(
        sees=(
            "An `EarlyStopping`, a `ReduceLROnPlateau` or a `ModelCheckpoint` that saves the best epoch alone, whose "
            "`mode` takes the worse values of its metric for the better ones: a loss that is to rise, an accuracy that "
            "is to fall. Which are better is known of the whole loss and of Keras's metrics; of an output's loss and "
            "of metrics of one's own nothing is said. Needs `TrainingGuard`."
        ),
        severity=(
            "Error where it has ended the fit, lowered the learning rate (if no other of Keras's callbacks may have), "
            "or put back the weights of the worst epoch; otherwise warning."
        ),
    ),
    "few_steps": Meaning(
        sees=(
            "A fit that has ended after many epochs of a few steps each, all examples in one batch for instance, while "
            "its loss still fell: what it has not learned says nothing of the model. Needs a gradient log or "
            "`TrainingGuard`, which know the number of steps."
        ),
        severity=(
            "Warning, at the end of a fit of `ended_epochs` and fewer steps than `ended_steps`, fewer than `few_steps` "
            "an epoch; silent if the loss is low (`converged_loss`), or no longer falls. An error if it is still above "
            "half of the best constant answer's, and falls as fast as before (half of its mean fall)."
        ),
        thresholds=("few_steps", "ended_epochs", "ended_steps", "converged_loss"),
    ),
    "validation_not_learned": Meaning(
        sees=(
            "Classes that are learned from the training data, while the validation loss is in no epoch below that of "
            "equal probabilities for all classes: sorted rows of which the last are set aside, labels that are encoded "
            "or ordered otherwise, inputs that are prepared otherwise, or nothing in the inputs that the labels follow "
            "from."
        ),
        severity=(
            "Error, at the end of a fit, if the training's loss, with what the probe batch's is higher by outside of "
            "training, is below `validation_learned` of that of equal probabilities, and no logged accuracy of the "
            "validation has `validation_share` of what the training's has above guessing. Without a logged accuracy a "
            "warning, unless the validation loss is never below `validation_far` of that of equal probabilities. Needs "
            "validation data, `TrainingGuard(x, y)`, and a loss without weights or sums over examples; of losses other "
            "than cross-entropies `validation_loss_rises` warns."
        ),
        thresholds=("validation_learned", "validation_share", "validation_far", "baseline_distance", "settled_epochs"),
    ),
    "validation_loss_rises": Meaning(
        sees="A validation loss that rises, by more than its noise, while the training loss falls.",
        severity=(
            "Warning if it rises from the first epoch on, or is `validation_gap` times the training loss even at "
            "its lowest: the validation data are other data, or the model learns the examples by heart at once. "
            "For information if it had fallen before."
        ),
        thresholds=(
            "validation_rise",
            "validation_gap",
            "settled_epochs",
        ),
    ),
    "endless_fall": Meaning(
        sees=(
            "A loss below 0 that falls faster at every epoch, and than ever since it is there. A loss that has a "
            "lowest value falls more slowly as it nears it; this one has none. Without an inspection also a loss that "
            "has fallen below -1 while no accuracy beside it has risen: labels that a cross-entropy does not take."
        ),
        severity=(
            "Error from `endless_loss` times the first loss below 0; else, and beside an accuracy, a warning. A "
            "warning, too, of a loss of one's own whose labels have other columns than the predictions: it does not "
            "compare the two, and that of a policy may fall without an end while the policy gets better."
        ),
        thresholds=("endless_loss",),
    ),
}
