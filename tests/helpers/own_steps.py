"""Models that train by a `train_step` of their own, on each backend as its users write it."""

import keras
from keras import layers, ops

BACKEND = keras.backend.backend()


class OwnStep(keras.Model):
    """An autoencoder without a `call`, a compiled loss or labels; its step returns the loss as `total`."""

    log_name = "total"

    def __init__(self):
        super().__init__()
        self.encoder = self.make_encoder()
        self.decoder = keras.Sequential(
            [keras.Input((3,)), layers.Dense(5, "tanh", name="unfold"), layers.Dense(6, "sigmoid", name="picture")],
            name="decoder",
        )
        self.built = True  # which `fit` asks for on JAX and torch

    def make_encoder(self):
        hidden = [layers.Dense(5, "relu", name="wide"), layers.Dense(3, name="code")]
        return keras.Sequential([keras.Input((6,)), *hidden], name="encoder")

    def measure_loss(self, data):
        return ops.mean(ops.square(data - self.decoder(self.encoder(data))))

    def log(self, loss):
        return {self.log_name: loss}

    def train_step(self, *args):
        return {"tensorflow": self._step_by_tape, "jax": self._step_by_jax, "torch": self._step_by_autograd}[BACKEND](
            *args
        )

    def _step_by_tape(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.measure_loss(data)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.log(loss)

    def _step_by_jax(self, state, data):
        import jax

        trainable, non_trainable, optimizer, metrics = state

        def compute_loss(trainable, non_trainable, data):
            mapping = [*zip(self.trainable_variables, trainable, strict=True)]
            mapping += zip(self.non_trainable_variables, non_trainable, strict=True)
            with keras.StatelessScope(mapping):
                return self.measure_loss(data)

        loss, gradients = jax.value_and_grad(compute_loss)(trainable, non_trainable, data)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return self.log(loss), (trainable, non_trainable, optimizer, metrics)

    def _step_by_autograd(self, data):
        import torch

        self.zero_grad()
        loss = self.measure_loss(data)
        loss.backward()
        with torch.no_grad():
            gradients = [v.value.grad for v in self.trainable_variables]
            self.optimizer.apply(gradients, self.trainable_variables)
        return self.log(loss)


class OwnLabelledStep(OwnStep):
    """The same with labels, which the step cannot do without."""

    log_name = "loss"

    def make_encoder(self):
        hidden = [layers.Dense(5, "relu", name="wide"), layers.Dense(3, name="code")]
        return keras.Sequential([keras.Input((6,)), *hidden], name="encoder")

    def measure_loss(self, data):
        x, y = data
        return ops.mean(ops.square(y - self.decoder(self.encoder(x))))


class OwnStepWithCall(OwnStep):
    """The same with a `call`."""

    def call(self, x):
        return self.decoder(self.encoder(x))


def make_twin(model):
    """The same autoencoder with the same weights, as a functional model trained by Keras's own step."""
    twin = keras.Sequential([keras.Input((6,)), *model.encoder.layers, *model.decoder.layers])
    twin.compile(model.optimizer.__class__.from_config(model.optimizer.get_config()), "mse")
    return twin
