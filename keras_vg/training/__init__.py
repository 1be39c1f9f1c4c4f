"""What happens inside a training step and around it: weights, gradients, and one interval's rows."""
