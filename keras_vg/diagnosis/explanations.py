"""Which rules explain which others, and when: the table that findings are put under their causes by."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import INPUT, LABELS, ROUNDING

Where = Literal["anywhere", "same layers", "behind", "before"]

LOW = ("learning_rate_too_low", "update_too_small")
HIGH = ("learning_rate_too_high", "update_too_large")
FLAT = ("no_better_than_constant", "loss_does_not_fall", "learning_stops")
"""A loss that does not fall, or no longer."""

ALIKE = ("constant_prediction", "predictions_hardly_vary", "worse_than_simple_model")
"""What is seen of the predictions."""
STALLED = (*LOW, *FLAT, *ALIKE)
"""What is seen of a training whose gradients are gone, whatever took them."""

NO_GRADIENT = ("tiny_gradient", "zero_gradient", "no_update", "coasting_weights")
UNITS = ("saturated_units", "dead_relu")
GROWTH = ("exploding_activation", "exploding_gradient")
RESIDUAL = ("residual_growth", "residual_imbalance")
DAMAGE = (*UNITS, *GROWTH, "vanishing_gradient", "dead_outputs", "saturated_output", *NO_GRADIENT, *STALLED)
"""What too large steps make of the weights."""

_DATA = (INPUT, ROUNDING, LABELS)


@dataclass(frozen=True)
class Facts:
    """What is known of a model beside its findings.

    Attributes:
        depths: The position of each layer, by its name; a layer that is not in it may be anywhere.
        moves_by_rate: Whether the optimizer's steps are of the size of the learning rate, whatever the gradients.
    """

    depths: Mapping[str, int] = field(default_factory=dict)
    moves_by_rate: bool = False


Condition = Callable[[Finding, Finding, Facts], bool]


@dataclass(frozen=True)
class Edge:
    """That findings of one rule explain findings of others.

    Attributes:
        cause: The rule that explains.
        consequences: The rules that it explains.
        reason: Why.
        where: Which layers the cause must have, if both findings name layers: any, some of the consequence's, some
            that are these or nearer the output (`"behind"`), or nearer the input (`"before"`).
        after_steps: Whether only what shows in a training is explained, not what an inspection finds before it.
        condition: What must hold besides.
    """

    cause: str
    consequences: tuple[str, ...]
    reason: str
    where: Where = "anywhere"
    after_steps: bool = False
    condition: Condition | None = None


def _is_error(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    return cause.severity == "error"


def _has_ended(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    return "ended" in str(cause.evidence.get("effects", ""))


def _has_lowered(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    return "lowered" in str(cause.evidence.get("effects", ""))


def _follows_gradients(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    """Under Adam a step is of the size of the rate, so that no gradient explains it."""
    return consequence.rule != "update_too_large" or not facts.moves_by_rate


def _is_no_output_before_training(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    """Labels, heads and steps come after the layers' outputs: of an untrained model they explain none of them."""
    first = str(consequence.evidence.get("first", ""))
    return _is_not_from_data(cause, consequence, facts) and not (
        consequence.epoch is None and first.startswith("layer")
    )


def _is_not_from_data(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    return consequence.evidence.get("first") not in _DATA


def _shows_nan(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    """Whether a finding judged NaN: steps and growth of finite size may as well be why there is NaN."""
    if consequence.rule not in (*GROWTH, *HIGH):
        return True
    if cause.evidence.get("first") in _DATA or (cause.epoch or 0) < (consequence.epoch or 0):
        return True
    return not all(math.isfinite(value) for value in consequence.evidence.values() if not isinstance(value, str))


def _is_not_expected(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    """Whether theory does not expect gradients to vanish as they do, of unsaturated and living units."""
    expected, factor = (
        consequence.evidence.get(name, math.nan) for name in ("expected_factor_per_layer", "factor_per_layer")
    )
    if isinstance(expected, str) or isinstance(factor, str) or math.isnan(expected):
        return True
    return not expected < math.sqrt(factor)  # half of the fall, as a logarithm, and more


EDGES: tuple[Edge, ...] = (
    Edge(
        "nonfinite",
        (*HIGH, *DAMAGE, "skipped_steps", "endless_fall", "symmetric_weights"),
        "What is computed from NaN is NaN, and a comparison with it is false: rules that look at it see neither large "
        "nor small.",
        condition=_shows_nan,
    ),
    *(
        Edge(
            rule,
            ("nonfinite",),
            "Values that grow beyond any scale, or that the loss has no meaning for, overflow; and the difference of "
            "two infinities is NaN.",
            condition=condition,
        )
        for condition, rules in (
            (
                _is_not_from_data,
                ("embedding_range", "feature_scale", "input_scale", "symmetric_weights", "unbounded_recurrence"),
            ),
            (_is_not_from_data, GROWTH),
            (
                _is_no_output_before_training,
                ("label_range", "endless_fall", "output_layer", "label_scale", "unbuilt_optimizer", *HIGH),
            ),
        )
        for rule in rules
    ),
    Edge(
        "embedding_range",
        STALLED,
        "Ids without a row are looked up as 0 or as another id's row, so that what they say is lost.",
    ),
    Edge(
        "constant_input",
        (*STALLED, *NO_GRADIENT, *UNITS, "symmetric_weights", "vanishing_in_time", "padding_attended"),
        "Where no example differs from another, there is nothing to learn but one answer.",
        condition=_is_error,
    ),
    Edge(
        "exhausted_data",
        FLAT,
        "After the data's end the same leftover batches are trained again.",
        condition=lambda cause, consequence, facts: cause.severity != "info",
    ),
    *(
        Edge(
            rule,
            (*STALLED, *NO_GRADIENT, "learning_rate_too_high", "endless_fall", "dead_outputs", "saturated_output"),
            "A loss cannot come near its lowest value where the output cannot reach the labels, nor where there is "
            "nothing to learn in them; what it does instead is flat, endless, or up and down.",
            condition=lambda cause, consequence, facts: not {"unused_losses", "taken_for"} & set(cause.evidence),
        )
        for rule in ("label_range", "label_shape", "constant_labels", "loss_function")
    ),
    Edge(
        "loss_function",
        ("label_range", "label_shape", "label_scale", "output_layer", "constant_labels", "nonfinite"),
        "Labels that meet another output than their own do not fit its loss, nor its last activation.",
        condition=lambda cause, consequence, facts: "taken_for" in cause.evidence,
    ),
    Edge(
        "output_layer",
        (*STALLED, *NO_GRADIENT, "vanishing_gradient", "dead_outputs", "saturated_output", "learning_rate_too_high"),
        "What the head or its loss cuts off has no gradient, for itself nor for the layers before it.",
    ),
    Edge(
        "output_layer",
        ("label_range",),
        "How many classes the labels may have is the number of the head's units, which is at fault.",
        where="same layers",
        condition=lambda cause, consequence, facts: cause.evidence.get("units") == 1,
    ),
    Edge(
        "saturated_output",
        (*STALLED, *NO_GRADIENT, "vanishing_gradient"),
        "Where probabilities are 0 or 1 cross-entropy passes no gradient on.",
        condition=_is_error,
    ),
    Edge("dead_outputs", (*FLAT, *ALIKE), "What a unit that is always 0 is to answer, is not learned."),
    Edge("feature_scale", ("input_scale",), "The largest feature is the large input; both are cured by scaling each."),
    *(
        Edge(
            rule,
            (
                *UNITS,
                *GROWTH,
                *RESIDUAL,
                "saturated_output",
                *HIGH,
                "skipped_steps",
                "constant_prediction",
                "worse_than_simple_model",
                "loss_does_not_fall",
            ),
            "Sums of large inputs drive units to where they are flat or dead, and gradients grow with the inputs.",
            condition=_follows_gradients,
        )
        for rule in ("feature_scale", "input_scale")
    ),
    *(
        Edge(
            rule,
            ("vanishing_gradient",),
            "The gradients of the layers behind grow with the large inputs, those of other branches do not.",
            condition=lambda cause, consequence, facts: bool(cause.layers) and cause.severity == "error",
        )
        for rule in ("feature_scale", "input_scale")
    ),
    Edge(
        "label_scale",
        (*UNITS, *GROWTH, *HIGH, *STALLED, "skipped_steps"),
        "The error of the first predictions is the labels' size: so are its gradients, and steps of the rate are small "
        "beside the way to go.",
        condition=_follows_gradients,
    ),
    *(
        Edge(
            rule,
            (*HIGH, *DAMAGE, "skipped_steps"),
            "The optimizer's first step replaces the weights, so all that follows is its work.",
            after_steps=rule == "discarded_weights",
        )
        for rule in ("unbuilt_optimizer", "discarded_weights")
    ),
    Edge(
        "input_offset",
        (*STALLED, "tiny_gradient", "vanishing_gradient"),
        "What differs between the examples is lost beside what they have in common.",
    ),
    *(
        Edge(rule, ("input_offset",), "Scaling each feature takes its mean away, too.")
        for rule in ("feature_scale", "input_scale", "rounded_input")
    ),
    Edge("input_offset", ("input_too_small",), "What varies little about a mean is as small once that is taken away."),
    Edge(
        "input_too_small",
        (*STALLED, "tiny_gradient", "vanishing_gradient"),
        "The first kernel's gradient is as small as its inputs, and what differs between them is lost beside biases.",
    ),
    Edge(
        "rounded_input",
        (*STALLED, *NO_GRADIENT, "dead_relu", "input_too_small", "symmetric_weights"),
        "What has become one number to the model cannot be told apart, and where all of it is 0 no gradient comes of "
        "it.",
    ),
    Edge(
        "dropout_rate",
        (*STALLED, "dead_relu", *HIGH),
        "Where hardly a value passes, and those that do are made as large as all were, each step is led by chance.",
    ),
    Edge(
        "dropout_of_outputs",
        ("dropout_rate", "saturated_output", "nonfinite", *STALLED, *HIGH),
        "Predictions that are set to 0 by chance are wrong by chance, which is what the loss and its gradients show.",
        condition=_is_not_from_data,
    ),
    Edge("positions_alike", STALLED, "What differs between the positions of an example cannot be told."),
    Edge(
        "examples_mixed",
        (*FLAT, *ALIKE, "probe_not_learned"),
        "An answer that is made of other examples follows them, and not its own label.",
    ),
    Edge(
        "order_ignored",
        STALLED,
        "What follows from the order of the steps or pixels cannot be learned.",
        condition=_is_error,
    ),
    Edge("symmetric_weights", ("order_ignored",), "A sum over all inputs with one weight has no order."),
    Edge(
        "untracked_layers",
        ("no_trainable_weights", *FLAT, *ALIKE),
        "Weights that no step changes learn nothing, and what is random and stays so tells the layers behind it little "
        "of the inputs.",
        condition=_is_error,
    ),
    Edge(
        "no_trainable_weights",
        ("frozen_at_random", "frozen_at_zero", *NO_GRADIENT, "disconnected_layer", *STALLED),
        "What no step changes learns nothing.",
    ),
    Edge(
        "frozen_at_zero",
        ("frozen_layers", "frozen_at_random", *UNITS, *NO_GRADIENT, "vanishing_gradient", *STALLED),
        "What is multiplied by 0 is the same for every example, and passes no gradient on.",
    ),
    Edge(
        "frozen_at_random",
        ("frozen_layers", *FLAT, *ALIKE),
        "What is random and stays so tells the layers behind it little of the inputs.",
    ),
    Edge(
        "hidden_softmax",
        ("vanishing_gradient", "tiny_gradient", *STALLED),
        "Values that sum to 1 hardly differ between examples, and little gradient passes them.",
    ),
    Edge(
        "linear_layers",
        ("learning_rate_too_high", *FLAT, *ALIKE),
        "The loss comes as near to its lowest value as weighted sums of the inputs bring it; there it is flat, or goes "
        "up and down.",
        after_steps=True,
        condition=_is_error,
    ),
    Edge("no_update", (*LOW, *FLAT, *ALIKE), "Weights that do not move learn nothing."),
    Edge("learning_rate_too_high", ("update_too_large",), "It is the same step, seen in the weights."),
    Edge("update_too_large", ("learning_rate_too_high",), "It is the same step, seen in the loss."),
    *(
        Edge(
            rule,
            (*DAMAGE, "skipped_steps"),
            "Steps that overshoot throw the weights to where units are saturated or dead, or grow without end; and the "
            "loss gains nothing by them.",
            after_steps=True,
        )
        for rule in HIGH
    ),
    *(
        Edge(rule, LOW, "A step that goes too far gains nothing either; of two advices on the rate one is right.")
        for rule in HIGH
    ),
    Edge("update_too_small", ("learning_rate_too_low", *FLAT, *ALIKE), "Weights that hardly move hardly learn."),
    Edge("learning_rate_too_low", ("update_too_small", *FLAT, *ALIKE), "The loss falls by what the steps are worth."),
    Edge(
        "no_loss_scaling",
        (*NO_GRADIENT, *STALLED),
        "A gradient that is too small for float16 is 0.",
        condition=_is_error,
    ),
    Edge(
        "endless_fall",
        (*UNITS, "zero_gradient", "saturated_output"),
        "A loss without a lowest value drives weights up until units and outputs are flat or dead.",
        condition=_is_error,
    ),
    Edge("skipped_steps", ("no_update", *LOW, *FLAT), "What is skipped trains nothing.", condition=_is_error),
    Edge(
        "symmetric_weights",
        (*UNITS, *GROWTH, "vanishing_gradient", *NO_GRADIENT, *STALLED, *HIGH, "saturated_output"),
        "Units that are all alike are one unit: their outputs add up instead of cancelling, and their differences, "
        "which the gradient is about, are 0.",
    ),
    Edge(
        "unbounded_recurrence",
        (*GROWTH, "exploding_in_time", *HIGH, *UNITS, "saturated_output", "skipped_steps", *FLAT, *ALIKE),
        "A state that grows from one time step to the next takes everything behind it, and its gradient, with it.",
    ),
    Edge(
        "exploding_in_time",
        (*GROWTH, *HIGH, "nonfinite", "skipped_steps", *FLAT, *ALIKE),
        "A gradient that grows with every time step grows beyond all others, and so do the steps.",
        condition=_follows_gradients,
    ),
    Edge(
        "saturated_units",
        ("vanishing_in_time",),
        "A state that is flat at each time step passes nothing on to the one before it.",
        where="same layers",
    ),
    Edge(
        "vanishing_in_time",
        STALLED,
        "What the first time steps say is not learned, however well the weights' gradients look.",
        condition=_is_error,
    ),
    Edge(
        "vanishing_in_time",
        (*NO_GRADIENT, "dead_relu", "vanishing_gradient", *STALLED),
        "What is 0 for every example says nothing to the layers behind, and passes no gradient on.",
        condition=lambda cause, consequence, facts: "zeroed_examples" in cause.evidence,
    ),
    Edge("dead_adapter", ("zero_gradient", "symmetric_weights"), "It is the same 0.", where="same layers"),
    Edge(
        "residual_growth",
        (*GROWTH, "residual_imbalance", *HIGH, "saturated_output", "nonfinite", "skipped_steps", *FLAT, *ALIKE),
        "A stream that grows by a factor per block takes the last layer's inputs, and all gradients, with it.",
        condition=_follows_gradients,
    ),
    Edge(
        "residual_imbalance",
        ("vanishing_gradient", *FLAT, *ALIKE),
        "Where a block and its skip connection are not of like size, gradients pass through one of them alone.",
    ),
    Edge(
        "shrunk_weights",
        (*HIGH, *DAMAGE),
        "Weights of next to nothing pass on neither differences forwards nor gradients backwards.",
        after_steps=True,
    ),
    Edge("symmetric_weights", RESIDUAL, "What units put out that are all alike adds up instead of cancelling."),
    Edge(
        "exploding_activation",
        (*UNITS, "saturated_output"),
        "Units are saturated or dead by what they are given.",
        where="before",
    ),
    Edge(
        "exploding_activation",
        ("exploding_gradient", "zero_gradient", *HIGH, "skipped_steps", *FLAT, *ALIKE),
        "A kernel's gradient is the product of its input and of what comes back.",
        condition=_follows_gradients,
    ),
    Edge(
        "exploding_gradient",
        (*HIGH, "skipped_steps", *FLAT),
        "A step is as large as its gradient.",
        condition=_follows_gradients,
    ),
    *(
        Edge(
            rule,
            ("vanishing_gradient",),
            "Flat and dead units pass no gradient on to the layers before them.",
            where="behind",
            condition=_is_not_expected,
        )
        for rule in UNITS
    ),
    *(
        Edge(
            rule,
            ("exploding_gradient",),
            "The gradient does not grow towards the input: it is small behind, where units are flat or dead.",
            where="behind",
        )
        for rule in UNITS
    ),
    *(
        Edge(
            rule,
            ("zero_gradient",),
            "Flat and dead units pass no gradient on, neither to their own weights nor to the layers before them.",
            where="behind",
            condition=lambda cause, consequence, facts: "constant" not in consequence.evidence,
        )
        for rule in UNITS
    ),
    Edge(
        "zero_gradient",
        UNITS,
        "Units that are given the same value for every example are flat or dead for all or none.",
        condition=lambda cause, consequence, facts: "constant" in cause.evidence,
    ),
    *(
        Edge(
            rule,
            (*STALLED, "tiny_gradient", "no_update", "coasting_weights"),
            "A layer of flat or dead units gives the same for every example, and passes no gradient on.",
            condition=_is_error,
        )
        for rule in UNITS
    ),
    Edge(
        "tiny_gradient",
        (*STALLED, "no_update", "vanishing_gradient"),
        "Weights so small pass on neither differences forwards nor gradients backwards.",
    ),
    Edge(
        "vanishing_gradient",
        ("zero_gradient",),
        "A gradient that is small enough is rounded to 0.",
        where="behind",
    ),
    Edge(
        "vanishing_gradient",
        STALLED,
        "Layers without a gradient do not learn, and what differs between examples vanishes with it on the way.",
        condition=_is_error,
    ),
    Edge("zero_gradient", (*STALLED, "no_update", "coasting_weights"), "Without a gradient nothing is learned."),
    Edge(
        "disconnected_layer",
        ("decay_without_gradient", "coasting_weights"),
        "The loss does not depend on these weights; what moves them is the optimizer alone.",
        where="same layers",
    ),
    Edge(
        "disconnected_layer",
        STALLED,
        "The layers that would have to learn get no gradient.",
        condition=_is_error,
    ),
    Edge(
        "constant_prediction",
        (*FLAT, *LOW, *ALIKE[1:]),
        "The same answer to every example is no better than the best constant one.",
    ),
    Edge(
        "inference_differs",
        ("probe_not_learned", "worse_than_simple_model", "validation_loss_rises"),
        "The validation loss is that of predictions, which another mode makes worse.",
    ),
    Edge(
        "validation_not_learned",
        ("validation_loss_rises",),
        "What is learned does not hold for the validation data, so its loss rises with what is learned.",
    ),
    Edge(
        "probe_not_learned",
        ("saturated_output", *ALIKE),
        "Predictions for examples that do not count are what the others have made of them.",
    ),
    Edge(
        "monitor_mode",
        ("ended_early",),
        "The callback has ended the fit as soon as the metric became better.",
        condition=_has_ended,
    ),
    Edge(
        "monitor_mode",
        ("learning_stops", "no_update", *LOW),
        "The callback has lowered the learning rate as soon as the metric became better.",
        condition=_has_lowered,
    ),
    Edge("learning_stops", ("no_update", "update_too_small"), "Steps that shrink on end as none at all."),
    *(
        Edge(rule, ("worse_than_simple_model",), "A model that has not learned is behind one that has.")
        for rule in (
            "skipped_steps",
            "exploding_gradient",
            "dead_adapter",
            "attention_collapsed",
            "predictions_hardly_vary",
        )
    ),
    *(Edge(rule, FLAT[FLAT.index(rule) + 1 :] + ALIKE, "What is not learned is not predicted.") for rule in FLAT),
)
"""What explains what. Where two explain each other, the one upstream is the cause."""
