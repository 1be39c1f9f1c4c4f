"""What is to be said of a model that has learned, whatever was to be feared for it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.order import STAGES

_HARMLESS = STAGES["scale"]
_MILDER = (*STAGES["rate"], *STAGES["initialization"], *STAGES["depth"], "label_range")


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


def soften(findings: Iterable[Finding]) -> list[Finding]:
    """Makes findings about a model that has learned as mild as they have turned out to be.

    An error says that a model, as it stands, does not learn; this one has. Inputs and labels of another scale did no
    harm. Values that are not finite, and a head whose loss may be low while its answers are wrong, stay what they are.

    Args:
        findings: The findings.

    Returns:
        The same, those about scales for information, other errors that foretell that nothing is learned as warnings.
    """
    softened = []
    for finding in findings:
        if finding.rule in _HARMLESS:
            finding = replace(finding, severity="info")
        elif finding.rule in _MILDER and finding.severity == "error":
            finding = replace(finding, severity="warning")
        softened.append(finding)
    return softened
