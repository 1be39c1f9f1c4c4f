"""Some of the labelled programs, judged before training; `benchmarks/diagnosis.py` trains all of them."""

import warnings

import keras
import pytest

import keras_vg as vg
from keras_vg.diagnosis.rules import judge, make_thresholds
from labelled_programs import PROGRAMS, STRENGTHS, Half, run_program, select

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


def check(program, findings):
    said = str(findings)
    if not program.is_sick:
        assert findings.is_healthy, said
    else:
        assert {finding.rule for finding in findings} & set(program.label), said


@pytest.mark.model
@pytest.mark.parametrize("name", INSPECTED)
def test_before_training(name):
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


@pytest.mark.parametrize("half", [Half.seen, Half.held_out])
def test_each_half_has_both_kinds(half):
    programs = select(half)
    assert sum(program.is_sick for program in programs) >= 75
    assert sum(not program.is_sick for program in programs) >= 75


def test_halves_are_apart():
    seen, held_out = ({program.name for program in select(half)} for half in (Half.seen, Half.held_out))
    assert not seen & held_out
    assert seen | held_out == set(BY_NAME)


def test_a_sick_program_comes_from_a_healthy_one_of_its_half_and_theme():
    for program in PROGRAMS:
        if program.neighbour:
            neighbour = BY_NAME[program.neighbour]
            assert (neighbour.held_out, neighbour.theme) == (program.held_out, program.theme), program.name
            assert not neighbour.is_sick, program.name


def test_a_varied_program_is_healthy_unless_it_is_said_otherwise():
    program = BY_NAME["ones everywhere"]
    assert program.vary("another").label == ()
    assert not program.vary("another").is_sick
    sick = program.vary("another", label=("dead_relu",), strength="mild")
    assert (sick.label, sick.neighbour, sick.is_sick) == (("dead_relu",), "ones everywhere", True)
    with pytest.raises(ValueError, match="must have a strength"):
        program.vary("another", label=("dead_relu",))
