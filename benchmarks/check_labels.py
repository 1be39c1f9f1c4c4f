"""Checks the labels of the labelled programs by training: the healthy must learn, and the sick must not."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import time
import warnings
from functools import partial
from typing import Annotated, Any, NamedTuple

import keras
import numpy as np
import typer
from rich.console import Console

from labelled_programs import PROGRAMS, Half, Program, select

console = Console(width=160)

LEARNED = 0.2
WORSE_BY = 0.15
STEPS_AT_ONCE, REPEATS = 20, 20


def main(
    half: Annotated[Half, typer.Option(help="Which programs.")] = Half.both,
    theme: Annotated[list[str] | None, typer.Option(help="Only programs of these themes.")] = None,
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 0,
) -> None:
    """Trains programs, and prints those whose label looks wrong.

    A score is 1 for right answers and 0 for the best constant answer, on the training data. A healthy program must
    score 0.2 or more, a sick one 0.15 less than the healthy program it is a neighbour of. A program whose training
    raises an error has not learned.
    """
    warnings.simplefilter("ignore")  # what Keras says of faulty programs
    by_name = {program.name: program for program in PROGRAMS}
    chosen = [p for name in theme or [""] for p in select(half, name, match) if p.theme]
    scores: dict[str, float] = {}
    doubtful = []
    for program in chosen:
        start, (last, error) = time.perf_counter(), train_and_score(program, epochs, seed)
        seconds = time.perf_counter() - start
        scores[program.name] = last
        if program.is_sick:
            reference = program.neighbour
            while reference and by_name[reference].is_sick:
                reference = by_name[reference].neighbour
            if reference and reference not in scores:
                scores[reference] = train_and_score(by_name[reference], epochs, seed).score
            wrong = not error and last > (scores[reference] if reference else 1) - WORSE_BY
        else:
            wrong = last < LEARNED
        wrong = wrong and not program.unscored
        says = "sick" if program.is_sick else "healthy"
        result = f"raises {error}" if error else f"{last:.2f}"
        text = f"{'DOUBTFUL ' if wrong else ''}{says}: {program.name}: {result}, {seconds:.0f} s"
        console.print(text, highlight=False, markup=False, style="red" if wrong else "")
        if wrong:
            doubtful.append(text)
    console.rule(f"{len(doubtful)} of {len(chosen)} labels look wrong")
    for text in doubtful:
        console.print(text, highlight=False, markup=False)


class Outcome(NamedTuple):
    """What came of a training.

    Attributes:
        score: 1 for right answers and 0 for the best constant answer; -1 if it is not finite, or there is none.
        error: Type and first line of the error that the training raised; empty if it raised none.
    """

    score: float
    error: str = ""


def train_and_score(program: Program, epochs: int, seed: int) -> Outcome:
    """Trains a program and scores its answers."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    model, x, y = program.make()
    try:
        train(program, model, x, y, epochs)
    except Exception as error:  # Keras and its backends raise many types; whichever it is, it is printed
        return Outcome(-1.0, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    answers = keras.tree.map_structure(keras.ops.convert_to_numpy, model(x, training=False))
    score = (program.score or partial(score_predictions, getattr(model.loss, "from_logits", False)))(answers, y)
    return Outcome(score if np.isfinite(score) else -1.0)


def train(program: Program, model: keras.Model, x: Any, y: Any, epochs: int) -> None:
    """Trains a program's model, in as few calls of the backend as it can be done."""
    callbacks = [make() for make in program.callbacks]
    options = program.make_fit_options(x, y)
    if callbacks or program.epochs or keras.backend.backend() != "tensorflow":
        model.fit(x, y, epochs=max(epochs, program.epochs or 0), verbose=0, callbacks=callbacks, **options)
        return
    # the same steps with less around them: data repeated, several steps at a time
    model.steps_per_execution = STEPS_AT_ONCE
    x_long, y_long, weights = keras.tree.map_structure(
        lambda array: None if array is None else np.concatenate([array] * REPEATS),
        (x, y, options.pop("sample_weight", None)),
    )
    model.fit(x_long, y_long, epochs=-(-epochs // REPEATS), verbose=0, sample_weight=weights, **options)


def score_predictions(logits: bool, predictions: Any, y: Any) -> float:
    """How much better predictions are than the best constant, averaged over outputs."""
    if isinstance(y, dict) and not isinstance(predictions, dict):
        y = [y[name] for name in y]
    pairs = zip(keras.tree.flatten(y), keras.tree.flatten(predictions), strict=True)
    return float(np.mean([_score(np.asarray(labels), np.asarray(answers), logits) for labels, answers in pairs]))


def _score(y: np.ndarray, prediction: np.ndarray, logits: bool) -> float:
    if not np.isfinite(prediction).all():
        return -1.0
    units = prediction.shape[-1]
    one_hot = y.shape == prediction.shape and units > 1 and set(np.unique(y)) == {0, 1} and (y.sum(-1) == 1).all()
    if one_hot or (units > 1 and y.size * units == prediction.size):
        classes = y.argmax(-1) if one_hot else y.reshape(prediction.shape[:-1]).astype("int64")
        majority = np.unique(classes, return_counts=True)[1].max() / classes.size
        return float(((prediction.argmax(-1) == classes).mean() - majority) / (1 - majority))
    y = y[..., None] if y.ndim == prediction.ndim - 1 else y
    y, prediction = y.reshape(-1, y.shape[-1]).astype("float64"), prediction.reshape(-1, units).astype("float64")
    if set(np.unique(y)) == {0.0, 1.0}:  # the mean of both classes' shares of right answers
        said = prediction > (0.0 if logits else 0.5)
        shares = [((said == 1) & (y == 1)).sum(0) / (y == 1).sum(0), ((said == 0) & (y == 0)).sum(0) / (y == 0).sum(0)]
        return float(np.nanmean(shares[0] + shares[1] - 1))
    if y.shape != prediction.shape:
        return -1.0
    return float(1 - ((y - prediction) ** 2).mean() / ((y - y.mean(0)) ** 2).mean())


if __name__ == "__main__":
    typer.run(main)
