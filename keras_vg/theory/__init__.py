"""Closed forms, in float64 and with NumPy only, to compare measurements with."""

from keras_vg.theory.activations import (
    ACTIVATIONS,
    Activation,
    Array,
    get_activation,
    make_elu,
    make_leaky_relu,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tangent_line,
    tanh_derivative,
)
from keras_vg.theory.backpropagation import (
    Chain,
    NeuronGradient,
    differentiate_neuron,
    differentiate_numerically,
    propagate,
)
from keras_vg.theory.blocks import Block, predict_residual_factors
from keras_vg.theory.convolution import predict_convolution_factor
from keras_vg.theory.descent import find_largest_learning_rate
from keras_vg.theory.mean_field import (
    MeanField,
    find_critical_variance,
    follow_lengths,
    predict_factor,
    predict_normalized_factor,
)
from keras_vg.theory.narrow import count_layers_until_half, predict_survival
from keras_vg.theory.recurrence import Cell, predict_recurrent_factor

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Array",
    "Block",
    "Cell",
    "Chain",
    "MeanField",
    "NeuronGradient",
    "count_layers_until_half",
    "differentiate_neuron",
    "differentiate_numerically",
    "find_critical_variance",
    "find_largest_learning_rate",
    "follow_lengths",
    "get_activation",
    "make_elu",
    "make_leaky_relu",
    "predict_convolution_factor",
    "predict_factor",
    "predict_normalized_factor",
    "predict_recurrent_factor",
    "predict_residual_factors",
    "predict_survival",
    "propagate",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "tangent_line",
    "tanh_derivative",
]
