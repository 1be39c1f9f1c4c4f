"""What a rule's section is made from: two programs, and what to draw of them. All else comes from the code."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from keras_vg.diagnosis.meanings import MEANINGS, Meaning
from rule_pages.scenes import Scene

Draw = Callable[[Scene, Axes], None]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One rule.

    Attributes:
        rule: Its name.
        sick: Name of the program on which it finds something.
        healthy: Name of the program beside it on which it is silent.
        silent: Why it is silent there.
        epochs: How long both are trained; 0 if they are only inspected.
        draw: Draws one of the two; None for no picture.
        caption: What to look at in the picture, or why there is none.
        is_shared: Whether both panels have one y axis.
        backend: The backend that the two must run on; that of the page is TensorFlow.
    """

    rule: str
    sick: str
    healthy: str
    silent: str
    epochs: int = 0
    draw: Draw | None = None
    caption: str
    is_shared: bool = True
    backend: str = "tensorflow"

    @property
    def meaning(self) -> Meaning:
        """What the rule sees, as the package itself explains it."""
        return MEANINGS[self.rule]
