"""Which rules name a cause rightly. A new rule that names one of these causes is added here, for all programs."""

TOO_LARGE_STEPS = ("update_too_large", "learning_rate_too_high")
TOO_SMALL_STEPS = ("learning_rate_too_low", "update_too_small")
VANISHING = ("vanishing_gradient", "tiny_gradient")
VANISHING_IN_TIME = ("vanishing_in_time",)
"""The gradient with respect to early time steps is gone, whatever the weights' gradients look like."""
UNBOUNDED = ("unbounded_recurrence", "exploding_in_time")
EXPLODING = ("exploding_gradient", "exploding_activation", "residual_growth")
RESIDUAL_GROWTH = ("residual_growth", "exploding_activation", "exploding_gradient")
RESIDUAL_IMBALANCE = ("residual_imbalance",)
SATURATED = ("saturated_units",)
SYMMETRIC = ("symmetric_weights",)
DEAD = ("dead_relu", "dead_outputs")
LARGE_INPUTS = ("input_scale", "feature_scale", "input_offset")
SMALL_INPUTS = ("input_scale", "input_too_small")
LARGE_LABELS = ("label_scale",)
LABELS_OUT_OF_RANGE = ("label_range", "loss_function")
WRONG_LOSS = ("loss_function", "endless_fall")
"""A loss of one's own that right answers do not lower."""
LABELS_OF_ANOTHER_SHAPE = ("label_shape",)
WRONG_HEAD = ("output_layer",)
SATURATED_HEAD = ("saturated_output",)
NONFINITE = ("nonfinite",)
NO_STEPS = ("no_update",)
FROZEN = ("frozen_layers", "frozen_at_random", "frozen_at_zero", "no_trainable_weights")
UNTRACKED = ("untracked_layers",)
"""Layers whose weights are none of the model's."""
LINEAR = ("linear_layers",)
HIDDEN_SOFTMAX = ("hidden_softmax",)
DROPOUT = ("dropout_rate", "dropout_of_outputs")
OTHER_IN_INFERENCE = ("inference_differs",)
"""What is learned in training mode is lost where the model only predicts."""
FEW_EXAMPLES_COUNT = ("probe_not_learned",)
ALIKE_POSITIONS = ("positions_alike", "order_ignored")
MIXED_EXAMPLES = ("examples_mixed",)
"""The answer for one example depends on the others of its batch."""
OTHER_VALIDATION = ("validation_not_learned", "validation_loss_rises")
"""What is validated is other data than what is trained on."""
UNKNOWN_IDS = ("embedding_range",)
CONSTANT_INPUTS = ("constant_input", "constant_prediction")
STEPS_THAT_END = (*TOO_SMALL_STEPS, "learning_stops", "no_update", "monitor_mode")
"""A rate that a schedule or a callback has made so small that nothing is learned any more."""
MONITOR_MODE = ("monitor_mode", "ended_early")
"""A callback that takes the worse values of a metric for the better."""
FEW_STEPS = ("few_steps",)
"""Batches so large that an epoch is a step or two."""
SHRUNK = ("shrunk_weights",)
"""A penalty or a weight decay that outweighs the loss."""
CUT_OFF = ("zero_gradient", "disconnected_layer")
"""What has no derivative: TensorFlow has no gradient then, JAX and torch have zeros."""
