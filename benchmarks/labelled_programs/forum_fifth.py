"""Own losses, own layers, counts, equations, rare classes, constraints and schedules of those who asked, made small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, make_flat_pairs
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

EQUATION = "https://stats.stackexchange.com/questions/493558/on-solving-ode-pde-with-neural-networks"
POISSON = "https://github.com/keras-team/keras/issues/590"
MIXTURE = "https://github.com/keras-team/keras/issues/1061"
F1_PLATEAU = "https://github.com/keras-team/keras/issues/11964"
COSINE = "https://wandb.ai/ayush-thakur/cosine_decay/reports/How-to-Use-Cosine-Decay-Learning-Rate-Scheduler-in-Keras--VmlldzozNTE4MDMy"
NOT_NEGATIVE = "https://codepudding.com/database/311293.html"
RARE = "https://theneuralbase.com/keras/learn/beginner/class-weight-for-imbalanced-data/"
CLIPPED = "https://github.com/fizyr/keras-retinanet/issues/942"
SPARSE = "https://github.com/keras-team/keras/issues/5414"
MADE_IN_CALL = "https://openillumi.com/en/en-keras-build-call-one-time-execution"
FOCAL = "https://notebook.community/wdbm/Psychedelic_Machine_Learning_in_the_Cenozoic_Era/focal_loss"
RANKS = "https://api.emergentmind.com/topics/consistent-rank-logits-coral"
SURVIVAL = "https://towardsdatascience.com/predicting-individual-survival-curves-with-keras-abb1f1f051f"
RESTARTS = "https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/"

STEP = 0.02
"""Of the differences by which a solution's derivatives are taken."""


def make_times() -> Data:
    """Times from 0 to 1; whether it is the first one, and the solution of the equation there, which no loss reads."""
    x = np.linspace(0, 1, 256)[:, None]
    return x.astype("float32"), np.concatenate([x == 0, -3 * x * np.exp(-3 * x)], axis=1).astype("float32")


def build_solution(x: Any) -> keras.Model:
    """A function of time, what is left of the equation there, and its value and its slope at the time 0."""
    inputs = keras.Input((1,))
    net = keras.Sequential(
        [keras.Input((1,)), layers.Dense(32, "tanh"), layers.Dense(32, "tanh"), layers.Dense(1)], name="net"
    )
    shift = [net(layers.Lambda(lambda t, by=by: t + by)(inputs)) for by in (-STEP, 0.0, STEP)]
    start = [net(layers.Lambda(lambda t, by=by: 0 * t + by)(inputs)) for by in (-STEP, 0.0, STEP)]

    def measure(parts: Any) -> Any:
        before, now, after, start_before, start_now, start_after = parts
        slope, curvature = (after - before) / (2 * STEP), (after - 2 * now + before) / STEP**2
        start_slope = (start_after - start_before) / (2 * STEP)
        return ops.concatenate([now, curvature + 6 * slope + 9 * now, start_now, start_slope], axis=-1)

    return keras.Model(inputs, layers.Lambda(measure)([*shift, *start]))


def solve_from_each(y: Any, prediction: Any) -> Any:
    """The square of what is left of the equation, and those of both conditions, for each time."""
    _, rest, value, slope = (prediction[:, i] for i in range(4))
    return ops.mean(ops.square(rest) + 50 * ops.square(value) + 50 * ops.square(slope + 3))


def solve_from_first(y: Any, prediction: Any) -> Any:
    """The square of what is left of the equation, and those of both conditions if it is the first time."""
    _, rest, value, slope = (prediction[:, i] for i in range(4))
    return ops.mean(ops.square(rest) + y[:, 0] * (ops.square(value) + ops.square(slope + 3)))


def score_solution(prediction: Any, y: Any) -> float:
    """The explained share of the solution's variance."""
    return float(1 - ((y[:, 1] - prediction[:, 0]) ** 2).mean() / y[:, 1].var())


def make_counts() -> Data:
    """Six features, and a count whose mean is an exponential of them; four in ten are 0."""
    generator = np.random.default_rng(500)
    x = generator.normal(size=(800, 6))
    y = generator.poisson(np.exp(0.2 + x @ np.array([0.7, -0.5, 0.4, 0.3, 0, 0])))
    return x.astype("float32"), y[:, None].astype("float32")


def make_branches() -> Data:
    """A number, and one of up to three numbers from -45 to 45 that belong to it."""
    generator = np.random.default_rng(501)
    y = generator.uniform(-45, 45, size=(1000, 1))
    x = y / 45 + 0.5 * np.sin(y / 7.2) + 0.05 * generator.normal(size=y.shape)
    return x.astype("float32"), y.astype("float32")


def split_mixture(y: Any, prediction: Any) -> tuple[Any, Any, Any]:
    """The shares of five components, their deviations, and the density of a label under each as a logarithm."""
    share, mean, spread = (prediction[:, 5 * i : 5 * i + 5] for i in range(3))
    spread = ops.exp(spread)
    exponent = -ops.square((y - mean) / spread) / 2
    return ops.log_softmax(share), spread, exponent


def measure_mixture(y: Any, prediction: Any) -> Any:
    """The negative logarithm of the density, by the sum of exponentials as they are."""
    share, spread, exponent = split_mixture(y, prediction)
    density = ops.exp(share) * ops.exp(exponent) / (spread * (2 * np.pi) ** 0.5)
    return -ops.log(ops.sum(density, axis=-1))


def measure_mixture_by_logarithms(y: Any, prediction: Any) -> Any:
    """The negative logarithm of the density, by a sum of exponentials that does not underflow."""
    share, spread, exponent = split_mixture(y, prediction)
    return -ops.logsumexp(share + exponent - ops.log(spread * (2 * np.pi) ** 0.5), axis=-1)


def score_mixture(prediction: Any, y: Any) -> float:
    """One less the exponential of how much the loss is above that of a normal density of the same variance."""
    best = np.log(y.std() * (2 * np.pi * np.e) ** 0.5)
    loss = float(ops.convert_to_numpy(measure_mixture_by_logarithms(y, prediction)).mean())
    return 1 - float(np.exp(loss - best)) if np.isfinite(loss) else -1.0


def make_defaults() -> Data:
    """Twelve standardised features of loans; one in four was not paid back, which the features half foretell."""
    generator = np.random.default_rng(502)
    x = generator.normal(size=(1000, 12))
    score = x[:, :4].sum(axis=1) / 2 + 0.3 * x[:, 4] * x[:, 5] + 0.2 * generator.normal(size=1000)
    return x.astype("float32"), (score > 0.7)[:, None].astype("float32")


def f1(y: Any, prediction: Any) -> Any:
    """The F1 of a batch."""
    said = ops.cast(prediction > 0.5, "float32")
    return 2 * ops.sum(said * y) / (ops.sum(said) + ops.sum(y) + 1e-7)


def lower_by(mode: str) -> Any:
    """What makes the callback that cuts the rate to a fifth where the F1 is not better, which is more or less."""
    return partial(keras.callbacks.ReduceLROnPlateau, monitor="f1", factor=0.2, patience=2, mode=mode)


def make_six_kinds() -> Data:
    """Six classes in thirty features; integer labels."""
    x, y = datasets.make_classification(960, 30, n_informative=14, n_classes=6, class_sep=1.2, random_state=503)
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("int32")


def make_yield() -> Data:
    """Eight features from 0 to 1; a number of unit scale that rises with four of them and falls with four."""
    generator = np.random.default_rng(504)
    x = generator.random((640, 8))
    y = x[:, :4].sum(axis=1) ** 1.5 / 2 - 1.2 * x[:, 4:].sum(axis=1) + 0.05 * generator.normal(size=640)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_rare() -> Data:
    """Twenty standardised features; one in fourteen is of the class that is asked for, among others of its sort."""
    x, y = datasets.make_classification(1000, 20, n_informative=6, weights=[0.93], class_sep=0.9, random_state=42)
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y[:, None].astype("float32")


def make_boxes() -> Data:
    """Digits, and the four numbers of the box around each, from 0 to 1."""
    x, _ = make_digits()
    held = x[..., 0] > 0.3
    edges = [held.any(axis=axis) for axis in (1, 2)]
    ends = [part for edge in edges for part in (edge.argmax(axis=1), 7 - edge[:, ::-1].argmax(axis=1))]
    return x, (np.stack(ends, axis=1) / 7).astype("float32")


def make_raw_frauds(scaled: bool) -> Data:
    """Amounts up to thousands, hours and counts of payments, scaled or not; one in eight is a fraud."""
    generator = np.random.default_rng(505)
    x = np.stack([generator.lognormal(5, 1.2, 800), generator.uniform(0, 24, 800), generator.poisson(6, 800)], axis=1)
    z = (x - x.mean(0)) / x.std(0)
    y = (z[:, 0] + z[:, 2] - 0.5 * z[:, 1] + 0.2 * generator.normal(size=800)) > 1.5
    return (z if scaled else x).astype("float32"), y[:, None].astype("float32")


def measure_focal(y: Any, prediction: Any) -> Any:
    """Focal loss of probabilities as they are, the sum of a batch."""
    right = ops.where(y == 1, prediction, ops.ones_like(prediction))
    wrong = ops.where(y == 0, prediction, ops.zeros_like(prediction))
    held = ops.sum(0.25 * ops.power(1 - right, 2.0) * ops.log(right))
    return -held - ops.sum(0.75 * ops.power(wrong, 2.0) * ops.log(1 - wrong))


class Linear(layers.Layer):
    """Inputs times a kernel of its own, which is made once or drawn anew in each call."""

    def __init__(self, units: int, once: bool, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.once = units, once
        self.seed = keras.random.SeedGenerator(506)

    def build(self, shape: Any) -> None:
        """Makes the weights."""
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros")
        if self.once:
            self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="random_normal")

    def call(self, x: Any) -> Any:
        """Multiplies by the kernel and adds the bias."""
        shape = (x.shape[-1], self.units)
        kernel = self.kernel if self.once else keras.random.normal(shape, stddev=0.05, seed=self.seed)
        return ops.matmul(x, kernel) + self.bias


def build_linear(once: bool) -> Any:
    """What makes three layers of one's own, with relus."""
    parts = [partial(Linear, 64, once), partial(layers.ReLU), partial(Linear, 32, once), partial(layers.ReLU)]
    return sequential(*parts, partial(Linear, 6, once), partial(layers.Softmax))


class Ranks(layers.Layer):
    """One score for all, and a threshold for each rank but the last, which start where they are evenly spread."""

    def build(self, shape: Any) -> None:
        """Makes the weights."""
        self.kernel = self.add_weight(shape=(shape[-1], 1), initializer="glorot_uniform")
        self.bias = self.add_weight(shape=(4,), initializer=lambda shape, dtype=None: ops.linspace(1.0, -1.0, 4))

    def call(self, x: Any) -> Any:
        """Says for each threshold how probable it is that the rank is above it."""
        return ops.sigmoid(ops.matmul(x, self.kernel) + self.bias)


def make_ranks() -> Data:
    """Ten features, and for each of four thresholds whether the rank from 0 to 4 is above it."""
    generator = np.random.default_rng(507)
    x = generator.normal(size=(800, 10))
    score = x[:, :5].sum(axis=1) / 2 + np.abs(x[:, 5]) + 0.2 * generator.normal(size=800)
    rank = np.digitize(score, np.quantile(score, [0.1, 0.4, 0.75, 0.95]))
    return x.astype("float32"), (rank[:, None] > np.arange(4)).astype("float32")


def make_lifetimes() -> Data:
    """Eight features, and for each of six years whether someone is still there; unknown years are held to be so."""
    generator = np.random.default_rng(508)
    x = generator.normal(size=(800, 8))
    life = generator.exponential(np.exp(1.2 + 0.8 * x[:, 0] - 0.6 * x[:, 1] + 0.5 * x[:, 2]))
    return x.astype("float32"), (life[:, None] > np.arange(6) + 0.5).astype("float32")


def weigh_known_years(x: Any, y: Any) -> Any:
    """Weight 1 for nine in ten of the examples, and a third of it for those that were lost from sight."""
    return np.where(np.random.default_rng(509).random(len(y)) < 0.9, 1.0, 0.3)


def build_curve(x: Any) -> keras.Model:
    """The share that lives on in each year, multiplied over the years."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(inputs)
    yearly = layers.Dense(6, "sigmoid", bias_initializer=keras.initializers.Constant(1.5))(h)
    return keras.Model(inputs, layers.Lambda(lambda share: ops.cumprod(share, axis=-1))(yearly))


program = partial(Program, theme="forum")

SOLUTION = program(
    name="solution of an equation, both conditions for each time",
    data=make_times,
    build=build_solution,
    loss=OwnLoss(solve_from_each),
    optimizer=partial(Adam, 0.005),
    epochs=100,
    score=score_solution,
    source=EQUATION,
)
COUNTS = program(
    name="visits by an exponential of 32 relus, rmsprop",
    data=make_counts,
    build=dense(hidden=[32], activation="relu", output=(1, "exponential")),
    loss="poisson",
    optimizer=partial(RMSprop, 0.001),
    epochs=25,
    source=POISSON,
)
BRANCHES = program(
    name="mixture of five densities by logarithms",
    data=make_branches,
    build=dense(hidden=[32, 32], activation="tanh", output=(15, None)),
    loss=OwnLoss(measure_mixture_by_logarithms),
    optimizer=partial(Adam, 0.005),
    epochs=60,
    score=score_mixture,
    source=MIXTURE,
)
DEFAULTS = program(
    name="loans, rate cut where the F1 does not rise",
    data=make_defaults,
    build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.05),
    compile_options={"metrics": [f1]},
    callbacks=(lower_by("max"),),
    epochs=40,
    source=F1_PLATEAU,
)
SIX_KINDS = program(
    name="six kinds, cosine over all steps",
    data=make_six_kinds,
    build=dense(hidden=[64], activation="relu", output=(6, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=lambda: Adam(keras.optimizers.schedules.CosineDecay(0.001, 900)),
    epochs=30,
    source=COSINE,
)
YIELD = program(
    name="yield by weights of any sign",
    data=make_yield,
    build=dense(hidden=[32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=40,
    source=NOT_NEGATIVE,
)
RARE_ONES = program(
    name="one in fourteen, 14 times as heavy",
    data=make_rare,
    build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer="adam",
    fit_options={"class_weight": {0: 1.0, 1: 14.0}},
    epochs=25,
    source=RARE,
)
BOXES = program(
    name="boxes around digits, adam with gradients of norm 0.001",
    data=make_boxes,
    build=sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.Flatten),
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 4),
    ),
    loss="huber",
    optimizer=partial(Adam, 0.001, clipnorm=0.001),
    epochs=30,
    source=CLIPPED,
)
SPARSE_CODES = program(
    name="codes of digits, a penalty of 0.0001 on what they are",
    data=make_flat_pairs,
    build=sequential(
        partial(layers.Dense, 32, "relu", activity_regularizer=keras.regularizers.L1(1e-4)),
        partial(layers.Dense, 64, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source=SPARSE,
)
OWN_LAYERS = program(
    name="six kinds, own layers whose kernels are made once",
    data=make_six_kinds,
    build=build_linear(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=MADE_IN_CALL,
)
FRAUDS = program(
    name="payments scaled, own focal loss as a sum",
    data=partial(make_raw_frauds, True),
    build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
    loss=OwnLoss(measure_focal),
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source=FOCAL,
)
MENDED = [SOLUTION, COUNTS, BRANCHES, DEFAULTS, SIX_KINDS, YIELD, RARE_ONES, BOXES, SPARSE_CODES, OWN_LAYERS, FRAUDS]
SICK = [
    SOLUTION.vary(
        "solution of an equation, conditions for the first time only",
        unnamed=True,
        strength="clear",
        loss=OwnLoss(solve_from_first),
    ),
    COUNTS.vary(
        "visits by a linear unit under poisson",
        label=(*labels.NONFINITE, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        build=dense(hidden=[32], activation="relu", output=(1, None)),
    ),
    BRANCHES.vary(
        "mixture of five densities that underflow",
        label=labels.NONFINITE,
        strength="extreme",
        loss=OwnLoss(measure_mixture),
    ),
    DEFAULTS.vary(
        "loans, rate cut where the F1 does not fall",
        label=labels.STEPS_THAT_END,
        strength="mild",
        callbacks=(lower_by("min"),),
    ),
    SIX_KINDS.vary(
        "six kinds, cosine over as many steps as epochs",
        label=(*labels.STEPS_THAT_END, "schedule_by_batches"),
        strength="clear",
        optimizer=lambda: Adam(keras.optimizers.schedules.CosineDecay(0.001, 30)),
    ),
    YIELD.vary(
        "yield by weights that are not negative",
        unnamed=True,
        strength="mild",
        build=sequential(
            partial(layers.Dense, 32, "relu", kernel_constraint="non_neg"),
            partial(layers.Dense, 1, kernel_constraint="non_neg"),
        ),
    ),
    RARE_ONES.vary(
        "one in fourteen, the others 14 times as heavy",
        unnamed=True,
        strength="mild",
        fit_options={"class_weight": {0: 14.0, 1: 1.0}},
    ),
    BOXES.vary(
        "boxes around digits, sgd with gradients of norm 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="extreme",
        optimizer=partial(SGD, 0.01, clipnorm=0.001),
    ),
    SPARSE_CODES.vary(
        "codes of digits, a penalty of 0.1 on what they are",
        unnamed=True,
        strength="clear",
        build=sequential(
            partial(layers.Dense, 32, "relu", activity_regularizer=keras.regularizers.L1(0.1)),
            partial(layers.Dense, 64, "sigmoid"),
        ),
    ),
    OWN_LAYERS.vary(
        "six kinds, own layers whose kernels are drawn in each call",
        unnamed=True,
        strength="extreme",
        build=build_linear(False),
    ),
    FRAUDS.vary(
        "payments as they come, own focal loss as a sum",
        label=(*labels.LARGE_INPUTS, *labels.NONFINITE),
        strength="extreme",
        data=partial(make_raw_frauds, False),
    ),
]
EXAMPLES = [
    program(
        name="ranks of one score and four thresholds",
        data=make_ranks,
        build=sequential(partial(layers.Dense, 32, "relu"), Ranks),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=30,
        source=RANKS,
    ),
    program(
        name="curves of lifetimes, products of sigmoids",
        data=make_lifetimes,
        build=build_curve,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        sample_weight=weigh_known_years,
        epochs=30,
        source=SURVIVAL,
    ),
    SIX_KINDS.vary(
        "six kinds, cosine with restarts, smoothed labels",
        data=lambda: (make_six_kinds()[0], np.eye(6, dtype="float32")[make_six_kinds()[1]]),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.2),
        optimizer=lambda: SGD(keras.optimizers.schedules.CosineDecayRestarts(0.3, 100), momentum=0.9),
        source=RESTARTS,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
