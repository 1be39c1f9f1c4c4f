"""What may be measured of a gradient."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Measurable:
    """A gradient that may be measured without an effect on the training.

    Attributes:
        part: A float32 tensor that may be joined with others, and the whole then measured after `separate`. Nothing
            else may be computed from it.
        separate: A function that makes of `part` what may be measured by itself; None if that is `part`.
        compute: A function that computes `value` once more, or None if there is no reason to.
    """

    part: Any
    separate: Callable[[Any], Any] | None = None
    compute: Callable[[], Any] | None = None

    @functools.cached_property
    def value(self) -> Any:
        """A float32 tensor that may be measured by itself."""
        return self.part if self.separate is None else self.separate(self.part)

    def recompute(self) -> Any:
        """The value, computed once more where that is better than to keep it.

        For a branch of the step that is rarely taken: a large value that a branch reads gets memory of its own at
        every step, whether the branch is taken or not.
        """
        return self.value if self.compute is None else self.compute()
