"""The order of the rules, from what goes into a model to what comes of its training."""

from collections.abc import Iterable

from keras_vg.diagnosis.findings import Finding

STAGES: dict[str, tuple[str, ...]] = {
    "data": (
        "nonfinite",
        "embedding_range",
        "constant_input",
        "forgotten_state",
        "padding_attended",
        "exhausted_data",
    ),
    "labels": ("label_range", "label_shape", "constant_labels", "loss_function", "endless_fall"),
    "head": ("output_layer", "dropout_of_outputs", "positions_alike", "dead_outputs", "saturated_output"),
    "scale": (
        "rounded_input",
        "feature_scale",
        "input_scale",
        "input_offset",
        "input_too_small",
        "label_scale",
        "dropout_rate",
    ),
    "rate": (
        "untracked_layers",
        "no_trainable_weights",
        "changed_trainable",
        "unbuilt_optimizer",
        "discarded_weights",
        "no_update",
        "learning_rate_too_high",
        "shrunk_weights",
        "update_too_large",
        "learning_rate_too_low",
        "update_too_small",
        "no_loss_scaling",
        "skipped_steps",
        "few_steps",
        "monitor_mode",
        "ended_early",
        "schedule_by_batches",
        "rank_under_muon",
    ),
    "initialization": (
        "symmetric_weights",
        "frozen_at_zero",
        "frozen_at_random",
        "unbounded_recurrence",
        "exploding_in_time",
        "residual_growth",
        "exploding_activation",
        "exploding_gradient",
        "saturated_units",
        "dead_relu",
        "tiny_gradient",
        "dead_adapter",
        "attention_collapsed",
        "residual_imbalance",
    ),
    "depth": (
        "examples_mixed",
        "order_ignored",
        "linear_layers",
        "hidden_softmax",
        "disconnected_layer",
        "decay_without_gradient",
        "vanishing_gradient",
        "vanishing_in_time",
        "zero_gradient",
    ),
    "outcome": (
        "coasting_weights",
        "inference_differs",
        "probe_not_learned",
        "worse_than_simple_model",
        "constant_prediction",
        "no_better_than_constant",
        "loss_does_not_fall",
        "learning_stops",
        "predictions_hardly_vary",
        "validation_not_learned",
        "validation_loss_rises",
        "metric_mismatch",
    ),
    "not judged": (
        "gradients_not_seen",
        "uncalled_layer",
        "not_inspected",
        "loss_not_known",
        "frozen_layers",
        "constant_feature",
    ),
}
"""The rules, each under the first thing that may have to be changed for it, from upstream to downstream.

What is upstream is set right first: no learning rate suits inputs of the wrong scale, and no initialization a loss
that asks for the wrong thing. Within a stage the rule that says more of the cause comes first.
"""

_RANKS = {rule: rank for rank, rule in enumerate(rule for rules in STAGES.values() for rule in rules)}


def get_rank(rule: str) -> int:
    """Returns the position of a rule from upstream to downstream; that of a rule which is not listed is the last."""
    return _RANKS.get(rule, len(_RANKS))


def sort_upstream(findings: Iterable[Finding]) -> list[Finding]:
    """Sorts findings from the data over labels, head, scale, rate and initialization to the depth."""
    return sorted(findings, key=lambda finding: get_rank(finding.rule))


def list_hidden_by(rule: str) -> frozenset[str]:
    """Lists the rules that may speak only once a fault is gone: those of later stages, of faults in labels or head.

    As long as a loss asks for the wrong thing, say, nothing tells the scale that the labels have for the right one.
    """
    stages = list(STAGES)
    stage = next((name for name, rules in STAGES.items() if rule in rules), "")
    if stage not in ("labels", "head"):
        return frozenset()
    return frozenset(other for name in stages[stages.index(stage) + 1 :] for other in STAGES[name])
