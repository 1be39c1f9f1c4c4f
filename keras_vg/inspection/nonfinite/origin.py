"""Where the first value arises that is not finite, and the sentence that says it."""

from dataclasses import dataclass

import keras

from keras_vg.inspection.nonfinite.trace import Phase

_SHOWN = 8


@dataclass(frozen=True)
class Origin:
    """Where in a training step the first value arises that is not finite.

    `str` says it in a sentence, and the truth value is whether there is one.

    Attributes:
        phase: `"input"`, `"label"` or `"sample_weight"` of data and `"weight"` of a weight that is not finite itself;
            `"forward"` in a layer, `"loss"` in what is computed behind the layers, `"backward"` in a derivative,
            `"update"` in what the optimizer makes of finite gradients; `"none"` if nothing was found.
        layer: The layer's name, with those around it as far as is needed; `"loss"` in the loss, `"train_step"` in
            what a training step of the model's own does outside of its layers; empty of data.
        weight: The weight's name in the layer, of the phases `"weight"` and `"update"`; else empty.
        operation: As `keras.ops` names it where it has one like it; in the backward pass, the one whose derivative it
            is; of an update the optimizer's class. Empty where it is not known, or there is none.
        value: `"NaN"` or `"inf"`; `"error"` where the backend raises in its place; empty if nothing was found.
        rows: Positions in the data of the smallest batch found that shows it, ascending.
        detail: What else is known, sentences; may be empty.
    """

    phase: Phase
    layer: str = ""
    weight: str = ""
    operation: str = ""
    value: str = ""
    rows: tuple[int, ...] = ()
    detail: str = ""

    def __bool__(self) -> bool:
        return self.phase != "none"

    def __str__(self) -> str:
        sentences = [self._say_where()]
        if self.rows:
            shown = ", ".join(map(str, self.rows[:_SHOWN])) + (", ..." if len(self.rows) > _SHOWN else "")
            rows = f"row {shown} alone" if len(self.rows) == 1 else f"the {len(self.rows)} rows {shown}"
            sentences.append(f"A batch of {rows} shows it.")
        return " ".join([*sentences, self.detail]).rstrip()

    def _say_where(self) -> str:
        operation = f" of the operation {self.operation!r}" if self.operation else ""
        inside = f"layer {self.layer!r}" if self.layer not in ("loss", "train_step") else f"the {self.layer}"
        if self.phase == "none":
            return "Loss, gradients and updated weights are finite."
        if self.phase in ("input", "label", "sample_weight"):
            return f"The {self.phase.replace('_', ' ')} holds {self.value}."
        if self.phase == "weight":
            return f"The weight {self.weight!r} of {inside} holds {self.value}."
        if self.phase == "update":
            return (
                f"The update by {self.operation} makes {self.value} of the weight {self.weight!r} of {inside}, from "
                "finite gradients."
            )
        if self.value == "error":
            return f"In {inside}, {keras.backend.backend()} raises at the input{operation}."
        if self.phase == "backward":
            return f"The first value that is not finite, {self.value}, is a derivative{operation} of {inside}."
        return f"The first value that is not finite, {self.value}, is the output{operation} in {inside}."
