"""Some of the labelled programs, judged before training; `benchmarks/diagnosis.py` trains all of them."""

import warnings

import keras
import pytest

import keras_vg as vg
from keras_vg.diagnosis.rules import judge, make_thresholds
from labelled_programs import PROGRAMS, STRENGTHS, run_program

BY_NAME = {program.name: program for program in PROGRAMS}
INSPECTED = [
    "mlp relu",
    "deep normalized",
    "zero output layer",
    "transformer",
    "transfer",
    "embedding",
    "batch normalization first",
    "sigmoids x6",
    "small tanh 0.01",
    "large relu 0.8",
    "dead relu -5.0",
    "raw wine",
    "adam rate 2.0",
    "adam rate 1e-06",
    "ones everywhere",
    "softmax of one",
    "linear output classes",
    "labels -1 and 1",
    "labels times 10000.0",
    "nan input",
]


SATURATED = "other initial weights, whose outputs saturate: named as exploding activations, not as the label says"
KNOWN_MISSES = {
    ("jax", "large relu 0.8"): SATURATED,
    ("torch", "large relu 0.8"): SATURATED,
}


def check(program, findings):
    said = str(findings)
    if not program.is_sick:
        assert findings.is_healthy, said
    else:
        assert {finding.rule for finding in findings} & set(program.label), said


@pytest.mark.model
@pytest.mark.parametrize("name", INSPECTED)
def test_before_training(name, request):
    if reason := KNOWN_MISSES.get((keras.backend.backend(), name)):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    keras.utils.set_random_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Keras says of faulty programs
        model, x, y = BY_NAME[name].make()
        inspection = vg.inspect(model, x[:128], y[:128])
    check(BY_NAME[name], vg.diagnose(inspection))


@pytest.mark.parametrize("name", ["mlp tanh sgd", "accumulation too long", "sgd rate 30.0"])
def test_after_three_epochs(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evidence = run_program(BY_NAME[name], seed=0)
    check(BY_NAME[name], judge(evidence, make_thresholds()))


def test_labels_name_rules_and_programs_are_distinct():
    assert len(BY_NAME) == len(PROGRAMS)
    assert {program.strength for program in PROGRAMS if program.is_sick} == set(STRENGTHS)
