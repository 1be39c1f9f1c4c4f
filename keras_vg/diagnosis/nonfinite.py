"""One finding for all that shows of one NaN: the first value that is not finite, and how far it spread."""

from collections.abc import Iterable
from dataclasses import replace

from keras_vg.diagnosis.findings import SEVERITIES, Finding

INPUT, LABELS = "the input itself", "the labels"
ROUNDING = "the rounded inputs"
WEIGHTS, GRADIENTS, UPDATE, LOSS = "the weights", "the gradients", "the optimizer's update", "the loss"
STATE = "the optimizer's state"
_STAGES = (INPUT, ROUNDING, LABELS, "layer", GRADIENTS, WEIGHTS, STATE, UPDATE, LOSS)
"""What a step computes, in its order; any layer's output stands for `"layer"`."""


def merge_nonfinite(findings: Iterable[Finding]) -> list[Finding]:
    """Merges the findings about values that are not finite into that of the first one.

    Args:
        findings: Findings of any rules.

    Returns:
        The same, of the rule `"nonfinite"` only the first: that of the earliest epoch, and of that of what a step
        computes first. It holds the others' evidence, too. NaN in the inputs and in the labels are two faults.
    """
    findings = list(findings)
    chosen = sorted((f for f in findings if f.rule == "nonfinite"), key=_rank)
    if len(chosen) < 2:
        return findings
    first, *others = chosen
    own = [f for f in others if f.evidence.get("first") == LABELS]
    merged = [f for f in others if f not in own]
    evidence = dict(first.evidence)
    for finding in merged:
        evidence = {**finding.evidence, **evidence}
    evidence = {"first": evidence.pop("first", ""), **evidence}
    layers = next((f.layers for f in (first, *merged) if f.layers), ())
    severity = min((f.severity for f in (first, *merged)), key=SEVERITIES.index)
    whole = replace(first, severity=severity, layers=layers, evidence=evidence)
    kept = [f for f in findings if f.rule != "nonfinite"]
    return [whole, *own, *kept]


def _rank(finding: Finding) -> tuple[int, int]:
    first = str(finding.evidence.get("first", ""))
    name = "layer" if first.startswith("layer") else first
    return -1 if finding.epoch is None else finding.epoch, _STAGES.index(name) if name in _STAGES else len(_STAGES)
