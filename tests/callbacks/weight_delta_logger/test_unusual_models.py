"""Models without `call`, without static shapes, without a trace, with random numbers of their own."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.training import fit

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()


class Autoencoder(keras.Model):
    """Trains two inner models in a step of its own and has no `call`, as many published examples do."""

    def __init__(self, build):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(2, name="code")], name="encoder")
        self.decoder = keras.Sequential([layers.Dense(3, name="picture")], name="decoder")
        if build:
            self.encoder.build((None, 3))
            self.decoder.build((None, 2))

    def train_step(self, data):
        import tensorflow as tf

        x, _ = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self.decoder(self.encoder(x[:, ::-1])) - x))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": loss}


@pytest.mark.skipif(BACKEND != "tensorflow", reason="a training step in TensorFlow")
@pytest.mark.parametrize("build", [True, False])
def test_a_model_without_call_on_tensorflow(build, tmp_path):
    plain, _ = fit(lambda: Autoencoder(build))
    logged, _ = fit(lambda: Autoencoder(build), vg.WeightDeltaLogger(tmp_path / "log.csv", layers="all"))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    log = vg.read_log(tmp_path / "log.csv")
    assert log["layer"].unique().tolist() == ["code", "picture"]
    assert log["epoch"].unique().tolist() == [0, 1, 2]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="ragged tensors are TensorFlow's")
def test_an_unbuilt_model_on_ragged_data(tmp_path):
    import tensorflow as tf

    class Padding(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, name="dense")

        def call(self, x):
            return self.dense(x.to_tensor(shape=[None, 4]))

    ragged = tf.ragged.constant([[1.0], [1.0, 2.0], [1.0, 2.0, 3.0], [0.0]])
    data = tf.data.Dataset.from_tensor_slices((ragged, [[1.0], [2.0], [3.0], [4.0]])).batch(2)
    fit(Padding, vg.WeightDeltaLogger(tmp_path / "log.csv"), data=data, epochs=1)
    assert vg.read_log(tmp_path / "log.csv")["index"].tolist() == [0, 1, 2, 3, 0]


def test_a_stateful_initializer_is_asked_once(tmp_path):
    def make():
        rng = np.random.default_rng(0)
        return keras.Sequential([layers.Dense(2, kernel_initializer=lambda shape, dtype=None: rng.normal(size=shape))])

    plain, _ = fit(make)
    logged, _ = fit(make, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))
    first = vg.read_log(tmp_path / "log.csv").query("epoch == 0 and weight == 'kernel'")["before"]
    expected = np.random.default_rng(0).normal(size=6)
    if BACKEND == "tensorflow":  # elsewhere Keras itself asks the initializer twice
        assert np.array_equal(first.to_numpy("float32"), expected.astype("float32"))


def test_a_step_that_cannot_be_traced_is_logged_from_the_second_epoch(tmp_path):
    if BACKEND != "tensorflow":
        pytest.skip("Keras builds every model before a fit on this backend, with an error of its own")

    class NeedsValues(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, name="dense")

        def call(self, x):
            return self.dense(x) * float(x[0, 0].numpy() > -100)

    with pytest.warns(UserWarning, match="nothing is logged of this first epoch"):
        fit(NeedsValues, vg.WeightDeltaLogger(tmp_path / "log.csv"), compile_options={"run_eagerly": True})
    assert vg.read_log(tmp_path / "log.csv")["epoch"].unique().tolist() == [1, 2]


def test_a_model_that_draws_random_numbers_of_the_backend(tmp_path):
    class Noisy(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, x):
            if BACKEND == "torch":
                import torch

                x = x + 0.1 * torch.randn(x.shape)
            return self.dense(x + keras.random.normal((3,), seed=1) * np.random.normal())  # noqa: NPY002

    plain, _ = fit(Noisy)
    logged, _ = fit(Noisy, vg.WeightDeltaLogger(tmp_path / "log.csv"))
    if BACKEND != "tensorflow":  # there an unbuilt model's step is traced twice, and draws from NumPy each time
        assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), logged.get_weights(), strict=True))


def test_call_order_of_a_model_of_integers(tmp_path):
    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(1, name="head")
            self.embedding = layers.Embedding(5, 2, name="embedding")

        def call(self, x):
            return self.head(keras.ops.mean(self.embedding(keras.ops.bitwise_and(x, 3)), axis=1))

    keras.utils.set_random_seed(0)
    model = Tagger()
    model.compile("sgd", "mse")
    x = np.arange(12, dtype="int32").reshape(4, 3)
    model.fit(x, np.ones((4, 1)), verbose=0, callbacks=[vg.WeightDeltaLogger(tmp_path / "log.csv")])
    assert vg.read_log(tmp_path / "log.csv")["layer"].unique().tolist() == ["embedding"]
