"""Runs a program for a picture: inspects it, perhaps trains it, and judges the tables."""

import functools
import warnings
from dataclasses import dataclass, replace
from typing import Any

import keras
import pandas as pd

import keras_vg as vg
from keras_vg.diagnosis.evidence import Evidence, Inspection
from keras_vg.diagnosis.findings import Finding, Findings
from keras_vg.diagnosis.rules import judge, make_thresholds
from keras_vg.inspection.batches import LOSS_COLUMNS
from keras_vg.inspection.ending import describe_end
from labelled_programs import PROGRAMS, Program, run_program
from rule_pages.attention_programs import ATTENTION_PROGRAMS
from rule_pages.curve_programs import CURVE_PROGRAMS, WITH_PREDICTIONS
from rule_pages.input_programs import INPUT_PROGRAMS
from rule_pages.more_programs import MORE_PROGRAMS, WITHOUT_LOSS
from rule_pages.optimizer_programs import OPTIMIZER_PROGRAMS
from rule_pages.recurrent_programs import RECURRENT_PROGRAMS

EXAMPLES = 128
"""Of the batch that is inspected."""

_ALL = [
    *PROGRAMS,
    *MORE_PROGRAMS,
    *OPTIMIZER_PROGRAMS,
    *RECURRENT_PROGRAMS,
    *INPUT_PROGRAMS,
    *ATTENTION_PROGRAMS,
    *CURVE_PROGRAMS,
]

BY_NAME: dict[str, Program] = {program.name: program for program in _ALL}


@dataclass(frozen=True)
class Scene:
    """A program's tables and what the rules say of them.

    Attributes:
        name: The program's name.
        evidence: The tables.
        findings: What the rules found in them.
    """

    name: str
    evidence: Evidence
    findings: Findings

    @property
    def inspection(self) -> Inspection:
        """The inspection before the training."""
        assert self.evidence.inspection is not None
        return self.evidence.inspection

    @property
    def gradients(self) -> pd.DataFrame:
        """The gradient log of the training; where there was none, the inspection's."""
        table = self.inspection.gradients if self.evidence.gradients is None else self.evidence.gradients
        return table.assign(run=self.name)

    @property
    def activations(self) -> pd.DataFrame:
        """The activation log of the training; where there was none, the inspection's."""
        table = self.inspection.activations if self.evidence.activations is None else self.evidence.activations
        return table.assign(run=self.name)

    def find(self, rule: str) -> list[Finding]:
        """The findings of a rule, as causes or as consequences."""
        return [finding for finding in self.findings.list_all() if finding.rule == rule]


@functools.cache
def run_scene(name: str, epochs: int) -> Scene:
    """Inspects a program, trains it for some epochs (0: not at all), and judges it.

    Args:
        name: The program's name.
        epochs: How long it is trained.

    Returns:
        Its scene.
    """
    program = BY_NAME[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Keras says of faulty programs
        evidence = _run(program, epochs) if epochs else _inspect(program)
    if name in WITHOUT_LOSS:
        assert evidence.history is not None
        evidence = Evidence(history=evidence.history.drop(columns="loss"))
    return Scene(name, evidence, judge(evidence, make_thresholds()))


class _PredictionRecorder(keras.callbacks.Callback):
    """Takes the predictions for a batch at the end of each epoch."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__()
        self.batch = (x[:EXAMPLES], y[:EXAMPLES])
        self.tables: list[pd.DataFrame] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Takes them."""
        self.tables.append(vg.inspect(self.model, *self.batch).outputs.assign(epoch=epoch))

    def on_train_end(self, logs: Any = None) -> None:
        """Adds to the last of them what the end of a fit shows."""
        last, predictions = self.tables[-1], keras.tree.flatten(self.model.predict(self.batch[0], verbose=0))
        losses = list(last[list(LOSS_COLUMNS)].itertuples(index=False, name=None))
        rows = [{str(name): value for name, value in row.items()} for row in last.to_dict("records")]
        self.tables[-1] = pd.DataFrame(describe_end(self.model, *self.batch, losses, rows, predictions, compares=True))


def _run(program: Program, epochs: int) -> Evidence:
    if program.name not in WITH_PREDICTIONS:
        return run_program(program, seed=0, epochs=epochs)
    recorder = _PredictionRecorder(*program.data())
    evidence = run_program(replace(program, callbacks=(lambda: recorder,)), seed=0, epochs=epochs)
    return replace(evidence, predictions=pd.concat(recorder.tables, ignore_index=True))


def _inspect(program: Program) -> Evidence:
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model, x, y = program.make()
    probe, labels = keras.tree.map_structure(lambda array: array[:EXAMPLES], (x, y))
    return Evidence(inspection=vg.inspect(model, probe, labels))
