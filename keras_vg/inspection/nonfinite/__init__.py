"""Where in a training step the first value arises that is not finite."""
