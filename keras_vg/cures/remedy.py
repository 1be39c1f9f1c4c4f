"""What a remedy is: a named, explained change of a draft."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from keras_vg.cures.draft import Draft

Apply: TypeAlias = Callable[[Draft], Draft | None]
"""Returns the changed draft, its `code` with the change's lines, or None where the change would change nothing."""


@dataclass(frozen=True)
class Remedy:
    """A change that may cure a model.

    Attributes:
        name: What the change is called in tables.
        explanation: What it does and why that helps, in one sentence.
        apply: The change.
        needs_layers: Whether layers must be exchanged, which only Sequential and functional models allow.
        steps: Steps of training that it takes to find out what to change.
    """

    name: str
    explanation: str
    apply: Apply
    needs_layers: bool = True
    steps: int = 0

    def __call__(self, draft: Draft) -> Draft | None:
        """Changes a draft; None if the remedy does not fit it."""
        if self.needs_layers and not draft.is_graph:
            return None
        return self.apply(draft)
