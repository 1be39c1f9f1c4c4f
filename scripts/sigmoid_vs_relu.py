"""Reproduces claims A1 to A3: the first layer of a deep net moves under ReLU and tanh, hardly under sigmoid."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import typer

from keras_vg.reproductions import sigmoid_vs_relu

if __name__ == "__main__":
    typer.run(sigmoid_vs_relu.reproduce)
