"""How arrays are computed inside a step that JAX traces: the only module that uses private names of JAX."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


def get_equation(value: Any) -> Any:
    """The operation that computes an array inside a traced step.

    Private: JAX has no public way to ask for it while a step is traced. A tracer's `parent` is the equation; of that,
    `primitive` (with `name`, `bind` and `multiple_results`), `in_tracers` and `params` are used, and `val` of a tracer.

    Returns:
        The equation, or None if the array is an input of the step, a constant, or computed already.

    Raises:
        AttributeError: If this version of JAX has moved `parent`.
    """
    import jax

    return value.parent if isinstance(value, jax.core.Tracer) else None


def is_constant_zero(value: Any) -> bool:
    """Whether a traced gradient is made of zeros whatever the step is given: the loss does not depend on the weight.

    `jax.grad` makes an array of zeros for such a weight, where other backends have no gradient. It is found behind
    conversions, changes of the shape, and factors.
    """
    known: dict[int, Any] = {}
    pending = [value]
    while pending:
        item = pending.pop()
        equation = None if id(item) in known else get_equation(item)
        known[id(item)] = item
        if equation is None:
            continue
        name, inputs = equation.primitive.name, equation.in_tracers
        if name in ("convert_element_type", "mul", "neg", "reshape", "transpose"):
            pending.extend(inputs)
        elif name == "broadcast_in_dim":
            literal = getattr(inputs[0].val, "val", None)  # private: a tracer's `val` is its variable or its literal
            if literal is not None and bool(literal == 0):
                return True
    return False


def count_readers(values: Sequence[Any]) -> Counter[int]:
    """How many operations read each array on the way to some values, by the array's `id`."""
    readers: Counter[int] = Counter()
    known: dict[int, Any] = {}  # arrays and equations by `id`, kept so that no other object gets the same
    pending = list(values)
    while pending:
        value = pending.pop()
        equation = None if id(value) in known else get_equation(value)
        known[id(value)] = value
        if equation is not None and id(equation) not in known:
            known[id(equation)] = equation
            readers.update(map(id, equation.in_tracers))
            pending.extend(equation.in_tracers)
    return readers
