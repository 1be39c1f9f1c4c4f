"""Rules about a loss of one's own: whether it asks for the right answers at all."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_loss_function(context: Context) -> Iterator[Finding]:
    """A loss that no answer to an example can lower, or that the right answers raise."""
    if context.inspection is None:
        return
    losses = {"highest": float("nan"), **context.inspection.setup.get("loss_of_answers", {})}
    slack = context.thresholds.answer_gain * (losses["highest"] - min(losses.values()))
    if not slack > 0:  # not known
        return
    if losses["varying"] >= losses["constant"] - slack:
        cause = (
            "No answer that goes by the labels makes this loss lower than the best answer that is the same for every "
            "example: there is nothing to learn from the inputs. It may look at means over the batch alone (take the "
            "difference of each label and prediction first, and the mean last), or take labels of another sort (a "
            "hinge loss takes -1 and 1, not 0 and 1)."
        )
    elif losses["right"] >= losses["highest"] - slack and losses["highest"] <= slack:
        cause = (
            "This loss is highest where predictions equal the labels, and falls below 0 the more they differ: its sign "
            "is wrong. Leave out the minus, or put it before a measure that is to be as large as possible."
        )
    else:
        return
    yield Finding("loss_function", "error", (), None, losses, cause)
