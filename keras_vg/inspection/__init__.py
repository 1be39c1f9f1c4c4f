"""One look at a model on one batch: its activations, gradients and next update, without changing it."""
