"""The learning rate above which gradient descent diverges."""

import numpy as np

from keras_vg.theory.activations import Array


def find_largest_learning_rate(x: Array) -> float:
    r"""Computes the learning rate above which gradient descent on a linear model's mean squared error diverges.

    The loss $\frac{1}{N} \lVert X w - y \rVert^2$ has the Hessian $H = \frac{2}{N} X^T X$. A step at the rate $\eta$
    multiplies the error along an eigenvector of eigenvalue $\lambda$ by $1 - \eta \lambda$, whose size exceeds 1 for
    the largest eigenvalue if $\eta > 2 / \lambda_{max}$.

    Args:
        x: Inputs of shape `(examples, features)`; with a column of ones if the model has a bias.

    Returns:
        $2 / \lambda_{max}$.

    Example:
        >>> round(vg.theory.find_largest_learning_rate(np.array([[1.0], [3.0]])), 3)  # H = 10
        0.2
    """
    x = np.asarray(x, "float64")
    return float(len(x) / np.linalg.norm(x, ord=2) ** 2)
