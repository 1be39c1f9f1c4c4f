"""Outputs that `compile` gives no loss: they are shown, and neither judged nor cured."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg

X = np.random.default_rng(0).normal(size=(256, 6)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")
ZEROS = np.zeros((256, 16), "float32")
LOSS = "binary_crossentropy"

FORMS = {
    "labels for both": (False, [LOSS, None], [Y, ZEROS]),
    "labels for one": (False, [LOSS, None], Y),
    "a list of labels for one": (False, [LOSS, None], [Y]),
    "None": (False, [LOSS, None], [Y, None]),
    "by names": (False, [LOSS, None], {"answer": Y}),
    "a dict of outputs": (True, {"answer": LOSS}, {"answer": Y}),
    "a dict of outputs, None": (True, {"answer": LOSS, "embedding": None}, {"answer": Y}),
}


def make_model(is_dict=False, loss=(LOSS, None), units=1, activation="sigmoid"):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = layers.Dense(16, "relu", kernel_initializer="he_normal")(inputs)
    answer = layers.Dense(units, activation, name="answer")(hidden)
    embedding = layers.UnitNormalization(name="embedding")(hidden)
    model = keras.Model(inputs, {"answer": answer, "embedding": embedding} if is_dict else [answer, embedding])
    model.compile(keras.optimizers.Adam(0.01), list(loss) if isinstance(loss, tuple) else loss)
    return model


@pytest.mark.parametrize("form", FORMS)
def test_only_what_has_a_loss_is_described_beside_labels(form):
    is_dict, loss, y = FORMS[form]
    outputs = vg.inspect(make_model(is_dict, loss), X, y).outputs
    assert outputs["layer"][0] == "answer"
    assert outputs["loss"].tolist() == [LOSS, "none"]
    assert outputs["label_units"].tolist() == [1, 0]
    share = Y.mean()
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    np.testing.assert_allclose(outputs["baseline"], [entropy, np.nan], rtol=1e-5)


def test_the_first_output_may_be_the_one_without():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, "relu", name="hidden")(inputs)
    model = keras.Model(inputs, [hidden, layers.Dense(1, name="answer")(hidden)])
    model.compile("adam", [None, LOSS])
    inspection = vg.inspect(model, X, Y)
    assert inspection.outputs["loss"].tolist() == ["none", LOSS]
    assert [f.layers for f in vg.diagnose(inspection) if f.rule == "output_layer"] == [("answer",)]


@pytest.mark.parametrize("form", ["None", "a dict of outputs"])
def test_a_fit_is_judged_by_what_has_a_loss(form):
    is_dict, loss, y = FORMS[form]
    guard = vg.TrainingGuard(X, y)
    model = make_model(is_dict, loss)
    model.fit(X, y, epochs=12, verbose=0, callbacks=[guard])
    assert not guard.findings


def test_a_rate_of_0_is_found_beside_an_output_without_a_loss():
    guard = vg.TrainingGuard(X, [Y, None])
    model = make_model()
    model.compile(keras.optimizers.SGD(0.0), [LOSS, None])
    with pytest.warns(UserWarning, match="no update"):
        model.fit(X, [Y, None], epochs=3, verbose=0, callbacks=[guard])
    assert "no_update" in {f.rule for f in guard.findings.list_all()}


@pytest.mark.parametrize(
    "form", ["None", *(pytest.param(form, marks=pytest.mark.long) for form in ("labels for one", "a dict of outputs"))]
)
def test_a_head_beside_an_output_without_a_loss_is_cured(form):
    is_dict, loss, y = FORMS[form]
    sick = make_model(is_dict, loss, activation="softmax")
    cure = vg.cure(sick, X, y, epochs=8, seeds=2, progress=False)
    assert (cure.status, cure.changes) == ("proven", ("the head that the labels ask for",))
    assert min(cure.scores_after) > 0.5 > max(cure.scores_before)
    cured = cure.make_model(0)
    history = cured.fit(**{**cure.fit_options, "epochs": 2}, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_what_a_loss_finds_behind_probabilities_is_that_outputs_own():
    """On TensorFlow Keras finds the logits behind a sigmoid that is saturated: nothing is wrong there."""

    def find(is_beside):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((6,))
        hidden = layers.Dense(8, "relu", name="hidden")(inputs)
        large = keras.initializers.RandomNormal(stddev=200.0)
        answer = layers.Dense(1, "sigmoid", kernel_initializer=large)(hidden)
        model = keras.Model(inputs, [hidden, answer] if is_beside else answer)
        model.compile("adam", [None, LOSS] if is_beside else LOSS)
        return {finding.rule: finding.severity for finding in vg.diagnose(vg.inspect(model, X, Y)).list_all()}

    assert find(is_beside=True) == find(is_beside=False)


@pytest.mark.parametrize("y", [None, "alone"])
def test_labels_that_the_head_has_no_unit_for(y):
    classes = np.arange(len(X)) % 5
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, "relu")(inputs)
    model = keras.Model(inputs, [layers.Dense(3, "softmax", name="answer")(hidden), hidden])
    model.compile("adam", ["sparse_categorical_crossentropy", None])
    findings = vg.diagnose(vg.inspect(model, X, classes if y == "alone" else [classes, None]))
    assert "label_range" in {finding.rule for finding in findings.list_all()}


class Own(keras.Model):
    """A model of one's own with a dict of outputs."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(16, "relu")
        self.answer = layers.Dense(1, "sigmoid")

    def call(self, inputs):
        """The outputs, by names that no layer has."""
        hidden = self.hidden(inputs)
        return {"probability": self.answer(hidden), "code": hidden}

    def get_config(self):
        """It has no arguments."""
        return {}


def make_named():
    inputs = keras.Input((6,))
    hidden = layers.Dense(16, "relu")(inputs)
    return keras.Model(inputs, {"code": hidden, "probability": layers.Dense(1, "sigmoid")(hidden)})


@pytest.mark.parametrize("make", [Own, make_named])
def test_outputs_are_cured_by_the_names_of_a_dict(make):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.Adam(0.02), {"probability": LOSS})
    model(X[:2])
    cure = vg.cure(model, X, {"probability": Y}, epochs=6, seeds=2, progress=False)
    assert cure.status == "healthy"
    assert min(cure.scores_before) > 0.5


def test_labels_without_a_meaning_may_be_anything():
    model = make_model()
    cure = vg.cure(model, X, [Y, np.full((len(X), 16), np.nan)], epochs=6, seeds=2, progress=False)
    assert cure.status == "healthy"
    assert not cure.findings_before


def test_a_constant_output_without_a_loss_is_nobodys_fault_in_a_cure():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = layers.Dense(16, "relu")(inputs)
    constant = layers.Rescaling(0.0, 1.0)(hidden)
    model = keras.Model(inputs, [layers.Dense(1, "sigmoid")(hidden), constant])
    model.compile(keras.optimizers.Adam(0.02), [LOSS, None])
    cure = vg.cure(model, X, Y, epochs=6, seeds=2, progress=False)
    assert cure.status == "healthy"
    assert not cure.findings_before


def test_labels_that_fit_no_output_are_refused_before_any_training():
    model = make_model()
    model.compile("adam", [LOSS, "mse"])
    with pytest.raises(ValueError, match="labels"):
        vg.cure(model, X, Y, epochs=2, seeds=2, progress=False)
