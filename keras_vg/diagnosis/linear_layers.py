"""Rules about a model of several layers without an activation between them, which is one linear layer."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_linear_layers(context: Context) -> Iterator[Finding]:
    """Hidden layers that have no activation, nor has anything else in front of the model's last kernel."""
    if names := _list_linear(context):
        yield Finding("linear_layers", "warning", names, None, {"linear_layers": float(len(names))}, _describe(names))


def find_linear_answers(context: Context) -> Iterator[Finding]:
    """A fit of such a model that has ended badly, on labels that are no linear function of the inputs."""
    names, t = _list_linear(context), context.thresholds
    for row in context.final_predictions if names and context.is_complete else ():
        own, linear, simple = (float(row.get(name, "nan")) for name in ("answer_score", "linear_score", "simple_score"))
        if simple >= t.simple_score and max(own, linear) < t.simple_part * simple:
            yield Finding(
                "linear_layers",
                "error",
                names,
                None,
                {
                    "linear_layers": float(len(names)),
                    "score": round(own, 4) + 0.0,
                    "score_of_linear_model": round(linear, 4) + 0.0,
                    "score_of_simple_model": round(simple, 4),
                },
                f"{_describe(names)} {str(row['simple_model']).capitalize()} answers the probe batch with a score of "
                f"{simple:.2f}, a linear model with {linear:.2f}, and this one scores {own:.2f}.",
            )
            return


def _list_linear(context: Context) -> tuple[str, ...]:
    return () if context.inspection is None else tuple(context.inspection.setup.get("linear_layers", ()))


def _describe(names: tuple[str, ...]) -> str:
    hidden = "The hidden layer has no" if len(names) == 1 else f"None of the {len(names)} hidden layers has an"
    return (
        f"{hidden} activation, so that all layers together are one linear layer, and the model can answer with "
        "weighted sums of its inputs alone: use `activation='relu'` in hidden layers."
    )
