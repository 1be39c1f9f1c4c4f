"""Runs, on JAX, a traced step operation by operation, and records the values that are not finite."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from keras_vg.inspection.nonfinite.jax_labels import INLINED, bind, find_jaxpr
from keras_vg.inspection.nonfinite.names import name_operation
from keras_vg.inspection.nonfinite.scopes import read_scope
from keras_vg.inspection.nonfinite.trace import NonFinite, Operation, Source, find_masks

_INLINED = (*INLINED, "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "checkpoint", "remat", "remat2")

Tracked = tuple[Any, NonFinite | None]
"""A value, and what of it is not finite."""


class JaxTrace:
    """Evaluates a step.

    Args:
        layers: The names of the layers, by the numbers in the name scopes; the last one is the loss.
        operations: The names of the labelled operations, by number.
        outside: What stands for a layer outside of all of them.
    """

    def __init__(self, layers: Sequence[str], operations: Sequence[str], outside: str) -> None:
        self._layers = [*layers, outside]
        self._operations = operations
        self._count = 0
        self._first: dict[int, dict[int, int]] = {}

    def run(self, closed: Any, inputs: Sequence[tuple[Any, Source]]) -> list[Tracked]:
        """Evaluates a step.

        Args:
            closed: The step, as of `jax.make_jaxpr`.
            inputs: Its inputs, each with what it is.

        Returns:
            Its outputs.
        """
        tracked = [(value, self._make(value, source)) for value, source in inputs]
        return self._evaluate(closed, tracked, ())

    def _evaluate(self, closed: Any, args: Sequence[Tracked], scopes: tuple[str, ...]) -> list[Tracked]:
        jaxpr = closed.jaxpr
        constants = [(value, self._make(value, Source("constant"))) for value in closed.consts]
        values: dict[Any, Tracked] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *args], strict=True))

        def read(atom: Any) -> Tracked:
            if isinstance(atom, core.Literal):
                return atom.val, self._make(atom.val, Source("constant"))
            return values[atom]

        for number, equation in enumerate(jaxpr.eqns):
            inputs = [read(atom) for atom in equation.invars]
            outputs = self._run(jaxpr, number, inputs, (*scopes, str(equation.source_info.name_stack)))
            values.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _run(self, jaxpr: Any, number: int, inputs: list[Tracked], scopes: tuple[str, ...]) -> list[Tracked]:
        equation = jaxpr.eqns[number]
        name, params = equation.primitive.name, equation.params
        if name in _INLINED and (closed := find_jaxpr(params)) is not None:
            return self._evaluate(closed, inputs, scopes)
        if name == "scan":
            return self._scan(params, inputs, scopes)
        if name == "cond":
            branches = params["branches"]
            chosen = min(max(int(inputs[0][0]), 0), len(branches) - 1)
            return self._evaluate(branches[chosen], inputs[1:], scopes)
        if name == "while":
            return self._repeat(params, inputs, scopes)
        outputs = bind(equation, [value for value, _ in inputs])
        self._count += 1
        masks = [_read(value) for value in outputs]
        if all(mask is None for mask in masks):
            return [(value, None) for value in outputs]
        operation = self._describe(jaxpr, number, inputs, scopes)
        return [
            (v, None if mask is None else NonFinite(*mask, operation)) for v, mask in zip(outputs, masks, strict=True)
        ]

    def _describe(self, jaxpr: Any, number: int, inputs: list[Tracked], scopes: tuple[str, ...]) -> Operation:
        primitive = jaxpr.eqns[number].primitive.name
        scope = next((found for text in reversed(scopes) if (found := read_scope(text))), None)
        layer = self._layers[-1] if scope is None else self._layers[scope[0]]
        label = None if scope is None else scope[1]
        called = primitive if label is None else self._operations[label]
        # What JAX computes beside an operation of the forward pass, it computes for the derivative.
        is_beside = label is not None and called == primitive and self._find_first(jaxpr).get(label) != number
        is_other = label is not None and called != primitive and called in vars(jax.lax)
        phase: Any = "loss" if layer in self._layers[-2:] else "forward"
        if "transpose(" in "".join(scopes) or is_beside or is_other:
            phase = "backward"
        given = tuple(item for _, item in inputs if item is not None)
        return Operation(self._count, name_operation(called), name_operation(primitive), layer, phase, given)

    def _find_first(self, jaxpr: Any) -> dict[int, int]:
        """The first equation of each labelled operation that is the operation itself."""
        if id(jaxpr) not in self._first:
            first: dict[int, int] = {}
            for number, equation in enumerate(jaxpr.eqns):
                scope = read_scope(str(equation.source_info.name_stack))
                if scope and scope[1] is not None and self._operations[scope[1]] == equation.primitive.name:
                    first.setdefault(scope[1], number)
            self._first[id(jaxpr)] = first
        return self._first[id(jaxpr)]

    def _scan(self, params: Any, inputs: list[Tracked], scopes: tuple[str, ...]) -> list[Tracked]:
        closed, constants, carried = params["jaxpr"], params["num_consts"], params["num_carry"]
        given, carry = inputs[:constants], inputs[constants : constants + carried]
        sequences = inputs[constants + carried :]
        steps = range(params["length"])
        rows: list[list[Tracked]] = []
        for step in reversed(steps) if params["reverse"] else steps:
            outputs = self._evaluate(closed, [*given, *carry, *(_take(s, step) for s in sequences)], scopes)
            carry = outputs[:carried]
            rows.append(outputs[carried:])
        if params["reverse"]:
            rows.reverse()
        if not rows:
            shapes = [variable.aval for variable in closed.jaxpr.outvars[carried:]]
            return [*carry, *((jnp.zeros((0, *aval.shape), aval.dtype), None) for aval in shapes)]
        return [*carry, *(self._stack(list(column)) for column in zip(*rows, strict=True))]

    def _stack(self, items: list[Tracked]) -> Tracked:
        stacked = jnp.stack([value for value, _ in items])
        masks = _read(stacked)
        if masks is None:
            return stacked, None
        self._count += 1
        given = tuple(item for _, item in items if item is not None)
        return stacked, NonFinite(*masks, Operation(self._count, "stack", "stack", "", "forward", given))

    def _repeat(self, params: Any, inputs: list[Tracked], scopes: tuple[str, ...]) -> list[Tracked]:
        tests, constants = params["cond_nconsts"], params["body_nconsts"]
        asked, given = inputs[:tests], inputs[tests : tests + constants]
        carry = inputs[tests + constants :]
        while bool(self._evaluate(params["cond_jaxpr"], [*asked, *carry], scopes)[0][0]):
            carry = self._evaluate(params["body_jaxpr"], [*given, *carry], scopes)
        return carry

    def _make(self, value: Any, source: Source) -> NonFinite | None:
        masks = _read(value)
        return None if masks is None else NonFinite(*masks, source)


def _take(item: Tracked, step: int) -> Tracked:
    value, known = item
    if known is None:
        return value[step], None
    nan, inf = known.nan[step], known.inf[step]
    return value[step], NonFinite(nan, inf, known.origin) if nan.any() or inf.any() else None


def _read(value: Any) -> tuple[np.ndarray, np.ndarray] | None:
    if not jnp.issubdtype(getattr(value, "dtype", np.asarray(value).dtype), jnp.floating):
        return None
    array = np.asarray(value)
    return find_masks(array.astype("float32") if array.dtype.itemsize < 4 else array)
