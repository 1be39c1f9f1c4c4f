"""What may be measured of a gradient."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Measurable(NamedTuple):
    """A gradient that may be measured without an effect on the training.

    Attributes:
        value: A float32 tensor.
        compute: A function that computes the same value once more, or None if there is no reason to.
    """

    value: Any
    compute: Callable[[], Any] | None = None

    def recompute(self) -> Any:
        """The value, computed once more where that is better than to keep it.

        For a branch of the step that is rarely taken: a large value that a branch reads gets memory of its own at
        every step, whether the branch is taken or not.
        """
        return self.value if self.compute is None else self.compute()
