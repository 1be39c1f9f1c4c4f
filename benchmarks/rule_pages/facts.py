"""What `docs/rules.md` says of each rule that the code itself knows: thresholds, tables, severities, remedies."""

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from keras_vg import diagnosis
from keras_vg.cures.catalogue import FOR_RULE, NO_REMEDY, REMEDIES
from keras_vg.diagnosis import rules
from keras_vg.diagnosis.findings import SEVERITIES
from keras_vg.diagnosis.thresholds import Thresholds

TABLES = {
    "GRADIENT_RULES": "gradients (log or inspection)",
    "ACTIVATION_RULES": "activations (log or inspection)",
    "INSPECTION_RULES": "an inspection",
    "PREDICTION_RULES": "predictions (inspection or `TrainingGuard(x)`)",
    "HISTORY_RULES": "loss (`History` or `CSVLogger`)",
    "MONITOR_RULES": "callbacks (`TrainingGuard`)",
}
"""What the rules of each list in `keras_vg/diagnosis/rules.py` look at."""


@dataclass(frozen=True)
class Origin:
    """Where in the code a rule's findings are made.

    Attributes:
        function: The rule's function, as `module.name`.
        tables: What it looks at.
        severities: The severities that it can give.
        thresholds: Names of all thresholds that the function, and what it calls, compares with.
    """

    function: str
    tables: str
    severities: frozenset[str]
    thresholds: frozenset[str]


def list_remedies(rule: str) -> tuple[str, ...]:
    """The names of the remedies that a rule calls for, in the order of trial."""
    return tuple(dict.fromkeys(FOR_RULE.get(rule, ())))


def explain_remedy(name: str) -> str:
    """What a remedy does."""
    return REMEDIES[name].explanation


def explain_no_remedy(rule: str) -> str:
    """Why a rule has no remedy; empty if it has some."""
    return NO_REMEDY.get(rule, "")


@functools.cache
def find_origins() -> dict[str, tuple[Origin, ...]]:
    """Finds where each rule's findings are made.

    Returns:
        By the name of the rule, the functions of `keras_vg/diagnosis/rules.py` that give such findings.
    """
    origins: dict[str, list[Origin]] = {}
    trees = _parse_functions()
    for tables, function in _list_rule_functions():
        reached = [trees[name] for name in _reach(function.__name__)]
        thresholds = frozenset().union(*map(_find_thresholds, reached))
        for rule, severities in _merge(map(_find_findings, reached)).items():
            name = f"{function.__module__.split('.')[-1]}.{function.__name__}"
            # What is chosen among variables comes from a function that this one calls.
            chosen = severities or frozenset().union(*map(_find_constants, reached))
            origins.setdefault(rule, []).append(Origin(name, tables, chosen, thresholds))
    return {rule: tuple(found) for rule, found in origins.items()}


def list_rules() -> list[str]:
    """The names of all rules, by every `Finding` that the source of `keras_vg.diagnosis` makes."""
    found: set[str] = set()
    for path in Path(diagnosis.__path__[0]).glob("*.py"):
        found |= _merge([_find_findings(ast.parse(path.read_text("utf-8")))]).keys()
    order = [*FOR_RULE, *NO_REMEDY]
    return sorted(found, key=lambda rule: order.index(rule) if rule in order else len(order))


def _list_rule_functions() -> Iterator[tuple[str, rules.Rule]]:
    for name, tables in TABLES.items():
        for function in getattr(rules, name):
            yield tables, function


@functools.cache
def _parse_functions() -> dict[str, ast.AST]:
    """The functions and methods of `keras_vg.diagnosis` by name."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(Path(diagnosis.__path__[0]).glob("*.py"))]
    return {node.name: node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _reach(start: str) -> list[str]:
    """The functions that one of them calls or reads as a property, itself first."""
    trees, names = _parse_functions(), [start]
    for name in names:  # which grows
        nodes = list(ast.walk(trees[name]))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names += sorted((used & trees.keys()) - set(names))
    return names


def _find_thresholds(tree: ast.AST) -> set[str]:
    names = {f.name for f in fields(Thresholds)}
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in names}


def _find_findings(tree: ast.AST) -> Iterator[tuple[str, frozenset[str]]]:
    """The rule and the severities of each `Finding(...)` in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            rule, severity = node.args[:2]
            if not isinstance(rule, ast.Constant):
                raise ValueError(f"A rule's name must be a constant. Received: {ast.unparse(rule)}.")
            yield str(rule.value), _find_severities(severity, tree)


def _find_severities(expression: ast.expr, tree: ast.AST) -> frozenset[str]:
    """The severities that an expression names, or what is assigned to the variable that it is."""
    values: list[ast.expr] = [expression]
    if isinstance(expression, ast.Name):
        assignments = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
        values = [a.value for a in assignments if ast.unparse(a.targets[0]) == expression.id]
    return frozenset().union(*map(_find_constants, values))


def _find_constants(tree: ast.AST) -> frozenset[str]:
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return frozenset(severity for severity in SEVERITIES if severity in constants)


def _merge(found: Iterable[Iterable[tuple[str, frozenset[str]]]]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for pairs in found:
        for rule, severities in pairs:
            merged[rule] = merged.get(rule, frozenset()) | severities
    return merged
