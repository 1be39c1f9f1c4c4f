"""What a training shows of what was to be feared for it: it has learned all the same, or it has learned nothing."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.order import STAGES

_HARMLESS = (*STAGES["scale"], "frozen_at_random", "linear_layers")
_MILDER = (*STAGES["rate"], *STAGES["initialization"], *STAGES["depth"], "label_range")
_UNLEARNED = 0.95
"""Loss, as part of that of the best constant answer, above which nothing has been learned: chosen, to allow for what a
batch's labels differ from all labels."""

_WELL_BELOW, _FAST = 0.5, 0.9
"""Loss, as part of that of the best constant answer and as part of the lowest before, below which a model is learning
fast: chosen."""

_FAR_ABOVE = 1.2
"""Loss over that of the best constant answer from which a fit of few epochs has ended without learning anything, too:
chosen, above what a batch's labels differ by."""

_WORSE = {"output_layer", *STAGES["scale"], *STAGES["rate"], *STAGES["initialization"], *STAGES["depth"]} - {
    "dead_relu",
    "frozen_at_random",
    "untracked_layers",
    "linear_layers",
    "order_ignored",
    "few_steps",
}


def has_learned(context: Context) -> bool:
    """Whether the last loss of a training is far below that of the best constant answer.

    Args:
        context: The tables of a training, with its inspection, from which that answer's loss is known.

    Returns:
        False for an inspection alone, and where that loss is not known.
    """
    losses, baseline = context.losses, context.baseline
    if context.is_inspection or losses is None or not np.isfinite(losses).all() or not baseline > 0:
        return False
    return bool(losses[-1] < context.thresholds.converged_loss * baseline)


def is_learning_fast(context: Context) -> bool:
    """Whether the loss of a training is well below that of the best constant answer, and has just fallen again.

    What may keep a model from learning has not kept this one from it.
    """
    losses, baseline = context.losses, context.baseline
    if context.is_inspection or losses is None or len(losses) < 2 or not baseline > 0:
        return False
    return bool(losses[-1] < _WELL_BELOW * baseline and losses[-1] < _FAST * losses[:-1].min())


def soften(findings: Iterable[Finding], is_done: bool = True) -> list[Finding]:
    """Makes findings about a model that has learned as mild as they have turned out to be.

    An error says that a model, as it stands, does not learn; this one has. Inputs and labels of another scale did no
    harm. Values that are not finite, and a head whose loss may be low while its answers are wrong, stay what they are.

    Args:
        findings: The findings.
        is_done: Whether the model has learned; False if it is learning.

    Returns:
        The same, those about scales and frozen layers for information (warnings of a model that is learning), other
        errors that foretell that nothing is learned as warnings.
    """
    softened = []
    for finding in findings:
        if finding.rule in _HARMLESS and is_done:
            finding = replace(finding, severity="info")
        elif finding.rule in (*_HARMLESS, *_MILDER) and finding.severity == "error":
            finding = replace(finding, severity="warning")
        softened.append(finding)
    return softened


def has_learned_nothing(context: Context) -> bool:
    """Whether a training is after some epochs no better than the best constant answer, nor about to be.

    At the end of a fit nothing follows: there it is enough that it is little better (`beaten_loss`), or that its
    predictions for the probe batch are no better and do not follow the labels; and after a few epochs, too, that it is
    far worse.

    Args:
        context: The tables of a training, with its inspection, from which that answer's loss is known.

    Returns:
        False for an inspection alone, and where that loss is not known; on the plateau on which a training may start;
        and, before its end, for one that is below that loss and falls, slow as it may be, or that would be below it
        after as many epochs again.
    """
    losses, baseline, t = context.losses, context.baseline, context.thresholds
    if context.is_inspection or losses is None or not np.isfinite(losses).all() or not baseline > 0:
        return False
    if context.is_complete:
        return bool(losses[-1] > t.beaten_loss * baseline or context.is_unrelated)
    if context.is_over and len(losses) >= t.settled_epochs and context.count_steps() >= t.ended_steps:
        return bool(losses[-1] > _FAR_ABOVE * baseline and _is_far_above(context))
    if len(losses) < t.first_epochs or not context.is_past_plateau:
        return False
    if losses[-1] < (1 - t.flat_loss) * baseline and (np.diff(losses[-t.first_epochs :]) < 0).all():  # it is slow
        return False
    # A loss that started above is learning while it falls, if as many epochs again would take it below.
    recent = losses[-t.first_epochs :]
    ahead = predict_loss(recent[0], recent[-1], len(losses) / max(1, len(recent) - 1))
    return ahead > _UNLEARNED * baseline


def _is_far_above(context: Context) -> bool:
    """Whether the last predictions by themselves are far worse than a constant answer, without weights or penalties."""
    rows = context.final_predictions
    names = "plain_loss", "inference_loss", "baseline"
    plain, inference, baseline = ([float(row.get(name, np.nan)) for row in rows] for name in names)
    return bool(rows) and bool(np.fmin(plain, inference).sum() > _FAR_ABOVE * np.sum(baseline))


def predict_loss(before: float, last: float, times: float) -> float:
    """Predicts what a loss comes to that goes on falling as it has.

    The root of a squared error, the distance that is left, falls evenly under steps of one size. For a loss that falls
    evenly itself this is cautious, since its root falls faster later.

    Args:
        before: What it was.
        last: What it has become since.
        times: How many times as long it is to go on.

    Returns:
        The loss then, at least 0; if it did not fall, `last`.
    """
    start, end = np.sqrt(np.maximum([before, last], 0.0))
    return float(max(end + times * min(end - start, 0.0), 0.0) ** 2)


def confirm(findings: Iterable[Finding]) -> list[Finding]:
    """Makes warnings errors that a training has proven right.

    A warning says that a model learns more slowly than it could. Where it has learned nothing in some epochs, what was
    found of its head, of scales, steps, initial weights and depth is why it, as it stands, does not learn.

    Args:
        findings: The findings.

    Returns:
        The same, warnings of these stages as errors; but for dead units, of which a warning says that others are left,
        or other ways, for layers that are not trained, which a warning takes to be meant, and for features that hardly
        vary, on which the labels need not depend.
    """
    return [
        replace(finding, severity="error")
        if finding.rule in _WORSE and finding.severity == "warning" and "median_feature_spread" not in finding.evidence
        else finding
        for finding in findings
    ]
