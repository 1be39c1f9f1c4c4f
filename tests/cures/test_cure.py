"""From a sick model to a proven change: what is found, what it is made of, and what stays untouched."""

import functools
import random
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.cures import search as search_module
from keras_vg.cures import trials as trials_module
from keras_vg.cures.attempts import (
    Attempt,
    is_judged_by_faulty_loss,
    is_suspected,
    list_rising,
    list_targets,
    must_be_confirmed,
)
from keras_vg.cures.cure import tell_status
from keras_vg.cures.score import Score
from keras_vg.cures.search import Search, Settings
from keras_vg.cures.template import make_template
from keras_vg.cures.trials import Trial
from keras_vg.diagnosis.order import list_hidden_by

pytestmark = pytest.mark.model

X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
BINARY = (X[:, :1] > 0).astype("float32")


def make_model(*parts, loss="binary_crossentropy", optimizer=None, **options):
    model = keras.Sequential([keras.Input((4,)), *parts])
    model.compile(optimizer or keras.optimizers.Adam(0.03), loss, **options)
    return model


def cure(model, x=X, y=BINARY, **options):
    return vg.cure(model, x, y, **{"epochs": 5, "batch_size": 32, "seeds": 2, "progress": False} | options)


def make_softmax_of_one():
    return make_model(
        layers.Dense(8, "relu", name="hidden"), layers.Dense(1, "softmax", name="last"), metrics=["accuracy"]
    )


@functools.cache
def cure_softmax_of_one():
    return cure(make_softmax_of_one())


def test_softmax_over_one_unit_gets_a_sigmoid():
    found = cure_softmax_of_one()
    assert found.status == "proven"
    assert found.changes == ("the head that the labels ask for",)
    assert 'Dense(1, activation="sigmoid")' in found.code
    assert min(found.scores_after) > max(found.scores_before)
    assert "output_layer" in {f.rule for f in found.findings_before if f.severity == "error"}
    assert found.findings_after.is_healthy
    assert found.cost <= 3


def test_cured_model_learns_with_the_options_that_come_with_it():
    found = cure_softmax_of_one()
    model = found.make_model(seed=5)
    assert model.layers[-1].activation is keras.activations.sigmoid
    history = model.fit(**found.fit_options, verbose=0).history
    assert history["val_accuracy"][-1] > 0.9
    again = found.make_model(seed=5)
    np.testing.assert_array_equal(again.get_weights()[0], found.make_model(seed=5).get_weights()[0])
    assert not np.array_equal(again.get_weights()[0], found.make_model(seed=6).get_weights()[0])


def test_table_holds_what_was_tried():
    table = cure_softmax_of_one().trials
    assert next(iter(table["verdict"])) == "original"
    assert "proven" in set(table["verdict"])
    assert table["steps"].sum() == pytest.approx(
        cure_softmax_of_one().cost * 2 * 5 * 5
    )  # seeds, epochs, batches of 32 of 160
    curves = cure_softmax_of_one().curves
    last = curves[(curves["change"] == "original") & (curves["step"] == 25)]["score"]
    np.testing.assert_allclose(last, cure_softmax_of_one().scores_before)


def test_texts_say_what_was_found():
    found = cure_softmax_of_one()
    text, page = str(found), found._repr_html_()
    for part in ("proven: score", "output_layer", "the head that the labels ask for", "keras.layers.Dense(1"):
        assert part in text
        assert part.split("(")[0] in page


def draw_random_numbers():
    """One number from each global generator that `keras.utils.set_random_seed` sets."""
    drawn = [random.random(), np.random.random()]  # noqa: NPY002  whose state users share
    drawn.append(float(keras.ops.convert_to_numpy(keras.random.uniform(()))))
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        drawn.append(float(tf.random.uniform(())))
    if keras.backend.backend() == "torch":
        import torch

        drawn.append(float(torch.rand(())))
    return drawn


def test_model_and_data_are_untouched_to_the_bit():
    model, x, y = make_softmax_of_one(), X.copy(), BINARY.copy()
    weights = [np.array(w) for w in model.get_weights()]
    config, metrics = model.get_config(), [m.name for m in model.metrics]
    keras.utils.set_random_seed(3)
    expected = draw_random_numbers()
    keras.utils.set_random_seed(3)
    cure(model, x, y, epochs=1, max_trainings=2)
    assert draw_random_numbers() == expected
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    assert model.get_config() == config
    assert model.optimizer.iterations == 0
    assert [m.name for m in model.metrics] == metrics
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, BINARY)


@pytest.mark.long
def test_labels_in_the_thousands_are_predicted_in_their_own_unit():
    y = (5000 + 2000 * X[:, :1] + 500 * X[:, 1:2]).astype("float32")
    found = cure(make_model(layers.Dense(8, "tanh"), layers.Dense(1), loss="mse"), y=y)
    assert found.status == "proven"
    assert "labels standardized in the model" in found.changes
    model = found.make_model()
    model.fit(**found.fit_options, verbose=0)
    assert 1 - np.mean((model.predict(X, verbose=0) - y) ** 2) / y.var() > 0.8


@pytest.mark.long
def test_classes_of_other_numbers_are_renumbered_for_fit():
    found = cure(make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")), y=255 * BINARY)
    assert found.status == "proven"
    assert set(np.unique(found.fit_options["y"])) == {0, 1}
    assert "np.searchsorted([0, 255], y)" in found.code


def test_healthy_model_is_said_to_be_healthy():
    found = cure(make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")))
    assert found.status == "healthy"
    assert found.changes == ()
    assert found.code == ""
    assert len(found.trials) == 1
    assert found.cost == 1
    assert str(found).startswith("healthy: score")


def test_rows_with_nan_are_shown_and_nothing_is_trained():
    x = X.copy()
    x[[3, 50], 1] = np.nan
    found = cure(make_softmax_of_one(), x, validation_data=(X, BINARY))
    assert found.status == "impossible"
    assert "Rows of x: 3, 50" in str(found)
    assert found.cost == 0
    y = BINARY.copy()
    y[7] = np.inf
    assert "Rows of y: 7" in str(cure(make_softmax_of_one(), y=y, validation_data=(X, BINARY)))


def test_a_feature_that_is_nan_in_every_example():
    x = X.copy()
    x[:, 1] = np.nan
    found = cure(make_softmax_of_one(), x)
    assert (found.status, found.cost) == ("impossible", 0)
    assert "NaN" in str(found)


def test_rows_with_nan_have_the_numbers_that_they_have_in_the_arrays_given():
    x, y = X.copy(), BINARY.copy()
    bad = [0, 17, 60, 111, 150, 199]  # a fifth of all examples is kept out, these or others
    x[bad, 1] = np.nan
    y[[5, 42, 180]] = np.inf
    found = str(cure(make_softmax_of_one(), x, y))
    assert "Rows of x: 0, 17, 60, 111, 150, 199\n" in found + "\n"
    assert "Rows of y: 5, 42, 180\n" in found + "\n"
    assert found.count("Rows of x") == 1


def test_nothing_is_proven_where_there_is_nothing_to_learn(capsys):
    noise = np.random.default_rng(1).integers(0, 2, size=(200, 1)).astype("float32")
    found = cure(make_softmax_of_one(), y=noise, epochs=2, max_trainings=3, progress=True)
    assert found.status in ("not shown", "better")
    assert found.cost <= 3
    lines = capsys.readouterr().err.splitlines()  # no terminal: a line each
    assert lines[0] == "0% of the budget spent: training the original, 2 seeds"
    assert any("inspecting remedies for output layer" in line for line in lines)


@pytest.mark.parametrize(
    ("last", "verdict", "expected"), [(0.3, "not shown", ["Adam"]), (0.1, "not shown", []), (0.3, "set aside", [])]
)
def test_changes_whose_score_still_rose_at_the_end(last, verdict, expected):
    score = Score(last, last, {})
    trials = tuple(Trial(seed, 5, 10, 0.1, score, ((5, 0.1), (10, last)), None) for seed in (0, 1))
    changed = Attempt(("Adam",), "vanishing_gradient", None, None, trials, verdict)
    assert list_rising([Attempt((), "", None), changed]) == expected


@pytest.mark.long
def test_trials_are_the_same_in_other_processes(tmp_path):
    alone = cure_softmax_of_one()
    together = cure(make_softmax_of_one(), jobs=2, folder=tmp_path)
    columns = [name for name in alone.trials if name != "seconds"]
    assert alone.trials[columns].equals(together.trials[columns])
    assert alone.curves.equals(together.curves)
    logs = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv"))
    assert "original/seed_0/gradients.csv" in logs
    assert "the_head_that_the_labels_ask_for/seed_1/history.csv" in logs


def test_interruption_returns_what_is_known(monkeypatch):
    calls = []

    def interrupt(search, attempt):
        calls.append(attempt)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return train(search, attempt)

    train = Search._train_fully
    monkeypatch.setattr(Search, "_train_fully", interrupt)
    found = cure(make_softmax_of_one(), epochs=1)
    assert "interrupted" in found.notes[-1]
    assert found.status == "not shown"
    assert next(iter(found.trials["verdict"])) == "original"


@pytest.mark.long
def test_random_search_stays_within_the_budget():
    found = cure(make_softmax_of_one(), search="random", epochs=1, max_trainings=3)
    assert found.cost <= 3
    assert set(found.trials["finding"][1:]) <= {"random"}


@pytest.mark.long
def test_failed_training_is_no_end():
    # TensorFlow refuses to train on a class 3 of three on a CPU, where JAX and torch have other answers.
    y = (X[:, :1] > 0) * 2 + (X[:, 1:2] > 0)
    model = make_model(layers.Dense(16, "relu"), layers.Dense(3, "softmax"), loss="sparse_categorical_crossentropy")
    found = cure(model, y=y.astype("int32"), epochs=10)
    assert found.status == "proven"
    assert found.changes == ("the head that the labels ask for",)
    assert found.make_model().output_shape == (None, 4)


def test_training_that_fails_for_no_known_reason_is_an_error(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no more")

    monkeypatch.setattr(trials_module, "_fit", fail)
    with pytest.raises(ValueError, match="able to train on the data.*RuntimeError: no more"):
        cure(make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")))


def test_finding_for_information_is_no_reason_for_a_training_that_fails(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no more")

    found = vg.Findings([vg.Finding("input_scale", "info", (), None, {}, "")])
    monkeypatch.setattr(trials_module, "_fit", fail)
    monkeypatch.setattr(trials_module, "judge", lambda *arguments: found)
    with pytest.raises(ValueError, match="able to train on the data.*RuntimeError: no more"):
        cure(make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")))


@pytest.mark.parametrize(
    ("before", "changes", "expected"),
    [
        ("error", ("Adam",), ["input_scale", "not_proven"]),
        ("error", (), ["input_scale"]),  # the original has no gain that could be proven
        ("warning", ("Adam",), ["input_scale"]),
    ],
)
def test_what_is_tried_after_a_change_that_is_not_proven(before, changes, expected, monkeypatch):
    def make_attempt(severity, changes):
        findings = vg.Findings([vg.Finding("input_scale", severity, (), None, {}, "")])
        return Attempt(changes, "", None, None, (Trial(0, 1, 1, 0.0, Score(0.5, 0.5, {}), (), findings),))

    tried = []
    monkeypatch.setattr(search_module, "inspect_draft", lambda frozen: vg.Findings())
    monkeypatch.setattr(Search, "_try_remedies", lambda self, base, seen, target, names: tried.append(target.rule))
    search = Search(None, None, Settings(1, (0, 1), 8))
    search.attempts.append(make_attempt(before, ()))
    search._find_candidates(make_attempt("warning", changes))
    assert tried == expected


def test_model_that_cannot_take_the_data_is_an_error():
    model = make_model(layers.Dense(3, "relu"), layers.Dense(1, "sigmoid"))
    with pytest.raises(ValueError, match=r"shape.*3"):
        cure(model, X[:, :3])


def make_model_of_batches_of_16():
    model = keras.Sequential(
        [keras.Input((4,), batch_size=16), layers.Dense(8, "relu"), layers.Dense(1, "softmax", name="last")]
    )
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    return model


@pytest.mark.long
def test_model_that_takes_one_size_of_batches_is_cured_with_whole_batches():
    found = cure(make_model_of_batches_of_16(), batch_size=16)  # of 200 examples 40 are kept out
    assert (found.status, found.changes) == ("proven", ("the head that the labels ask for",))
    assert len(found.fit_options["x"]) == 160
    assert len(found.fit_options["validation_data"][0]) == 32
    np.testing.assert_array_equal(found.fit_options["validation_data"][1].shape, (32, 1))
    found.make_model().fit(**found.fit_options, verbose=0)


def test_batches_of_another_size_than_the_model_takes_are_refused():
    with pytest.raises(ValueError, match=r"take 16 examples at once. Received: batch_size=32. Pass batch_size=16"):
        cure(make_model_of_batches_of_16())
    with pytest.raises(ValueError, match=r"batch of 16 examples.*Received: 16 examples to train on and 4 to be judged"):
        cure(make_model_of_batches_of_16(), X[:20], BINARY[:20], batch_size=16)


class Own(keras.Model):
    """A model of a class of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.last = layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")

    def call(self, inputs):
        return self.last(self.hidden(inputs))


def test_of_a_model_of_its_own_class_the_rate_is_cured_and_the_rest_named():
    model = Own()
    model.compile(keras.optimizers.Adam(1e-7), "binary_crossentropy")
    found = cure(model)
    assert found.status == "proven"
    assert any("learning rate" in change for change in found.changes)
    assert "Own is a class of its own" in str(found)
    assert isinstance(found.make_model(), Own)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 1}, "`seeds` must be at least 2.*seeds=1"),
        ({"max_trainings": 1.5}, "`max_trainings` must be at least 2.*1.5"),
        ({"epochs": 0}, "`epochs` must be a whole number of at least 1.*epochs=0"),
        ({"batch_size": 2.5}, "`batch_size` must be a whole number.*2.5"),
        ({"jobs": 0}, "`jobs` must be a number of processes.*jobs=0"),
        ({"search": "wild"}, "`search` must be 'reasoned' or 'random'.*'wild'"),
        ({"validation_data": (X[:, :2], BINARY)}, "shapes of the training data"),
        ({"y": BINARY[:7]}, "same number of examples"),
    ],
)
def test_bad_arguments_are_refused_before_any_training(options, message, monkeypatch):
    monkeypatch.setattr(search_module, "run_trial", None)
    with pytest.raises(ValueError, match=message):
        cure(make_softmax_of_one(), **options)


def test_models_that_cannot_be_trained_are_refused():
    with pytest.raises(ValueError, match="must be compiled.*'lost', not compiled"):
        cure(keras.Sequential([keras.Input((4,)), layers.Dense(1)], name="lost"))
    with pytest.raises(ValueError, match="compiled with a loss.*loss=None"):
        cure(make_model(layers.Dense(1), loss=None))
    model = make_softmax_of_one()
    model.optimizer = None
    with pytest.raises(TypeError, match="compiled with a Keras optimizer"):
        cure(model)


def test_model_that_is_being_fine_tuned_is_healthy_as_it_was_given():
    """Trials begin with fresh weights, of which so small a rate makes nothing."""
    model = make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid"))
    model.fit(X, BINARY, epochs=20, verbose=0)
    model.compile(keras.optimizers.Adam(1e-6), "binary_crossentropy")
    before = model.get_weights()
    found = cure(model)
    assert found.status == "healthy"
    assert found.changes == ()
    assert list(found.trials["verdict"]) == ["original"]
    assert max(found.scores_before) < 0.8
    assert any("as it was given scores" in note for note in found.notes)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def make_suspect():
    """Tanhs with weights of 1.5: the net learns something of an easy task, and its saturation is a warning."""
    keras.utils.set_random_seed(0)
    options = {"activation": "tanh", "kernel_initializer": keras.initializers.RandomNormal(stddev=1.5)}
    x = np.random.default_rng(1).normal(size=(400, 4)).astype("float32")
    optimizer = keras.optimizers.Adam(0.003)
    model = make_model(
        *[layers.Dense(16, **options) for _ in range(3)], layers.Dense(1, "sigmoid"), optimizer=optimizer
    )
    return model, x, (x[:, :1] + x[:, 1:2] > 0).astype("float32")


@pytest.mark.long
def test_warning_of_a_model_that_learns_is_proven_by_its_own_remedy():
    found = cure(*make_suspect(), epochs=8)
    assert [(f.rule, f.severity) for f in found.findings_before] == [("saturated_units", "warning")]
    assert min(found.scores_before) > 0.1
    assert found.status == "proven"
    assert found.changes == ("initializers that fit",)


def test_model_whose_warnings_no_remedy_confirms_is_healthy(monkeypatch):
    monkeypatch.setitem(search_module.FOR_RULE, "saturated_units", ("learning rate / 100",))
    found = cure(*make_suspect(), epochs=8)
    assert list(found.trials["verdict"]) == ["original", "dropped"]
    assert found.status == "healthy"
    assert found.changes == ()
    assert "no change is proposed" in str(found)


@pytest.mark.parametrize(
    ("severity", "scores", "expected", "suspected"),
    [
        ("warning", (0.5, 0.6), ["input_scale"], True),
        ("warning", (0.81, 0.9), [], True),
        ("warning", (0.0, 0.04), ["input_scale", "no_better_than_constant"], False),
        ("error", (0.81, 0.9), ["input_scale"], False),
        ("info", (0.7, 0.75), ["input_scale"], True),
    ],
)
def test_warnings_are_cured_as_far_as_the_score_is_not_good(severity, scores, expected, suspected):
    findings = vg.Findings([vg.Finding("input_scale", severity, (), None, {}, "")])
    trials = tuple(Trial(seed, 1, 1, 0.0, Score(value, value, {}), (), findings) for seed, value in enumerate(scores))
    attempt = Attempt((), "", None, None, trials)
    assert [finding.rule for finding in list_targets(attempt)] == expected
    assert is_suspected(attempt) is suspected


@pytest.mark.parametrize(
    ("value", "score", "expected"),
    [
        (0.0, {"accuracy": 0.5}, ["no_better_than_constant"]),
        (0.3, {"accuracy": 0.6}, []),
        (0.0, {"loss": 1.0}, []),  # a loss of one's own may start near the least that it can be
    ],
)
def test_answers_like_a_constant_are_a_finding_where_there_is_no_other(value, score, expected):
    trials = tuple(Trial(seed, 1, 1, 0.0, Score(value, value, score), (), vg.Findings()) for seed in range(2))
    original = Attempt((), "", None, None, trials, "original")
    assert [finding.rule for finding in list_targets(original)] == expected
    if expected:
        found = {}
        for after in (0.3, 0.6):
            trials = tuple(Trial(seed, 1, 1, 0.0, Score(after, after, score), (), vg.Findings()) for seed in range(2))
            found[after] = tell_status(original, Attempt(("Adam",), "", None, None, trials, "proven"))
        assert found == {0.3: "not shown", 0.6: "proven"}


def test_model_that_learns_nothing_is_cured_though_no_rule_knows_why(monkeypatch):
    monkeypatch.setattr(trials_module, "judge", lambda *_: vg.Findings())
    names = ("inputs divided by 255", "the head that the labels ask for")
    monkeypatch.setitem(search_module.FOR_RULE, "no_better_than_constant", names)
    found = cure(make_softmax_of_one())
    assert max(found.scores_before) == 0.0
    assert found.status == "proven"
    assert list(found.trials["finding"])[-1] == "no_better_than_constant"
    assert "found: nothing" in str(found)


def test_what_is_confirmed_comes_before_what_has_no_errors():
    """Of a model that learns nothing a small gain is not enough, and the search goes on from it."""
    error = vg.Finding("input_scale", "error", (), None, {}, "")

    def attempt(value, changes, verdict, *errors):
        findings = vg.Findings(errors)
        score = Score(value, value, {"accuracy": 0.5})
        trials = tuple(Trial(seed, 1, 1, 0.0, score, (), findings) for seed in range(2))
        return Attempt(changes, "", None, None, trials, verdict)

    original, small, large = (
        attempt(0.0, (), "original"),
        attempt(0.3, ("Adam",), "proven"),
        attempt(0.9, ("clipnorm=1",), "proven", error),
    )
    search = Search(None, None, None, [original, large, small])
    assert search.best is large
    assert tell_status(original, large) == "proven"
    assert Search(None, None, None, [original, small]).best is small
    assert must_be_confirmed(original)
    assert not is_suspected(original)


def test_what_cleared_its_finding_is_the_next_base():
    def attempt(value, change, finding, *rules):
        findings = vg.Findings([vg.Finding(rule, "error", (), None, {}, "") for rule in rules])
        trials = tuple(Trial(seed, 1, 1, 0.0, Score(value, value, {}), (), findings) for seed in range(2))
        return Attempt((change,) if change else (), finding, None, None, trials, "not shown" if change else "original")

    original = attempt(0.0, "", "", "input_scale", "predictions_hardly_vary")
    still = attempt(0.0, "inputs divided by 255", "input_scale", "input_scale")
    other = attempt(0.0, "Adam", "input_scale", "label_range")
    cleared = attempt(0.0, "Normalization of the inputs", "input_scale", "predictions_hardly_vary")
    assert Search(None, None, None, [original, cleared, still, other])._choose_base() is cleared
    assert Search(None, None, None, [original, still, other])._choose_base() is original


@pytest.mark.parametrize(
    ("severity", "before", "after", "expected"),
    [
        ("warning", 0.6, 0.85, "proven"),
        ("warning", 0.6, 0.75, "healthy"),  # as by many a change of a healthy model
        ("warning", 0.0, 0.3, "proven"),  # no better than a constant before: something is wrong
        ("error", 0.6, 0.75, "proven"),
    ],
)
def test_warning_is_confirmed_by_half_of_what_is_missing(severity, before, after, expected):
    findings = vg.Findings([vg.Finding("saturated_units", severity, (), None, {}, "")])

    def attempt(value, changes, verdict, findings):
        trials = tuple(Trial(seed, 1, 1, 0.0, Score(value, value, {}), (), findings) for seed in range(2))
        return Attempt(changes, "", None, None, trials, verdict)

    original = attempt(before, (), "original", findings)
    changed = attempt(after, ("Adam",), "proven", vg.Findings())
    assert tell_status(original, changed) == expected


def compare_ranks(y_true, y_pred):
    """Nothing for a batch of one, which is always in order."""
    labels, scores = keras.ops.reshape(y_true, (1, -1)), keras.ops.reshape(y_pred, (1, -1))
    return -keras.ops.sum(labels * keras.ops.log_softmax(scores, axis=-1))


@pytest.mark.long  # its rule and its remedies have tests of their own
def test_a_training_of_a_few_steps_is_not_called_healthy():
    model = make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid"), optimizer=keras.optimizers.Adam(0.01))
    found = cure(model, epochs=12, batch_size=200)
    assert [f.rule for f in found.findings_before if f.severity == "error"] == ["few_steps"]
    assert found.status == "proven"
    smaller = found.trials[found.trials["change"] == "smaller batches, of 32"]
    assert smaller["steps"].iloc[0] == 5 * 3  # 5 an epoch, of 3 with the first seed


@pytest.mark.long  # its remedy is one of the catalogue's tests
def test_ranks_are_compared_in_batches_of_more_than_one():
    model = make_model(layers.Dense(8, "tanh"), layers.Dense(1), loss=compare_ranks)
    found = cure(model, X[:80], BINARY[:80], epochs=2, batch_size=1)
    assert [f.rule for f in found.findings_before if f.severity == "error"] == ["zero_gradient"]
    assert found.changes[0] == "batches of 32"
    assert found.fit_options["batch_size"] == 32


def test_no_change_is_proven_by_a_loss_that_is_at_fault():
    score = Score(3.0, 3.0, {"loss": -2.0})
    findings = vg.Findings([vg.Finding("loss_function", "error", (), None, {}, "")])
    trials = tuple(Trial(seed, 1, 1, 0.0, score, (), findings) for seed in range(2))
    assert is_judged_by_faulty_loss(Attempt(("Adam",), "", None, None, trials))
    answered = tuple(replace(trial, score=Score(0.5, 0.5, {"accuracy": 0.7})) for trial in trials)
    assert not is_judged_by_faulty_loss(Attempt(("Adam",), "", None, None, answered))


@pytest.mark.model
def test_activations_from_keras_ops_are_found_again():
    model = keras.Sequential(
        [
            keras.Input((3, 4)),
            layers.TimeDistributed(layers.Dense(3, activation=keras.ops.sin)),
            layers.LSTM(3, activation=keras.ops.cos),
            layers.Dense(1, activation=keras.ops.tanh),
        ]
    )
    model.compile("adam", "mse")
    copy = make_template(model, np.zeros((2, 3, 4), "float32")).make(0)
    names = [copy.layers[1].layer.activation, copy.layers[2].cell.activation]
    assert names == [keras.ops.sin, keras.ops.cos]
    assert copy.layers[3].activation is keras.activations.tanh  # by whose name Keras writes it down


@pytest.mark.model
def test_loss_that_asks_for_nothing_is_exchanged():
    found = cure(make_model(layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid"), loss=compare_means), epochs=6)
    assert [f.rule for f in found.findings_before if f.severity == "error"] == ["loss_function"]
    assert found.status == "proven"
    assert found.changes == ("the head that the labels ask for",)
    assert 'model.compile(optimizer, loss="binary_crossentropy")' in found.code


def compare_means(y_true, y_pred):
    """Lower by means that agree, whatever each example's prediction is."""
    return keras.ops.square(keras.ops.mean(y_true) - keras.ops.mean(y_pred))


def test_agreement_is_of_more_than_half_of_the_seeds():
    from keras_vg.cures.score import Score
    from keras_vg.cures.trials import Trial

    def trial(seed, *rules):
        findings = vg.Findings([vg.Finding(rule, severity, (), None, {}, "") for rule, severity in rules])
        return Trial(seed, 1, 1, 0.0, Score(0.5, 0.5, {}), (), findings)

    attempt = Attempt(
        (),
        "",
        None,
        None,
        (trial(0, ("a", "error"), ("b", "warning")), trial(1, ("a", "error")), trial(2, ("c", "error"))),
    )
    assert [finding.rule for finding in attempt.findings] == ["a"]
    assert not attempt.is_healthy
    assert Settings(1, (0, 1), 2).jobs is None


def test_what_an_optimizer_leaves_in_the_place_of_the_weights_is_scored():
    optimizer = keras.optimizers.Adam(0.03, use_ema=True, ema_momentum=0.9999)
    found = cure(make_model(layers.Dense(8, "relu"), layers.Dense(1, "sigmoid"), optimizer=optimizer))
    assert (found.status, found.changes) == ("proven", ("weights instead of their averages",))
    assert max(found.scores_before) < 0.5 < min(found.scores_after)
    assert "inference_differs" in {f.rule for f in found.findings_before}


class Scaled(layers.Layer):
    """Its constructor takes none of the arguments that Keras adds to a configuration."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], initializer="ones", name="scale")

    def call(self, x):
        return self.factor * self.scale * x


def test_layers_whose_constructor_takes_no_keywords():
    frozen = Scaled(1.5)
    frozen.name, frozen.trainable = "own", False
    model = make_model(frozen, layers.Dense(8, "relu"), Scaled(1.0), layers.Dense(1, "sigmoid"))
    frozen.set_weights([np.array([1, 2, 3, 4])])
    found = cure(model)
    assert found.status == "healthy"
    copy = found.make_model(seed=3)
    own = copy.get_layer("own")
    assert not own.trainable
    assert np.array_equal(own.get_weights()[0], [1, 2, 3, 4])
    assert len(copy.trainable_variables) == len(model.trainable_variables)


@pytest.mark.long
def test_weights_that_favour_the_common_class_are_left_out():
    """No rule knows them: simple models show that there is more to learn."""
    x = np.random.default_rng(0).normal(size=(640, 4)).astype("float32")
    common = (x[:, :1] + x[:, 1:2] > -2.0).astype("float32")  # 92 % are 1
    model = make_model(layers.Dense(16, "relu"), layers.Dense(1, "sigmoid"), optimizer=keras.optimizers.Adam(0.01))
    found = cure(model, x, common, epochs=10, class_weight={0: 1.0, 1: 40.0})
    assert (found.status, found.changes) == ("proven", ("examples counted alike",))
    assert found.trials["finding"][1] == "worse_than_simple_model"


class SlowWarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises to its peak in so many steps."""

    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        return self.peak * keras.ops.minimum(1.0, (keras.ops.cast(step, "float32") + 1) / self.steps)

    def get_config(self):
        return {"peak": self.peak, "steps": self.steps}


class BareWarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """The same without what it is saved by, as in many tutorials."""

    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    __call__ = SlowWarmUp.__call__


@pytest.mark.parametrize("schedule", [SlowWarmUp, BareWarmUp])
def test_a_schedule_of_ones_own(schedule):
    parts = (layers.Dense(8, "relu"), layers.Dense(1, "sigmoid"))
    found = cure(make_model(*parts, optimizer=keras.optimizers.Adam(schedule(0.03, 10))))
    assert found.status == "healthy"
    assert float(found.make_model().optimizer.learning_rate) == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("levels", "units", "loss", "has_axis", "change"),
    [
        ((0.0, 1.0), 1, "binary_crossentropy", False, None),
        ((0.0, 255.0), 1, "binary_crossentropy", False, "classes renumbered from 0"),
        pytest.param((0.0, 255.0), 1, "binary_crossentropy", True, "classes renumbered from 0", marks=pytest.mark.long),
        ((1.0, 2.0), 2, "sparse_categorical_crossentropy", False, "the head that the labels ask for"),
        ((900.0, 1500.0), 0, "mse", False, "labels standardized in the model"),
    ],
)
def test_masks_and_maps(levels, units, loss, has_axis, change):
    """Keras takes one number per pixel with a last axis of length 1, and without."""
    x = np.random.default_rng(0).normal(size=(96, 6, 6, 2)).astype("float32")
    y = np.where(x[..., :1] + x[..., 1:] > 0, *levels[::-1]).astype("float32" if units < 2 else "int32")
    keras.utils.set_random_seed(0)
    head = layers.Conv2D(max(units, 1), 1, activation=(None, "sigmoid", "softmax")[units])
    model = keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(8, 3, padding="same", activation="relu"), head])
    model.compile(keras.optimizers.Adam(0.02), loss)
    found = cure(model, x, y if has_axis else y[..., 0], epochs=6)
    assert (found.status, found.changes) == (("proven", (change,)) if change else ("healthy", ()))


@pytest.mark.long
def test_counts_get_a_head_of_rates():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 4)).astype("float32")
    y = generator.poisson(np.exp(0.8 + 0.6 * x[:, :1])).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.02), "poisson")
    cure = vg.cure(model, x, y, epochs=8, seeds=2, progress=False)
    assert (cure.status, cure.changes) == ("proven", ("the head that the labels ask for",))
    assert 'activation="softplus"' in cure.code


@pytest.mark.parametrize(
    ("rule", "hidden", "shown"),
    [
        ("label_range", "label_scale", "nonfinite"),
        ("output_layer", "learning_rate_too_high", "label_range"),
        ("input_scale", None, "learning_rate_too_high"),
    ],
)
def test_faults_of_labels_and_head_hide_what_comes_later(rule, hidden, shown):
    found = list_hidden_by(rule)
    assert hidden is None or hidden in found
    assert shown not in found


class PretendedSearch(Search):
    """A search whose remedies change nothing, so that only its budget counts."""

    unit = 300  # steps of ten epochs of ten batches, three seeds

    def count_steps(self, attempt, trial):
        return trial.steps

    def _find_candidates(self, base):
        names = [f"remedy {i}" for i in range(6)] if len(base.changes) < 2 else []
        tried = {frozenset(attempt.changes) for attempt in self.attempts}
        found = [(*base.changes, name) for name in names if name not in base.changes]
        return [Attempt(changes, "input_scale", None) for changes in found if frozenset(changes) not in tried]

    def _combine_usual(self, base):
        self.combined = base.changes, self.steps / self.unit
        return [Attempt((*base.changes, "usual", str(i)), "input_scale", None) for i in range(4)]

    def _train_fully(self, attempt):
        self.steps += self.unit
        finding = vg.Finding("label_scale" if attempt.changes else "input_scale", "error", (), None, {}, "")
        trials = [Trial(seed, 1, 10, 0.0, Score(0.0, 0.0, {}), (), vg.Findings([finding])) for seed in range(3)]
        known = vg.Findings([finding, replace(finding, rule="label_scale")])
        trials = [replace(trial, findings=trial.findings if attempt.changes else known) for trial in trials]
        attempt = replace(attempt, trials=tuple(trials), verdict="not shown" if self.attempts else "original")
        self.attempts.append(attempt)
        return attempt


@pytest.mark.parametrize(("most", "is_kept"), [(8, True), (5, True), (3, False)])
def test_a_round_is_kept_for_usual_changes(most, is_kept, monkeypatch):
    def pretend(function, tasks, jobs):
        return [Trial(seed, epochs, 10 * epochs, 0.0, Score(0.0, 0.0, {}), (), None) for _, seed, epochs, *_ in tasks]

    monkeypatch.setattr(search_module, "run_grid", pretend)
    monkeypatch.setattr(search_module, "freeze", lambda draft, template: None)
    search = PretendedSearch(None, None, Settings(10, (0, 1, 2), most))
    search.run()
    assert search.steps <= most * search.unit
    trained = [attempt.changes for attempt in search.attempts if attempt.verdict == "not shown"]
    assert any("usual" in changes for changes in trained) == is_kept
    if is_kept:
        changes, spent = search.combined
        assert len(changes) >= 1  # what cleared the first finding stays
        assert spent > 1
