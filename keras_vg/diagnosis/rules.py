"""Applies the rules to the tables of a run. The rules never see a model, so they work on an old log as well."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_vg.diagnosis import (
    activations,
    adapters,
    attention,
    backends,
    curves,
    dead_outputs,
    dropout,
    epochs,
    frozen,
    gradients,
    heads,
    hidden_softmax,
    inference,
    inputs,
    labels,
    linear_layers,
    loss_curve,
    losses,
    metrics,
    monitor_modes,
    one_side,
    optimizers,
    other_examples,
    output_order,
    outputs,
    precision,
    predictions,
    recurrence,
    residual,
    saturation,
    shrinkage,
    simple_models,
    step_order,
    symmetry,
    training,
    untracked,
    validation,
)
from keras_vg.diagnosis.causes import group_by_cause
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Evidence, collect, drop_untrained, leave_out_untrained
from keras_vg.diagnosis.explanations import Facts
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings
from keras_vg.diagnosis.learned import confirm, has_learned, has_learned_nothing, is_learning_fast, soften
from keras_vg.diagnosis.nonfinite import merge_nonfinite
from keras_vg.diagnosis.series import FRACTIONS, make_activation_rows, measure_relative_spread
from keras_vg.diagnosis.thresholds import Thresholds, make_thresholds

__all__ = ["Thresholds", "diagnose", "judge", "make_thresholds"]

Rule = Callable[[Context], Iterator[Finding]]

GRADIENT_RULES: tuple[Rule, ...] = (
    gradients.find_nonfinite,
    gradients.find_no_update,
    gradients.find_skipped,
    gradients.find_zero,
    gradients.find_vanishing,
    gradients.find_exploding,
    gradients.find_unseen,
    gradients.find_disconnected,
    adapters.find_dead_adapters,
    backends.find_decay_without_gradient,
    optimizers.find_discarded_weights,
    optimizers.find_coasting,
    epochs.find_exhausted_data,
    training.find_tiny_gradients,
    training.find_update_size,
)
ACTIVATION_RULES: tuple[Rule, ...] = (
    activations.find_nonfinite_outputs,
    activations.find_explosion_forwards,
    activations.find_dead,
    activations.find_saturated,
    activations.find_input_scale,
    activations.find_uncalled,
)
INSPECTION_RULES: tuple[Rule, ...] = (
    heads.find_output_layer,
    labels.find_label_range,
    labels.find_divided_labels,
    labels.find_label_shape,
    losses.find_loss_function,
    output_order.find_lists_by_alphabet,
    labels.find_label_scale,
    labels.find_small_labels,
    labels.find_constant_labels,
    symmetry.find_symmetry,
    symmetry.find_twin_outputs,
    hidden_softmax.find_hidden_softmax,
    linear_layers.find_linear_layers,
    untracked.find_untracked_layers,
    frozen.find_nothing_to_train,
    frozen.find_frozen,
    frozen.find_frozen_at_zero,
    frozen.find_frozen_at_random,
    dropout.find_dropout_noise,
    dropout.find_dropout_of_outputs,
    outputs.find_not_inspected,
    backends.find_changed_trainable,
    backends.find_forgotten_state,
    optimizers.find_unbuilt,
    optimizers.find_nonfinite_state,
    optimizers.find_nonfinite_update,
    precision.find_nonfinite_loss,
    optimizers.find_schedule_by_batches,
    optimizers.find_ranks_under_muon,
    activations.find_embedding_range,
    activations.find_large_transposed,
    precision.find_rounded_inputs,
    precision.find_lost_gradients,
    inputs.find_small_inputs,
    inputs.find_input_offset,
    inputs.find_masked_inputs,
    inputs.find_constant_inputs,
    attention.find_collapsed_attention,
    attention.find_attended_padding,
    recurrence.find_vanishing_in_time,
    recurrence.find_exploding_in_time,
    residual.find_residual_growth,
    residual.find_residual_imbalance,
    training.find_first_step,
    metrics.find_misleading_metrics,
)
PREDICTION_RULES: tuple[Rule, ...] = (
    predictions.find_constant_prediction,
    losses.find_reversed_answers,
    predictions.find_alike_positions,
    dead_outputs.find_dead_outputs,
    saturation.find_cut_answers,
    one_side.find_one_sided_answers,
    inference.find_inference_difference,
    inference.find_unlearned_probe,
    simple_models.find_worse_than_simple_model,
    linear_layers.find_linear_answers,
    other_examples.find_mixed_examples,
    step_order.find_ignored_order,
    shrinkage.find_shrunk_weights,
)
HISTORY_RULES: tuple[Rule, ...] = (
    loss_curve.find_loss_curve,
    curves.find_stop,
    curves.find_rate_jump,
    curves.find_constant_answer,
    curves.find_hardly_varying_predictions,
    validation.find_unlearned_validation,
    validation.find_validation_rise,
    curves.find_late_oscillation,
    curves.find_few_steps,
    curves.find_early_end,
)
MONITOR_RULES: tuple[Rule, ...] = (monitor_modes.find_wrong_mode,)


def diagnose(*sources: Any, **thresholds: float) -> Findings:
    """Says what is wrong with a model or its training, from tables alone.

    Args:
        *sources: Logs of this package (tables or paths), an `Inspection`, a Keras `History`, or the file of a
            `keras.callbacks.CSVLogger`: at most one of each type, all of one run.
        **thresholds: Other values for the thresholds, by name; see `keras_vg.rules.Thresholds`.

    Returns:
        The findings, one per cause, the worst first; what follows from a fault is in its `consequences`. The tables
        are judged together: the gradients with the loss of the history.

    Raises:
        TypeError: If a source is of no such type, or a keyword names no threshold.
        ValueError: If there is no source, or a delta log alone; if two are of one type, one is empty, lacks columns
            or holds several runs; or if a threshold is no positive number.
        FileNotFoundError: If a path does not exist.

    Example:
        >>> findings = vg.diagnose(pd.DataFrame({"epoch": [0, 1, 2], "loss": [0.693, 0.693, 0.693]}))
        >>> findings[0].rule, findings[0].severity
        ('loss_does_not_fall', 'error')
        >>> findings.is_healthy
        False
    """
    evidence = collect(*sources)
    if evidence.deltas is not None and _has_deltas_alone(evidence):  # not "healthy": nothing can be judged
        raise ValueError(
            "Changes of weights alone do not say whether a model is healthy: optimizers hide small gradients. "
            f"Received: a delta log of layer {evidence.deltas['layer'].iloc[0]!r} only. Add the run's gradient log or "
            "history."
        )
    return judge(evidence, make_thresholds(**thresholds))


def _has_deltas_alone(evidence: Evidence) -> bool:
    others = (evidence.gradients, evidence.activations, evidence.history, evidence.inspection)
    return all(other is None for other in others)


def judge(evidence: Evidence, thresholds: Thresholds) -> Findings:
    """Applies the rules to evidence.

    Args:
        evidence: The tables.
        thresholds: The values from which the rules call something a fault.

    Returns:
        The findings, one per cause.
    """
    contexts = make_contexts(evidence, thresholds)
    return conclude(contexts, [apply_rules(context) for context in contexts])


def make_contexts(evidence: Evidence, thresholds: Thresholds) -> list[Context]:
    """Divides evidence into what is judged together: an inspection, then a training."""
    contexts = []
    inspection = leave_out_untrained(evidence.inspection)
    if inspection is not None:
        contexts.append(
            Context(
                thresholds,
                is_inspection=True,
                gradients=None if inspection.gradients.empty else inspection.gradients,  # not known without labels
                activations=make_activation_rows(inspection.activations),
                inspection=inspection,
                predictions=inspection.outputs,
            )
        )
    if any(table is not None for table in (evidence.gradients, evidence.activations, evidence.history)):
        contexts.append(
            Context(
                thresholds,
                is_inspection=False,
                gradients=evidence.gradients,
                activations=None if evidence.activations is None else make_activation_rows(evidence.activations),
                history=evidence.history,
                inspection=inspection,
                predictions=None if evidence.predictions is None else drop_untrained(evidence.predictions),
                optimizer=evidence.optimizer,
                is_over=evidence.is_over,
                planned_epochs=evidence.planned_epochs,
                monitors=evidence.monitors,
            )
        )
    return contexts


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one context, and the main metrics of the run."""

    findings: list[Finding]
    metrics: dict[str, float]


def apply_rules(context: Context) -> Judgement:
    """Applies all rules for which there are tables."""
    findings = merge_nonfinite(finding for rule in _choose_rules(context) for finding in rule(context))
    return Judgement(findings, _measure(context))


def conclude(contexts: Sequence[Context], judged: Sequence[Judgement]) -> Findings:
    """Takes together what the rules say of an inspection and of the training after it: one finding per cause."""
    metrics = {name: value for judgement in judged for name, value in judgement.metrics.items()}
    findings = merge_nonfinite(_merge([_list_lasting(judgement, contexts[-1]) for judgement in judged]))
    is_done = bool(contexts) and has_learned(contexts[-1])
    if is_done or (contexts and is_learning_fast(contexts[-1])):
        findings = soften(findings, is_done)
    elif contexts and (has_learned_nothing(contexts[-1]) or _is_kept_from_learning(findings)):
        findings = confirm(findings)
    return Findings(group_by_cause(findings, _collect_facts(contexts)), metrics)


def _list_lasting(judgement: Judgement, last: Context) -> list[Finding]:
    """The findings but for one answer to all examples, where the latest predictions are known to vary."""
    spreads = [float(measure_relative_spread(output)) for output in last.final_predictions]
    if last.is_inspection or not spreads or not min(spreads) >= last.thresholds.constant_warning:
        return judgement.findings
    return [finding for finding in judgement.findings if finding.rule != "constant_prediction"]


def _is_kept_from_learning(findings: Sequence[Finding]) -> bool:
    return any(finding.rule == "worse_than_simple_model" and finding.severity == "error" for finding in findings)


def _collect_facts(contexts: Sequence[Context]) -> Facts:
    """What the tables say of the order of the layers and of the optimizer."""
    depths: dict[str, int] = {}
    for context in contexts:
        if context.activations is not None:
            depths.update(zip(context.outputs.layer.tolist(), context.outputs.depth.tolist(), strict=True))
        if context.gradients is not None and not context.gradients.empty:
            depths.update(zip(context.series.layers.tolist(), context.series.depths.tolist(), strict=True))
    return Facts(depths, any(context.moves_by_rate for context in contexts))


def _choose_rules(context: Context) -> list[Rule]:
    rules: list[Rule] = []
    if context.gradients is not None and not context.gradients.empty:
        rules += GRADIENT_RULES
    if context.activations is not None:
        rules += ACTIVATION_RULES
    if context.is_inspection:
        rules += INSPECTION_RULES
    if context.predictions is not None:
        rules += PREDICTION_RULES
    if context.history is not None:
        rules += HISTORY_RULES
    if context.monitors:
        rules += MONITOR_RULES
    return rules


def _merge(found: list[list[Finding]]) -> list[Finding]:
    """Leaves out a finding of the training that the inspection had already, unless it has become worse."""
    kept: list[Finding] = []
    for group in found:
        known = {finding.rule: SEVERITIES.index(finding.severity) for finding in reversed(kept)}
        worse = [f for f in group if SEVERITIES.index(f.severity) < known.get(f.rule, len(SEVERITIES))]
        replaced = {finding.rule for finding in worse}
        kept = [finding for finding in kept if finding.rule not in replaced] + worse
    return kept


def _measure(context: Context) -> dict[str, float]:
    """The main metrics of the run, which are shown whether or not anything was found."""
    metrics: dict[str, float] = {}
    if context.gradients is not None and not context.gradients.empty:
        ratio = float(context.layers.ratio[-1])
        if not np.isnan(ratio):
            metrics["gradient_ratio"] = ratio
    if context.activations is not None:
        rows = context.outputs.keep(context.outputs.is_final)
        for name in FRACTIONS:
            chosen = activations.SATURATING if name == "saturated_fraction" else activations.RECTIFIERS
            values = getattr(rows, name)[rows.has_activation(chosen)]
            if not np.isnan(values).all():
                metrics[f"largest_{name}"] = float(np.nanmax(values))
    if context.losses is not None:
        metrics["loss"] = float(context.losses[-1])
    elif context.is_inspection and context.inspection is not None:
        metrics["loss"] = float(context.inspection.setup["loss"])
    return metrics
