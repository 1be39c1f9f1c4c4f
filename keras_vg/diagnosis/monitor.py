"""A callback that watches a metric, as the rules know it."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["min", "max"]


@dataclass(frozen=True)
class Monitor:
    """A callback that watches a metric: `EarlyStopping`, `ReduceLROnPlateau`, `ModelCheckpoint(save_best_only=True)`.

    Attributes:
        callback: Its class.
        metric: What it watches, a name in the epochs' logs.
        mode: Which values it takes for better ones, the smaller or the larger.
        right_mode: Which are better, as far as Keras knows the metric; None where it does not.
        effect: What it has done by it: `"ended"` the fit, `"lowered"` the learning rate or `"restored"` weights; empty
            if none of these.
        min_delta: By how much a value must be better than the best before to count.
    """

    callback: str
    metric: str
    mode: Mode
    right_mode: Mode | None
    effect: str = ""
    min_delta: float = 0.0
