"""The values from which the rules call something a fault, each with its source."""

import difflib
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Thresholds:
    """The values from which the rules call something a fault.

    "Benchmark" means `benchmarks/diagnosis.py --figures`, which prints the measurement.

    Attributes:
        vanishing_ratio: First layer's gradient over the last one's below which it is cut off. Under Adam, five layers
            of 16 sigmoids (2e-4) still train, slowly; six (6e-5) are at chance after three epochs.
        vanishing_warning: Below this part the first layer learns markedly more slowly: four such layers (8e-4).
        vanishing_factor: Only a steady decay vanishes: the fitted factor per layer must be below this. Glorot's
            initialization with tanh keeps 0.94, He's with ReLU 0.995; 1/n with ReLU has 0.70 (claims F1, F3).
        vanishing_time: Gradient with respect to a time step, relative to the largest of all steps, below which what
            happens there is not learned within 1500 steps of Adam: of trainings whose answer stood at one step none of
            11 below it learned, of 3 from here to 1e-4 one, of 7 above 5e-4 all (`benchmarks/recurrent_reach.py`).
        lost_steps: Part of the steps below `vanishing_time` from which it is worth saying. What stands there is not
            learned, and what stands in the others is (the same with `--position last`): hence a warning.
        padding_out_of_reach: Part of the examples of which all that is not padding is below `vanishing_time`: most.
            None of 5 such trainings learned (the same with `--padding 0.75 --position last`). Where all predictions
            are the same, it is also the part of the steps that are padding, chosen.
        exploding_ratio: First layer's gradient over the last one's from which a net explodes. Normalization with ReLU
            multiplies by 1.21 per layer (Yang et al., 2019): 1e4 after 48 layers, where they call it untrainable.
        exploding_activation: Outputs of a hidden layer larger than this do not come from unit-scale inputs.
        tiny_gradient: Root mean square at which Adam's epsilon (1e-7 in Keras) takes over.
        update_large: A first step of this size, relative to the weights, replaces them; 1e-3 is healthy (Karpathy).
        update_warning: From this size on steps are coarse.
        update_unbuilt: Change of the weights, relative to their size, from which a first step in which the optimizer is
            built ruins them, if it is not half as large when the optimizer is built before: 0.999 against 0.0006
            (`findings/schedule_free_adamw_zero_weights.sh`).
        update_discarded: Change of a weight by Ftrl's first step, relative to its size, from which its initial value is
            gone: 0.73 to 1.0 (`findings/ftrl_discards_initial_weights.sh`).
        update_small: Relative steps below this need a million steps for a change of order 1.
        loss_jump: Loss after one step over the loss before it, on the same batch, from which the step overshoots.
        loss_jump_adaptive: The same, from which it is an error under optimizers whose first step is as large as all
            others (Adam). Below it is a warning: healthy programs of the benchmark recover from 5 and 19 times their
            loss ("fourth power, numbers and labels scaled"). Chosen.
        dead_fraction: Part of a layer's units that are dead; all of them: nothing passes.
        dead_warning: From here on most of the layer is wasted.
        saturated_fraction: Part of a layer's values whose derivative is below 1 % of the largest.
        saturated_warning: From here on most of the layer learns slowly.
        input_size: Largest input from which unscaled features saturate or overshoot (pixels of 0 to 255 are above).
        input_error: Largest input from which it is certain.
        input_offset: Largest standard deviation of a feature over the largest root mean square of one, below which
            examples look alike. Chosen: of the labelled programs no healthy one is below 0.08, seven sick ones are
            below 0.01.
        input_small: Largest spread of a feature of what the first kernel is given, below which training is markedly
            slower: with Adam inputs of 1e-2 cost a tenth of the accuracy after 600 steps, of 1e-3 a third to a half
            (`benchmarks/small_inputs.py`). Under plain SGD ten times as much.
        input_small_error: The same, from which next to nothing is learned: at 1e-4 accuracy is that of guessing (0.34;
            at 1e-3 of SGD, too).
        rounded_warning: Part of a feature's spread that is lost where it is rounded to 16 bits. Rounding to multiples
            of q loses q / sqrt(12) (a uniform error), so that at 0.1 a feature has some ten different values left
            within two standard deviations of its mean.
        rounded_error: The same, where q is 1.7 standard deviations: two or three different values are left.
        lost_gradient: Error of a gradient relative to its norm, for lack of loss scaling. Float16 itself errs by 0.0005
            in each operation. Chosen.
        lost_gradient_error: The same, from which the gradient is no longer one. Chosen.
        loss_excess: First loss over that of the best constant prediction, with such inputs: the first predictions are
            ten times as far off as the labels differ. Healthy nets start below 3.5 (benchmark).
        feature_range: Quotient of the largest and the smallest feature scale.
        label_size: Root mean square of the labels, where the network must output them as they are.
        label_error: The same, where plain SGD overshoots and Adam takes thousands of steps of 1e-3 to arrive.
        label_steps: Steps like the next one from which the way to such labels is an error: a linear model of prices of
            200,000 under Adam at a rate of 5 needs 480, and learns; of the benchmark's sick programs with such labels,
            if their first step does not overshoot, one needs 150, and all others 100,000 and more. Chosen.
        small_labels: Standard deviation of an untrained network's answers, at most 1, over that of the labels. Chosen.
        label_shape: Relative change of the loss, if labels are given the predictions' shape, from which it compared
            each prediction with every label; rounding changes it by 1e-6.
        cut_labels: Loss that predictions within the range of the last activation can reach, as part of the best
            constant prediction's, from which labels beyond the range are an error under a regression's loss, and no
            warning: 0.14 for an autoencoder of standardised signals through tanh, which learns the rest, 0.5 for a sine
            through a sigmoid. Chosen between them.
        reachable_loss: Loss that the last activation can reach under labels beyond its range, as part of the present
            one, above which it cannot learn them: a loss that scales the labels itself gets near 0.
        endless_loss: How many times the present loss that lowest one may lie below 0. A Dice loss, of -1 at best, stays
            within; cross-entropy under a label of 255 gets to hundreds.
        loss_of_logits: Least loss that right answers can have as probabilities, as part of that of equal ones, from
            which a loss of one's own is not made for probabilities, if it is less than half of that for logits: 0.45 of
            two classes, 0.63 of ten, 0.80 of a hundred where the loss applies a softmax of its own; 0 where it does
            not. Chosen between them.
        several_labels: Part of the examples with several labels of 1 from which these are no exception, so that softmax
            is an error. Chosen.
        answer_gain: How much lower some prediction that depends on the labels must be in its loss than the best
            constant one, relative to the median loss of trial predictions: 1e-3 and more under the losses that teach
            of `tests/inspection/test_answers.py`, 0 but for rounding under those that do not.
        answer_share: If the labels themselves have the highest loss of all, how much of what trial predictions gain
            over them a constant one may lose for the sign to be wrong: 3e-4 under a Dice coefficient that is lowered
            instead of raised. Under a contrastive loss, whose labels are no predictions, it is the part of the rarer
            label. Chosen: less than one example of a batch of 1,000.
        saturated_output: Mean of p (1 - p) over the outputs of a head, below which all of them are 0 or 1.
        attention_entropy: Mean entropy of a layer's heads, relative to that of equal weights, below which they look at
            one key alone: 0.92 to 0.95 before, 0.66 to 0.91 after training with Keras's weights (least head 0.54), 0.10
            to 0.12 with queries and keys of 4 times these weights, with which decoders learn 0.33 instead of 0.81
            (`benchmarks/attention_heads.py`).
        attention_logit: Largest score before softmax from which that comes from its size: 3 to 8 with Keras's weights,
            63 to 74 with 4 times, 380 to 520 with 10 times their size (the same).
        padding_weight: Part of a layer's attention that goes to padding, from which it matters.
        residual_growth: Growth of a residual stream over the later half of its additions, relative to that which the
            largest of the amounts before would make, from which it grows by a factor per block. With normalization in
            the blocks it is 1.0; of dense blocks without it, which double the variance (De & Smith, 2020), 5 (2.1)
            learn 0.98, 10 (3.5) 0.89, 20 (5.2) 0.65 and 40 (22) 0.24, but 0.97 where they begin small
            (`benchmarks/residual_stream.py`).
        drowned_blocks: Size of what a block adds, relative to the stream, up to which it is lost in a large one: of
            decoders that learn 0.81, 0.80 is left at 0.014, 0.36 at 0.005 and 0.11 at 0.0005 (the same with
            `--streams`).
        drowning_stream: Root mean square from which a stream is large: in the last ones it is 41, 122 and 1220. BERT's
            is 1, and its blocks begin with 0.004 of it.
        drowned_stream: Size of what each block adds, relative to the stream, from which its skip connection does
            nothing: post-norm decoders that learn 0.81 do so at 1.3, too, 0.62 at 2.1 and 0.34 at 4.3 (the same with
            `--gains`).
        cut_fraction: Part of the labels whose probability is so low that Keras cuts it, so that they have no gradient:
            mislabelled examples that a net has learned to contradict may be so; healthy nets start at 0 (benchmark).
        constant_prediction: Spread of the predictions over the examples, relative to their size, below which the
            network gives the same answer to everything. Healthy nets start at 0.0045 and more (benchmark).
        constant_warning: From here on it nearly does.
        shrunk_weights: Part of its first norm below which a kernel has shrunk to next to nothing. Chosen.
        symmetric: Relative spread of the weights, and of the gradients, over a layer's units: rounding only.
        skipped_steps: Part of an epoch's steps that a `LossScaleOptimizer` may skip while it looks for its scale.
        skipped_at_first: Steps that it may skip for that: as many halve the scale that it starts with, 2**15, to 1.
        flat_loss: Relative fall of the loss over the epochs below which it does not fall.
        slow_loss: Relative fall of the loss by one step on its own batch below which the rate is low, since 250 such
            steps are needed to halve it: healthy nets that are not done yet fall by 0.0023 and more (benchmark).
        slow_error: Below this, ten thousand steps are needed.
        slow_steps: Relative change of the weights by that step from which the rate is not to blame: healthy nets are
            moved by 0.0024 and more (benchmark).
        slow_curve: Relative fall of the loss over the epochs below which small steps are to blame.
        small_steps: Relative change of the weights per step that counts as small then.
        small_total_update: Sum over the epochs of a kernel's relative change, of the kernel that changes most, below
            which the steps are too small, from `settled_epochs` epochs on and while the loss is above `beaten_loss`.
            After five epochs 25 of 26 programs with too low a rate are below 0.06, no healthy one below 0.23 (the
            column `total_update` of the benchmark).
        total_update_steps: Steps that a training must have for that: 100 of Adam at its default rate change the kernel
            of a layer of 32 units by about half.
        rising_loss: Last loss over the smallest one from which it rises.
        rising_error: The same, from which it is lost; where a constant prediction's loss is known, that decides.
        lost_loss: Loss over that of a constant prediction from which one epoch is enough for an error; below, it must
            have stayed above it for `settled_epochs`. Chosen: healthy programs of the benchmark rise to 1.6 times it in
            one epoch, and go on to learn ("panels divided by 255, sgd 0.01", "series turned round in an own training
            step").
        oscillation: Part of the loss's falls that later rises undo, from which it goes up and down rather than down. Of
            46 healthy programs over ten epochs, 44 never rise and 2 rise once, undoing 0.02 at most (benchmark, with
            `--epochs 10`); two rises are needed. Of 33 runs at rates far too high, 8 undo 0.52 to 2.1; most others
            are ruined at once, which other rules see (the same with `--match rate --seeds 3`).
        oscillation_size: Median relative change of the loss per epoch below which that is but the noise of a plateau.
        beaten_loss: Loss, as part of that of the best constant prediction, below which large steps have done good.
        converged_loss: Loss, as part of that of the best constant prediction, below which a still net is done.
        still_part: Part of the epochs that must have passed since a training stopped.
        same_loss: Relative change of the loss per epoch below which it is the very same but for rounding.
        baseline_distance: Relative distance from the loss of the best constant answer within which a loss is that. The
            entropy of ten classes in a batch of 128 is 1.5 % too low; that of two, 0.6 %.
        baseline_noise: The same of a squared error: a batch's variance is off by the root of 2 / 128, 12 %.
        hardly_vary: Standard deviation of the predictions over that of the labels, below which they are one answer: the
            inputs explain no more than 0.25 % of the labels' variance.
        many_values: Labels that a probe batch must have (examples, times positions and units) to show that a training
            has learned nothing: the loss of a hundred differs by more, from batch to batch, than the few per cent that
            noisy labels may allow. Chosen.
        label_slope: Covariance of predictions and labels over the labels' variance, below which predictions do not
            follow the labels: 1 where they are equal, 0 where they are unrelated. Chosen.
        lost_in_inference: Part of what a model has gained over a constant answer in training mode that is lost where
            it only predicts, from which it is worth saying. Chosen.
        simple_score: Score of a simple model, from 0 for the best constant answer to 1, below which it shows nothing of
            a network. Chosen.
        simple_part: Part of that score below which a network has been kept from learning. Chosen.
        late_fall: Fall of the loss in the last quarter of the epochs, relative to what it was then, from which such a
            network is on its way: as many epochs again would halve the loss, as 0.84**4 is 0.5. Two healthy programs
            that learn slowly have 0.22 and 0.43, six sick ones that no other rule calls an error 0.00 to 0.12. One that
            as many epochs would not even bring to a constant answer's loss is not on its way.
        simple_warning: Part of that score below which a network is behind. Chosen. A network that scores 0.8 or more is
            not compared.
        little_learned: Score of the answers at the end of a fit from which a rate that was cut again and again was no
            mistake. Chosen.
        unrelated_score: Score of a network at the end of a fit below which it has found nothing, if simple models score
            less than half of that: healthy programs of four rounds end with 0.41 and more. Chosen.
        settled_epochs: Epochs after which a loss at a constant answer's has settled, and a validation loss is judged.
        settled_steps: Steps that they must have, where those are known; a plateau at the start may be as long.
        validation_rise: Last validation loss over the lowest one, from which it rises.
        validation_gap: Lowest validation loss over the training loss of its epoch, from which they are of other data.
        validation_learned: Training loss, as part of that of equal probabilities for all classes, below which the
            training examples are learned, so that the validation's are to be, too. Chosen.
        validation_far: Lowest validation loss, over that of equal probabilities, from which it is far off. Chosen.
        validation_share: Part of what the training's accuracy has above chance that the validation's must have. Chosen.
        first_epochs: Epochs over which a loss may be flat before it counts.
        first_steps: Steps over which it may, where they are known.
        plateau_steps: Steps over which a flat loss may be a plateau, so that it is a warning and no error yet. Chosen:
            healthy programs of the benchmark stay at a constant answer's loss for 70 to 300 steps, by seed ("pictures
            divided by 255, sgd", "small vgg, rmsprop 0.001", "fourth power, standardised"), and then learn.
        dropout_noise: Deviation of a sum of like values behind dropout, relative to its mean. Up to 0.54 an
            accuracy of 0.92 falls by 0.06 at most, at 0.62 to 0.60 (benchmarks/dropout.py).
        dropout_noise_error: The same, from which a third to all of what was learned is lost.
        ended_epochs: Epochs after which a flat loss is an error at the end of a fit, before `plateau_steps`, since
            nothing comes after it. Chosen: fits of fewer epochs are often parts of one training.
        ended_steps: Steps that they must have. Chosen.
        few_steps: Steps per epoch below which an epoch is so little that many of them may be too few. Chosen.
        dead_outputs: Part of the labels' variance that dead units of an output are to answer for, from which it
            matters. Chosen: units for rare events, or for the borders of pictures, may be 0 for good reasons.
        early_end: Loss, as part of that of the best constant answer (where that is not known, of the first epoch's),
            below which a fit that a callback has ended has learned enough to say nothing. Chosen.
        coasting: Movement without a gradient, in learning rates per step and value, from which it does not die away.
            Lion's is 1, for thousands of steps; Adam's adds up to 9 (0.9 + 0.9**2 + ...), over `coasting_steps` 0.3.
        coasting_steps: Steps without a gradient over which it is measured.
        leftover_batches: Batches that Keras gives again in each epoch once a generator is at its end.
    """

    vanishing_ratio: float = 1e-4
    vanishing_warning: float = 3e-3
    vanishing_factor: float = 0.75
    vanishing_time: float = 1e-5
    lost_steps: float = 0.2
    padding_out_of_reach: float = 0.5
    exploding_ratio: float = 1e4
    exploding_activation: float = 1e4
    tiny_gradient: float = 1e-7
    update_large: float = 1.0
    update_warning: float = 0.2
    update_unbuilt: float = 0.1
    update_discarded: float = 0.5
    update_small: float = 1e-6
    loss_jump: float = 3.0
    loss_jump_adaptive: float = 100.0
    dead_fraction: float = 0.999
    dead_warning: float = 0.8
    saturated_fraction: float = 0.9
    saturated_warning: float = 0.5
    input_size: float = 50.0
    input_error: float = 1e3
    input_offset: float = 0.02
    input_small: float = 1e-2
    input_small_error: float = 3e-4
    rounded_warning: float = 0.1
    rounded_error: float = 0.5
    lost_gradient: float = 0.1
    lost_gradient_error: float = 0.5
    loss_excess: float = 100.0
    feature_range: float = 1e3
    label_size: float = 30.0
    label_error: float = 1e3
    label_steps: float = 1000.0
    small_labels: float = 30.0
    label_shape: float = 1e-3
    cut_labels: float = 0.25
    reachable_loss: float = 0.5
    endless_loss: float = 10.0
    loss_of_logits: float = 0.25
    several_labels: float = 0.1
    answer_gain: float = 1e-6
    answer_share: float = 0.001
    saturated_output: float = 1e-4
    attention_entropy: float = 0.15
    attention_logit: float = 50.0
    padding_weight: float = 0.1
    residual_growth: float = 4.0
    drowned_blocks: float = 0.01
    drowning_stream: float = 30.0
    drowned_stream: float = 3.0
    cut_fraction: float = 0.05
    constant_prediction: float = 1e-4
    constant_warning: float = 3e-3
    shrunk_weights: float = 0.1
    symmetric: float = 1e-5
    skipped_steps: float = 0.5
    skipped_at_first: int = 15
    flat_loss: float = 0.01
    slow_loss: float = 2e-3
    slow_error: float = 5e-5
    slow_steps: float = 1e-3
    slow_curve: float = 0.03
    small_steps: float = 2e-4
    small_total_update: float = 0.1
    total_update_steps: int = 100
    rising_loss: float = 2.0
    rising_error: float = 10.0
    lost_loss: float = 5.0
    oscillation: float = 0.5
    oscillation_size: float = 0.05
    beaten_loss: float = 0.8
    converged_loss: float = 0.1
    still_part: float = 0.5
    same_loss: float = 1e-5
    baseline_distance: float = 0.02
    baseline_noise: float = 0.15
    hardly_vary: float = 0.05
    many_values: int = 4000
    label_slope: float = 0.1
    lost_in_inference: float = 0.5
    simple_score: float = 0.3
    simple_part: float = 0.5
    late_fall: float = 0.16
    simple_warning: float = 0.75
    little_learned: float = 0.5
    unrelated_score: float = 0.2
    settled_epochs: int = 5
    settled_steps: int = 200
    validation_rise: float = 1.1
    validation_gap: float = 10.0
    validation_learned: float = 0.5
    validation_far: float = 1.25
    validation_share: float = 0.2
    first_epochs: int = 3
    first_steps: int = 30
    plateau_steps: int = 300
    dropout_noise: float = 0.6
    dropout_noise_error: float = 1.5
    ended_epochs: int = 10
    ended_steps: int = 100
    few_steps: float = 5.0
    dead_outputs: float = 0.1
    early_end: float = 0.5
    coasting: float = 0.5
    coasting_steps: int = 30
    leftover_batches: int = 2


def make_thresholds(**changes: Any) -> Thresholds:
    """Makes thresholds, some of them changed.

    Args:
        **changes: Names of thresholds and positive numbers.

    Returns:
        The thresholds.

    Raises:
        TypeError: If there is no threshold of a name.
        ValueError: If a value is no positive number.
    """
    names = [f.name for f in fields(Thresholds)]
    for name, value in changes.items():
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise TypeError(f"A keyword must name a threshold. Received: {name}={value!r}. Did you mean {nearest!r}?")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ValueError(f"A threshold must be a positive number. Received: {name}={value!r}.")
    return Thresholds(**changes)
