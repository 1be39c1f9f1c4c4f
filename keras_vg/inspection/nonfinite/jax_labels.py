"""Labels, on JAX, each operation of a function that is differentiated, so that its derivatives can be told."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

from keras_vg.inspection.nonfinite.scopes import make_scope, read_scope
from keras_vg.training import keras_private

INLINED = ("pjit", "jit", "closed_call", "core_call", "custom_lin", "remat_call")
JAXPR_NAMES = ("jaxpr", "call_jaxpr", "fun_jaxpr")


class OperationLabels:
    """Gives every operation of the functions that `jax.grad` and `jax.value_and_grad` differentiate a name scope.

    JAX keeps name scopes in the derivatives that it makes of an operation. The operations are numbered.

    Args:
        outside: The layer, by number, of what runs outside of all layers.

    Attributes:
        names: The operations' names, by number.
        values: What was differentiated returned, traced.
    """

    def __init__(self, outside: int) -> None:
        self._outside = outside
        self._home: Any = None
        self.names: list[str] = []
        self.values: list[Any] = []

    @contextlib.contextmanager
    def attach(self) -> Iterator[None]:
        """Within it, what is differentiated is labelled."""
        grad, value_and_grad = jax.grad, jax.value_and_grad
        self._home = keras_private.get_trace_state()

        def labelled_value_and_grad(fun: Any, *args: Any, **kwargs: Any) -> Any:
            differentiated = value_and_grad(self.label(fun), *args, **kwargs)
            has_aux = kwargs.get("has_aux", args[1] if len(args) > 1 else False)

            def run(*args: Any, **kwargs: Any) -> Any:
                value, gradients = differentiated(*args, **kwargs)
                if keras_private.get_trace_state() == self._home:  # else it cannot leave the function it belongs to
                    self.values.append(value[0] if has_aux else value)
                return value, gradients

            return run

        def labelled_grad(fun: Any, *args: Any, **kwargs: Any) -> Any:
            return grad(self.label(fun), *args, **kwargs)

        with (
            keras_private.set_attribute(jax, "grad", labelled_grad),
            keras_private.set_attribute(jax, "value_and_grad", labelled_value_and_grad),
        ):
            yield

    def label(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that computes the same, each operation in a scope of its own."""

        @functools.wraps(function)
        def labelled(*args: Any, **kwargs: Any) -> Any:
            leaves, structure = jax.tree.flatten((args, kwargs))
            is_array = [isinstance(leaf, jax.Array) for leaf in leaves]

            def call(arrays: Sequence[Any]) -> Any:
                left = iter(arrays)
                merged = [next(left) if known else leaf for known, leaf in zip(is_array, leaves, strict=True)]
                args, kwargs = jax.tree.unflatten(structure, merged)
                return function(*args, **kwargs)

            arrays = [leaf for known, leaf in zip(is_array, leaves, strict=True) if known]
            closed, shapes = jax.make_jaxpr(call, return_shape=True)(arrays)
            outputs = self._evaluate(closed.jaxpr, closed.consts, arrays, self._outside)
            return jax.tree.unflatten(jax.tree.structure(shapes), outputs)

        return labelled

    def _evaluate(self, jaxpr: Any, consts: Sequence[Any], args: Sequence[Any], layer: int) -> list[Any]:
        values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

        def read(atom: Any) -> Any:
            return atom.val if isinstance(atom, core.Literal) else values[atom]

        for equation in jaxpr.eqns:
            scope = read_scope(str(equation.source_info.name_stack))
            inner = layer if scope is None else scope[0]
            outputs = self._bind(equation, [read(atom) for atom in equation.invars], inner)
            values.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _bind(self, equation: Any, inputs: list[Any], layer: int) -> list[Any]:
        name, params = equation.primitive.name, equation.params
        if name in INLINED and (closed := find_jaxpr(params)) is not None:
            return self._evaluate(closed.jaxpr, closed.consts, inputs, layer)
        if name == "scan" and not params.get("_split_transpose"):
            return self._scan(params, inputs, layer)
        if name == "cond":
            branches = [self._make_branch(branch, layer) for branch in params["branches"]]
            return list(jax.lax.switch(inputs[0], branches, *inputs[1:]))
        with make_scope(layer, len(self.names)):
            self.names.append(name_call(equation))
            return bind(equation, inputs)

    def _make_branch(self, closed: Any, layer: int) -> Callable[..., Any]:
        return lambda *args: self._evaluate(closed.jaxpr, closed.consts, args, layer)

    def _scan(self, params: Any, inputs: list[Any], layer: int) -> list[Any]:
        closed, constants, carried = params["jaxpr"], params["num_consts"], params["num_carry"]
        given = inputs[:constants]

        def body(carry: Any, xs: Any) -> Any:
            outputs = self._evaluate(closed.jaxpr, closed.consts, [*given, *carry, *xs], layer)
            return outputs[:carried], outputs[carried:]

        carry = [jnp.asarray(value) for value in inputs[constants : constants + carried]]
        last, stacked = jax.lax.scan(
            body, carry, inputs[constants + carried :], params["length"], params["reverse"], params["unroll"]
        )
        return [*last, *stacked]


def bind(equation: Any, inputs: Sequence[Any]) -> list[Any]:
    """Runs one operation, or traces it."""
    primitive = equation.primitive
    bound = primitive.get_bind_params(equation.params)
    functions, options = bound if isinstance(bound, tuple) else ((), bound)  # until JAX 0.9, and after
    with equation.ctx.manager:
        outputs = primitive.bind(*functions, *inputs, **options)
    return list(outputs) if primitive.multiple_results else [outputs]


def find_jaxpr(params: Any) -> Any:
    """The function that an operation calls, closed; None if it calls none."""
    found = next((params[name] for name in JAXPR_NAMES if name in params), None)
    if found is None or hasattr(found, "consts"):
        return found
    return core.ClosedJaxpr(found, ())


def name_call(equation: Any) -> str:
    """The name of an operation; of a function with derivatives of its own, the function's."""
    if equation.primitive.name.startswith("custom_") and (closed := find_jaxpr(equation.params)) is not None:
        name = getattr(getattr(closed.jaxpr, "debug_info", None), "func_name", "") or ""
        return str(name).rsplit(".", 1)[-1] or str(equation.primitive.name)
    return str(equation.primitive.name)
