"""`vg.cure`: what makes a model learn, proven by trials."""

import contextlib
import html
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from keras_vg.cures.attempts import (
    GOOD_SCORE,
    Attempt,
    collect_curves,
    describe_scores,
    is_done,
    is_enough,
    is_suspected,
    list_rising,
    list_targets,
    must_be_confirmed,
    tabulate,
)
from keras_vg.cures.catalogue import NO_REMEDY, REMEDIES
from keras_vg.cures.code import write_code
from keras_vg.cures.data import MOST_PROBED, Data, count_examples, describe_rows, find_nonfinite_rows, make_data, take
from keras_vg.cures.draft import Draft, make_draft
from keras_vg.cures.search import Search, Settings
from keras_vg.cures.template import Template, make_template
from keras_vg.cures.trials import (
    FrozenDraft,
    compile_original,
    freeze,
    make_forward_pass,
    predict,
    quiet,
    score_given,
)
from keras_vg.diagnosis.findings import Findings
from keras_vg.inspection.inspect import inspect
from keras_vg.inspection.training_step import has_call
from keras_vg.text import quote_error

Status: TypeAlias = Literal["healthy", "proven", "better", "not shown", "impossible"]

_ASKED_ROWS = 10


@dataclass(frozen=True)
class Cure:
    """What `cure` found.

    Attributes:
        status: `"healthy"` if there is no error, the model is better than a constant answer (as far as more than its
            loss tells), and no remedy of a milder finding is proven to gain half of the way to 1, or if the model's own
            weights have a score of 0.8 or more;
            `"proven"` if every seed with the changes beats every seed without and the median gains more than the range
            of either and than chance with the validation examples explains (and half of the way to 1, where no rule
            knows why a model is no better than a constant answer); `"better"` if the median alone is higher;
            `"not shown"` if nothing helped, or not so far; `"impossible"` if the data must be corrected first.
        changes: Names of the remedies that are proposed, in the order of their application; empty for none.
        code: The same changes as lines of Keras code.
        trials: One row per attempt; `change`, `finding` (that called for it), `seeds`, `score_before`, `score_after`
            (medians over the seeds), `range_before`, `range_after`, `epochs`, `steps`, `seconds`, `verdict`.
        curves: One row per score over the steps of each training; see `plots.draw_trials`.
        findings_before: What `diagnose` finds in the original's trainings, as most seeds agree.
        findings_after: The same with the changes.
        scores_before: Score of each seed of the original.
        scores_after: Score of each seed with the changes.
        cost: Steps of all trainings, in full trainings of the original with all seeds.
        notes: What else is to be known: what was left out, which rows hold NaN, an interruption.
        fit_options: Arguments of the cured model's `fit`: the data as it takes them, epochs, batch size.
    """

    status: Status
    changes: tuple[str, ...]
    code: str
    trials: pd.DataFrame
    curves: pd.DataFrame
    findings_before: Findings
    findings_after: Findings
    scores_before: tuple[float, ...]
    scores_after: tuple[float, ...]
    cost: float
    notes: tuple[str, ...]
    fit_options: dict[str, Any] = field(repr=False)
    _frozen: FrozenDraft = field(repr=False)

    def make_model(self, seed: int = 0) -> keras.Model:
        """Makes a new compiled model with the changes, and fresh weights.

        Args:
            seed: Of the initial weights: the trials had 0, 1, ...

        Returns:
            The model, not trained yet: `model.fit(**cure.fit_options)`.
        """
        with quiet(), self._frozen.template.known_objects():
            return self._frozen.thaw(seed).compile(seed)

    def __str__(self) -> str:
        lines = [self._summarise()]
        if self.changes:
            lines += ["", "changes:"]
            lines += [f"  {name}: {REMEDIES[name].explanation}" for name in self.changes]
            lines += ["", "code:", *(f"  {line}" for line in self.code.splitlines())]
        if len(self.trials) > 1:
            lines += ["", "trials:", self._shorten_trials().to_string(index=False, na_rep="")]
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self._summarise())}</p>"]
        if self.changes:
            items = "".join(
                f"<li><b>{html.escape(name)}</b>: {html.escape(REMEDIES[name].explanation)}</li>"
                for name in self.changes
            )
            parts.append(f"<ul>{items}</ul><pre>{html.escape(self.code)}</pre>")
        parts.append(self._shorten_trials().to_html(index=False, escape=True, na_rep=""))
        parts += [f"<p>{html.escape(note)}</p>" for note in self.notes]
        return "".join(parts)

    def _summarise(self) -> str:
        before, after = describe_scores(self.scores_before), describe_scores(self.scores_after)
        rules = ", ".join(finding.rule for finding in self.findings_before if finding.severity != "info") or "nothing"
        spent = f"{self.cost:.1f} trainings' worth of steps, the original's included"
        if self.status == "healthy":
            return f"healthy: score {before} over {len(self.scores_before)} seeds; no change is proposed"
        if self.status == "impossible":
            return "no cure: the data must be corrected first"
        if self.status == "not shown":
            tried = "nothing that was tried lifts" if len(self.trials) > 1 else "nothing was tried against"
            return f"not shown: {tried} the score of {before}; found: {rules}; {spent}"
        left = [finding.rule for finding in self.findings_after if finding.severity == "error"]
        rest = f"; still found: {', '.join(left)}" if left else "; nothing of severity error is left"
        return (
            f"{self.status}: score {before} before, {after} after, median (range) over {len(self.scores_after)} seeds; "
            f"found: {rules}{rest}; {spent}"
        )

    def _shorten_trials(self) -> pd.DataFrame:
        table = self.trials[["change", "finding", "seeds", "epochs", "score_after", "range_after", "steps", "verdict"]]
        return table.rename(columns={"score_after": "score", "range_after": "range"}).round(3)


def cure(
    model: keras.Model,
    x: Any,
    y: Any = None,
    validation_data: Any = None,
    epochs: int = 20,
    batch_size: int = 32,
    seeds: int = 3,
    sample_weight: Any = None,
    max_trainings: float = 8,
    jobs: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool = True,
    search: Literal["reasoned", "random"] = "reasoned",
    class_weight: dict[int, float] | None = None,
) -> Cure:
    """Finds changes with which a model learns, and proves them by training with and without.

    The model is trained from fresh weights with each seed and diagnosed. For the finding furthest upstream (data,
    labels, output layer, scale, learning rate, initialization, depth) remedies are applied; an inspection drops those
    that do not clear it; the rest are trained for a part of the epochs, the best with all seeds and epochs. This goes
    on until a change is proven and nothing of severity error is left, or the budget is spent. Of a model without
    errors whose score is below 0.8, milder findings are taken, or that it is no better than a constant answer; then
    only what is proven and gains half of the way to a score of 1 counts, unless a warning stands beside answers like a
    constant's. A model whose own weights have a score of 0.8 or more, such as one that is being fine-tuned, gets no
    change.

    The score is 1 for perfect answers on the validation data and 0 for those no better than the best constant one, and
    does not depend on the loss: for classes, the mean of what accuracy and cross-entropy gain over the constant answer;
    for numbers, the explained variance in the unit of the labels; otherwise the loss against the untrained model's.

    The model, its weights, its optimizer, the data and the global random generators stay as they are.

    Args:
        model: A model compiled with a loss and a Keras optimizer, made of layers that Keras can make anew from their
            configuration.
        x: Inputs as `fit` takes them, arrays of shape `(examples, ...)`; or a dataset of batches with a length.
        y: Labels; None with a dataset. Those of an output without a loss may be None, or left out.
        validation_data: A pair `(x, y)` by which models are judged; None keeps out a fifth, of each class alike, of the
            examples whose weight is not 0.
        epochs: Epochs of a full training.
        batch_size: Examples per step. If the model's inputs take a fixed number, that one; the last examples that
            fill no batch are left out.
        seeds: How many seeds each change is proven on, at least 2.
        sample_weight: Weights of the examples, of shape `(examples,)`.
        max_trainings: Budget, in full trainings of all seeds, the original's included; at least 2.
        jobs: Number of processes, -1 for one per core; None: what `joblib.parallel_config` says, otherwise 1. The
            result is the same.
        folder: Where the logs of all trainings are written; None keeps none.
        progress: Whether a progress bar says on stderr what runs; where stderr is no terminal, a line for each.
        search: `"reasoned"`, or `"random"`: remedies drawn from the same catalogue, for comparison.
        class_weight: As `fit` takes it.

    Returns:
        The cure. After Ctrl-C, what was known until then.

    Raises:
        TypeError: If the model is not compiled with a Keras optimizer.
        ValueError: If the model is not compiled with a loss, has no `call`, or cannot be made anew from its
            configuration; if it cannot take the data, or `fit` fails for a reason that no rule knows; if lengths or
            shapes of the data do not fit; if a dataset has no length; if `seeds` or `max_trainings` is below 2; if
            `epochs`, `batch_size`, `jobs` or `search` are none of what they may be; or if the model's inputs take a
            fixed number of examples at once, and `batch_size` is another, or the data do not fill one batch.

    Example:
        >>> hidden = keras.layers.Dense(8, "relu")
        >>> model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1, "softmax")])
        >>> model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
        >>> x = np.random.default_rng(0).normal(size=(300, 2))
        >>> cure = vg.cure(model, x, (x[:, :1] > 0).astype("float32"), epochs=5, seeds=2, progress=False)
        >>> cure.status, cure.changes
        ('proven', ('the head that the labels ask for',))
    """
    _check_arguments(model, epochs, batch_size, seeds, max_trainings, jobs, search)
    data = make_data(x, y, validation_data, sample_weight)
    if (fixed := _find_fixed_batch_size(model)) is not None:
        if fixed != batch_size:
            raise ValueError(
                f"`batch_size` must be that of the model's inputs, which take {fixed} examples at once. "
                f"Received: batch_size={batch_size!r}. Pass batch_size={fixed}."
            )
        data = data.fix_batch_size(fixed)
    fit = {"batch_size": batch_size, "epochs": epochs}
    if class_weight is not None:
        fit["class_weight"] = class_weight  # type: ignore[assignment]
    with quiet():
        template = make_template(model, data.take_probe()[0])
    data = data.drop_untrained(template.loss)
    with quiet(), template.known_objects():
        draft, notes = _make_original(template, data, fit)
        settings = Settings(epochs, tuple(range(seeds)), max_trainings, jobs, None if folder is None else Path(folder))
        found = Search(draft, template, settings)
        if notes:
            return _conclude(found, "impossible", notes)
        given = score_given(model, draft)
        with _show_progress(progress) as notify:
            found.settings = replace(settings, notify=notify)
            notes = [*template.left_out, *_run(found, None if given >= GOOD_SCORE else search)]
        if not given >= GOOD_SCORE:  # or not known
            return _conclude(found, None, notes)
        trained = f"the model as it was given scores {given:.2f}: its weights are trained, those of trials are fresh"
        return _conclude(found, "healthy", [*notes, trained])


def _run(found: Search, search: str | None) -> list[str]:
    """Trains the original, and searches if a way is given; returns what is to be noted."""
    try:
        if search is None:
            found.train_original()
        else:
            found.run_randomly() if search == "random" else found.run()
    except KeyboardInterrupt:
        if not found.attempts:
            raise
        return ["interrupted: this is what was known until then"]
    return []


def _make_original(template: Template, data: Data, fit: dict[str, Any]) -> tuple[Draft, list[str]]:
    """The original as a draft, and why it cannot be cured, if the data are the reason."""
    model = template.make(0)
    compiled = compile_original(template, data.take_probe()[0])
    takes_nan, rows = _find_bad_rows(compiled, data)
    bad = find_nonfinite_rows(data.y)  # on torch some losses refuse to look at them
    if not takes_nan:
        bad = np.union1d(bad, find_nonfinite_rows(data.x))
    every = np.arange(count_examples(data.x))
    clean = np.setdiff1d(every, bad)
    probe = (clean if len(clean) else every)[: data.batch_size or MOST_PROBED]
    if data.batch_size:
        probe = np.resize(probe, data.batch_size)
    x, y = take(data.x, probe), take(data.y, probe)
    if not len(clean):  # then the model is described by zeros in the place of what is not finite
        x, y = keras.tree.map_structure(_fill, (x, y))
    try:
        inspection = inspect(compiled, x, y)
    except (TypeError, ValueError):  # which say what is wrong
        raise
    except Exception as error:  # of the backend's own
        raise ValueError(
            "The model must be able to take the data. "
            f"Received: model {model.name!r}, which raised {quote_error(error)}"
        ) from error
    draft = make_draft(template, model, inspection, data, fit)
    notes = [
        f"{NO_REMEDY['nonfinite_data']} Rows of {name}: {describe_rows(found)}"
        for name, found in rows.items()
        if len(found)
    ]
    return draft, notes


def _fill(array: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(array), array, 0).astype(array.dtype) if array.dtype.kind == "f" else array


def _find_bad_rows(compiled: Any, data: Data) -> tuple[bool, dict[str, np.ndarray]]:
    """Whether the model takes NaN in its inputs, and the user's examples that no model can learn from."""
    rows = data.find_nonfinite("y")
    for x in (data.x, data.x_val):
        if len(bad := find_nonfinite_rows(x)):
            shown = np.resize(bad, data.batch_size) if data.batch_size else bad[:_ASKED_ROWS]
            # A model that takes NaN for missing values answers all the same. It is not asked by its `predict`, since
            # TensorFlow's XLA may, on some processors, run a Dense layer and its ReLU as one, which makes 0 of NaN.
            if len(find_nonfinite_rows(predict(make_forward_pass(compiled), take(x, shown)))):
                return False, rows | data.find_nonfinite("x")
            return True, rows
    return False, rows


def _conclude(search: Search, status: Status | None, notes: list[str]) -> Cure:
    original = search.attempts[0] if search.attempts else Attempt((), "", freeze(search.draft, search.template))
    best = search.best if search.attempts else original
    if status is None:
        status = tell_status(original, best)
    if must_be_confirmed(original) and status in ("healthy", "not shown"):
        if best.verdict == "proven":
            gain = f"{' + '.join(best.changes)} raises the score from {original.median:.2f} to {best.median:.2f}"
            notes = [*notes, f"{gain}, which is less than half of the way to 1, so it is not proposed"]
        best = original
    draft = best.frozen.rest
    if status == "not shown" and (rising := list_rising(search.attempts)):
        notes = [
            *notes,
            f"the score still rose when the training ended with {', '.join(rising)}: more than "
            f"{search.settings.epochs} epochs may show what these did not",
        ]
    if status == "proven" and not is_done(original, best):
        notes = [*notes, "errors are still found with the changes"]
    notes += [NO_REMEDY[f.rule] for f in original.findings if f.rule in NO_REMEDY and f.severity != "info"]
    return Cure(
        status=status,
        changes=best.changes,
        code=write_code(draft.code) if len(draft.outputs) == 1 else "\n".join(draft.code),
        trials=tabulate(search.attempts),
        curves=collect_curves(search.attempts),
        findings_before=original.findings,
        findings_after=best.findings,
        scores_before=tuple(original.scores),
        scores_after=tuple(best.scores),
        cost=search.steps / search.unit,
        notes=tuple(notes),
        fit_options=_make_fit_options(best.frozen),
        _frozen=best.frozen,
    )


def tell_status(original: Attempt, best: Attempt) -> Status:
    """Says what a search has shown of the original, of which `best` is the best change."""
    if must_be_confirmed(original) and not is_enough(original, best):
        return "healthy" if is_suspected(original) else "not shown"
    if best.verdict == "proven":
        return "proven"
    if not list_targets(original):
        return "healthy"
    return "better" if best.verdict == "better" else "not shown"


def _make_fit_options(frozen: FrozenDraft) -> dict[str, Any]:
    draft = frozen.thaw(0)
    data = draft.data
    options = {
        "x": data.x,
        "y": draft.encode(data.y),
        "validation_data": (data.x_val, draft.encode(data.y_val)),
        **draft.fit,
    }
    return options if data.sample_weight is None else options | {"sample_weight": data.sample_weight}


@contextlib.contextmanager
def _show_progress(progress: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar of the budget, with what runs beside it; a line for each where no bar can be drawn, as in a file."""
    console = Console(stderr=True)
    if not progress:
        yield lambda text, part: None
        return
    if not (console.is_terminal or console.is_jupyter):
        yield lambda text, part: console.print(f"{part:.0%} of the budget spent: {text}", soft_wrap=True, markup=False)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("inspecting the model", total=1.0)
        yield lambda text, part: bar.update(task, description=text, completed=part)


def _find_fixed_batch_size(model: Any) -> int | None:
    """The number of examples that the model's inputs take at once, None for any."""
    inputs = keras.tree.flatten(getattr(model, "inputs", None) or [])
    sizes = {tensor.shape[0] for tensor in inputs if len(tensor.shape)} - {None}
    return int(min(sizes)) if sizes else None


def _check_arguments(
    model: Any, epochs: int, batch_size: int, seeds: int, max_trainings: float, jobs: int | None, search: str
) -> None:
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"The model must be compiled. Received: model {getattr(model, 'name', model)!r}, not compiled. "
            "Call model.compile(optimizer, loss) first."
        )
    if model.loss is None or not has_call(model):
        raise ValueError(
            "The model must have a `call` and be compiled with a loss: changes are judged by predictions. Received: "
            f"model {model.name!r} of type {type(model).__name__}, loss={model.loss!r}. Use `inspect` and `diagnose`."
        )
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "The model must be compiled with a Keras optimizer. "
            f"Received: optimizer={model.optimizer!r}. Pass one of keras.optimizers to `compile`."
        )
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"`{name}` must be a whole number of at least 1. Received: {name}={value!r}.")
    if isinstance(seeds, bool) or not isinstance(seeds, int | np.integer) or seeds < 2:
        raise ValueError(
            f"`seeds` must be at least 2: one training proves nothing. Received: seeds={seeds!r}. Ask for 3."
        )
    if not max_trainings >= 2:
        raise ValueError(
            "`max_trainings` must be at least 2: one full training of the original, one of the changed model. "
            f"Received: max_trainings={max_trainings!r}."
        )
    if jobs == 0:
        raise ValueError("`jobs` must be a number of processes, or -1 for all cores. Received: jobs=0.")
    if search not in ("reasoned", "random"):
        raise ValueError(f"`search` must be 'reasoned' or 'random'. Received: search={search!r}.")
