"""One finding per cause, with what follows from it under it, by the table of `explanations`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from keras_vg.diagnosis.explanations import EDGES, Edge, Facts, Where
from keras_vg.diagnosis.findings import SEVERITIES, Finding
from keras_vg.diagnosis.order import get_rank, sort_upstream


def group_by_cause(findings: Iterable[Finding], facts: Facts | None = None) -> list[Finding]:
    """Puts each finding that another one explains under it.

    Args:
        findings: Findings without consequences.
        facts: What is known of the model.

    Returns:
        The causes, from upstream to downstream, each with all findings that follow from it, directly or by others, and
        at least as severe as the worst of them.
    """
    left, facts = sort_upstream(findings), facts or Facts()
    causes = []
    while left:
        cause = next((f for f in left if not any(_explains(other, f, facts) for other in left)), left[0])
        followed, left = _follow(cause, [f for f in left if f is not cause], facts)
        severity = min((f.severity for f in (cause, *followed)), key=SEVERITIES.index)
        causes.append(replace(cause, severity=severity, consequences=tuple(followed)))
    return sorted(causes, key=lambda finding: get_rank(finding.rule))


def _follow(cause: Finding, others: list[Finding], facts: Facts) -> tuple[list[Finding], list[Finding]]:
    """Parts findings into those that follow from a cause, the next ones first, and the rest."""
    followed, reached = [], [cause]
    for known in reached:  # which grows
        new = [f for f in others if f not in followed and _explains(known, f, facts)]
        followed += new
        reached += new
    return followed, [f for f in others if f not in followed]


def _explains(cause: Finding, consequence: Finding, facts: Facts) -> bool:
    if cause is consequence or cause.severity == "info":
        return False
    return any(_applies(edge, cause, consequence, facts) for edge in _BY_RULES.get((cause.rule, consequence.rule), ()))


def _applies(edge: Edge, cause: Finding, consequence: Finding, facts: Facts) -> bool:
    if cause.epoch is not None and (consequence.epoch is None or consequence.epoch < cause.epoch):
        return False
    if edge.after_steps and consequence.epoch is None:
        return False
    if edge.condition is not None and not edge.condition(cause, consequence, facts):
        return False
    return _is_at(edge.where, cause.layers, consequence.layers, facts.depths)


def _is_at(where: Where, cause: tuple[str, ...], consequence: tuple[str, ...], depths: Mapping[str, int]) -> bool:
    if where == "anywhere" or not cause or not consequence or set(cause) & set(consequence):
        return True
    known = [[depths[name] for name in layers if name in depths] for layers in (cause, consequence)]
    if where == "same layers":
        return False
    if not all(known):
        return True
    return max(known[0]) > min(known[1]) if where == "behind" else min(known[0]) < max(known[1])


def _index_edges() -> dict[tuple[str, str], list[Edge]]:
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in EDGES:
        for rule in edge.consequences:
            found.setdefault((edge.cause, rule), []).append(edge)
    return found


_BY_RULES = _index_edges()
