"""Gradients of depthwise and grouped kernels, which are computed once more on JAX."""

import keras
import numpy as np
import pytest
from keras import layers

BACKEND = keras.backend.backend()
pytestmark = [pytest.mark.model, pytest.mark.skipif(BACKEND != "jax", reason="there they are measured as they are")]
LAYERS = {
    "depthwise": (lambda: layers.DepthwiseConv2D(3), (6, 5, 512)),
    "same": (lambda: layers.DepthwiseConv2D(3, padding="same"), (4, 4, 512)),
    "strides": (lambda: layers.DepthwiseConv2D(3, strides=2, padding="same"), (5, 5, 512)),
    "dilated": (lambda: layers.DepthwiseConv2D(3, dilation_rate=2, padding="same"), (6, 5, 512)),
    "multiplied": (lambda: layers.DepthwiseConv2D(4, depth_multiplier=3), (5, 5, 96)),
    "channels_first": (lambda: layers.DepthwiseConv2D(3, data_format="channels_first"), (512, 5, 4)),
    "steps": (lambda: layers.DepthwiseConv1D(8, padding="same"), (12, 600)),
    "separable": (lambda: layers.SeparableConv2D(4, 3), (5, 4, 512)),
    "grouped": (lambda: layers.Conv2D(64, 3, groups=4, strides=2), (7, 6, 32)),
    "grouped_steps": (lambda: layers.Conv1D(64, 5, groups=2, padding="causal", dilation_rate=2), (9, 32)),
    "grouped_volume": (lambda: layers.Conv3D(32, 2, groups=2), (4, 3, 5, 32)),
}


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", LAYERS)
def test_copies_equal_the_gradients(name, policy):
    import jax

    from keras_vg.training.exactness.jax_xla import copy_gradients

    make, shape = LAYERS[name]
    layer = make()
    layer.dtype_policy = policy
    layer.build((None, *shape))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, *shape)).astype("float32")
    factors = rng.normal(size=layer.compute_output_shape(x.shape)).astype("float32")

    def compute(weights):
        gradients = jax.grad(lambda values: (layer.stateless_call(values, [], x)[0] * factors).sum())(weights)
        copies = copy_gradients(gradients, keras.ops.convert_to_tensor(np.float32(0)))
        assert copies[0] is not gradients[0]
        return gradients, copies

    gradients, copies = jax.jit(compute)([variable.value for variable in layer.trainable_variables])
    tolerance = 1e-5 if policy == "float32" else 2**-7
    for gradient, copy in zip(gradients, copies, strict=True):
        assert copy.dtype == gradient.dtype == "float32"
        np.testing.assert_allclose(copy, gradient, rtol=tolerance, atol=tolerance * float(abs(gradient).max()))
