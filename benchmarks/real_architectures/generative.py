"""Models that learn a distribution: VAE, GAN, WGAN-GP, mixture density network, normalizing flow."""

import math
from typing import Any

import keras
from keras import layers, ops, random

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import make_vectors
from real_architectures.own_steps import LossStep, apply_gradients, differentiate, differentiate_by_input

FEATURES, CODE = 6, 2


class VariationalAutoencoder(LossStep):
    """A VAE with Gaussian codes; its loss is the negative evidence lower bound."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = _stack("encoder", FEATURES, [(8, "relu"), (2 * CODE, None)])
        self.decoder = _stack("decoder", CODE, [(8, "relu"), (FEATURES, None)])
        self.seed = keras.random.SeedGenerator(1)
        self.built = True  # which `fit` asks for on JAX and torch

    def measure_loss(self, data: Any) -> Any:
        """The squared error of a drawn code's reconstruction, and the codes' divergence from a normal distribution."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        noise = random.normal(ops.shape(mean), seed=self.seed, dtype=mean.dtype)
        error = ops.sum(ops.square(x - self.decoder(mean + ops.exp(log_variance / 2) * noise)), axis=-1)
        divergence = ops.sum(ops.square(mean) + ops.exp(log_variance) - log_variance - 1, axis=-1) / 2
        return ops.mean(error + divergence)


class Adversaries(keras.Model):
    """A generator and a critic with an optimizer each; between them and the data, `fit` has an unused optimizer."""

    critic_steps = 1

    def __init__(self) -> None:
        super().__init__()
        self.generator = _stack("generator", CODE, [(8, "relu"), (FEATURES, None)])
        self.critic = _stack("critic", FEATURES, [(8, "leaky_relu"), (8, "leaky_relu"), (1, None)])
        self.seed = keras.random.SeedGenerator(1)
        self.built = True

    def compile(self, critic_optimizer: Any, generator_optimizer: Any) -> None:
        """Takes an optimizer for each."""
        super().compile()
        self.critic_optimizer = critic_optimizer
        self.generator_optimizer = generator_optimizer

    def generate(self, count: int) -> Any:
        """Draws examples."""
        return self.generator(random.normal((count, CODE), seed=self.seed, dtype=keras.config.floatx()))

    def measure_critic(self, x: Any) -> Any:
        """The critic's loss: real examples should get large values, generated ones small ones."""
        fake = ops.stop_gradient(self.generate(x.shape[0]))
        return ops.mean(ops.softplus(-self.critic(x))) + ops.mean(ops.softplus(self.critic(fake)))

    def measure_generator(self, count: int) -> Any:
        """The generator's loss: the critic should take its examples for real."""
        return ops.mean(ops.softplus(-self.critic(self.generate(count))))

    def train_step(self, data: Any) -> Any:
        """Trains the critic, then the generator."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        weights = self.critic.trainable_variables
        for _ in range(self.critic_steps):
            critic_loss, gradients = differentiate(lambda: self.measure_critic(x), weights)
            apply_gradients(self.critic_optimizer, gradients, weights)
        weights = self.generator.trainable_variables
        generator_loss, gradients = differentiate(lambda: self.measure_generator(x.shape[0]), weights)
        apply_gradients(self.generator_optimizer, gradients, weights)
        return {"critic_loss": critic_loss, "generator_loss": generator_loss}


class WassersteinAdversaries(Adversaries):
    """A WGAN-GP, whose critic makes two steps per step of the generator."""

    critic_steps = 2

    def measure_critic(self, x: Any) -> Any:
        """The critic's loss, with the penalty that keeps the norm of its gradient by the input near 1."""
        fake = ops.stop_gradient(self.generate(x.shape[0]))
        penalty = 10 * penalize_slope(self.critic, x, fake, self.seed)
        return ops.mean(self.critic(fake)) - ops.mean(self.critic(x)) + penalty

    def measure_generator(self, count: int) -> Any:
        """The generator's loss."""
        return -ops.mean(self.critic(self.generate(count)))


class JointAdversaries(LossStep):
    """A generator and a critic with one optimizer, for JAX, whose `fit` carries the state of the compiled one alone.

    The critic's loss reaches the generator with its sign reversed, so that both descend in one step.
    """

    def __init__(self, is_wasserstein: bool) -> None:
        super().__init__()
        self.generator = _stack("generator", CODE, [(8, "relu"), (FEATURES, None)])
        self.critic = _stack("critic", FEATURES, [(8, "leaky_relu"), (8, "leaky_relu"), (1, None)])
        self.seed = keras.random.SeedGenerator(1)
        self.is_wasserstein = is_wasserstein
        self.built = True

    def measure_loss(self, data: Any) -> Any:
        """The critic's loss."""
        x = keras.utils.unpack_x_y_sample_weight(data)[0]
        fake = self.generator(random.normal((x.shape[0], CODE), seed=self.seed, dtype=keras.config.floatx()))
        reversed_fake = 2 * ops.stop_gradient(fake) - fake
        if not self.is_wasserstein:
            return ops.mean(ops.softplus(-self.critic(x))) + ops.mean(ops.softplus(self.critic(reversed_fake)))
        penalty = 10 * penalize_slope(self.critic, x, ops.stop_gradient(fake), self.seed)
        return ops.mean(self.critic(reversed_fake)) - ops.mean(self.critic(x)) + penalty


def penalize_slope(critic: keras.Model, real: Any, fake: Any, seed: Any) -> Any:
    """The mean squared distance from 1 of the norm of a critic's gradient, between real and generated examples."""
    share = random.uniform((real.shape[0], 1), seed=seed, dtype=keras.config.floatx())
    slope = differentiate_by_input(critic, share * real + (1 - share) * fake)
    return ops.mean(ops.square(ops.norm(slope, axis=-1) - 1))


class Coupling(layers.Layer):
    """An affine coupling of RealNVP: half of the values scale and shift the other half."""

    def __init__(self, is_first_kept: bool, **options: Any) -> None:
        super().__init__(**options)
        self.is_first_kept = is_first_kept
        self.hidden = layers.Dense(8, "relu", name="hidden")
        self.scale = layers.Dense(FEATURES // 2, "tanh", name="scale")
        self.shift = layers.Dense(FEATURES // 2, name="shift")

    def build(self, shape: Any) -> None:
        """Builds the layers within."""
        half = (*shape[:-1], shape[-1] // 2)
        self.hidden.build(half)
        self.scale.build((*shape[:-1], 8))
        self.shift.build((*shape[:-1], 8))

    def call(self, x: Any) -> Any:
        """Returns the values, and the logarithm of the factor by which the density changes."""
        first, last = ops.split(x, 2, axis=-1)
        kept, changed = (first, last) if self.is_first_kept else (last, first)
        hidden = self.hidden(kept)
        scale = self.scale(hidden)
        changed = changed * ops.exp(scale) + self.shift(hidden)
        halves = [kept, changed] if self.is_first_kept else [changed, kept]
        return ops.concatenate(halves, axis=-1), ops.sum(scale, axis=-1)


class Flow(keras.Model):
    """A RealNVP of four couplings, whose loss is added in `call`: the negative logarithm of the likelihood."""

    def __init__(self) -> None:
        super().__init__()
        self.couplings = [Coupling(number % 2 == 0, name=f"coupling_{number}") for number in range(4)]

    def call(self, x: Any) -> Any:
        """Returns values that the training makes normally distributed."""
        log_factors = 0.0
        for coupling in self.couplings:
            x, log_factor = coupling(x)
            log_factors = log_factors + log_factor
        log_density = -ops.sum(ops.square(x) + math.log(2 * math.pi), axis=-1) / 2
        self.add_loss(-ops.mean(log_density + log_factors))
        return x


def make_vae() -> Trainee:
    """Makes a VAE."""
    model = VariationalAutoencoder()
    model.compile("adam")
    return Trainee(model, make_vectors(FEATURES)[0], None)


def make_gan(is_wasserstein: bool) -> Trainee:
    """Makes a GAN, on JAX one with a single optimizer."""
    x = make_vectors(FEATURES)[0]
    if keras.backend.backend() == "jax":
        joint = JointAdversaries(is_wasserstein)
        joint.compile(keras.optimizers.Adam(0.0005, beta_1=0.5))
        return Trainee(joint, x, None)
    model = WassersteinAdversaries() if is_wasserstein else Adversaries()
    model.compile(keras.optimizers.Adam(0.0005, beta_1=0.5), keras.optimizers.Adam(0.0002, beta_1=0.5))
    return Trainee(model, x, None)


def make_mixture() -> Trainee:
    """Makes a network whose outputs are the parameters of a mixture of three normal distributions."""
    inputs = keras.Input((FEATURES,))
    hidden = layers.Dense(16, "tanh")(layers.Dense(16, "tanh")(inputs))
    parts = [layers.Dense(3, name=name)(hidden) for name in ("logits", "means", "log_scales")]
    model = keras.Model(inputs, layers.Concatenate()(parts))
    model.compile("adam", _measure_mixture)
    return Trainee(model, *make_vectors(FEATURES))


def _measure_mixture(y: Any, outputs: Any) -> Any:
    logits, means, log_scales = ops.split(outputs, 3, axis=-1)
    z = (y - means) * ops.exp(-log_scales)
    log_densities = -(ops.square(z) + math.log(2 * math.pi)) / 2 - log_scales
    return -ops.logsumexp(ops.log_softmax(logits) + log_densities, axis=-1)


def make_flow() -> Trainee:
    """Makes a normalizing flow."""
    model = Flow()
    model.compile("adam")
    return Trainee(model, make_vectors(FEATURES)[0], None)


def _stack(name: str, features: int, sizes: list[tuple[int, str | None]]) -> keras.Sequential:
    hidden = [layers.Dense(units, activation) for units, activation in sizes]
    return keras.Sequential([keras.Input((features,)), *hidden], name=name)


GENERATIVE = [
    Architecture(name="VAE", make=make_vae, is_small=True),
    Architecture(name="GAN", make=lambda: make_gan(False), is_small=True),
    Architecture(name="WGAN-GP", make=lambda: make_gan(True), is_small=True),
    Architecture(name="mixture density", make=make_mixture, is_small=True),
    Architecture(name="normalizing flow", make=make_flow, is_small=True),
]
