"""What the rules about gradients with respect to time steps see."""

from keras_vg.diagnosis.meanings.meaning import Meaning

RECURRENCE: dict[str, Meaning] = {
    "vanishing_in_time": Meaning(
        sees=(
            "A recurrent layer whose gradient with respect to most time steps of its input is next to nothing "
            "beside that of the steps that it reads last. Its weights' gradients, sums over all steps, look well "
            "all the same. Where the answer lies no gradient tells: if it lies in the last steps, the layer "
            "learns it. Also one with `zero_output_for_mask=True` and `return_sequences=False`, which puts out zeros "
            "for each example whose last step is masked."
        ),
        severity=(
            "Error where all that most examples have within reach is padding (`padding_out_of_reach`): there the "
            "answer cannot lie. Also an error where most steps of most examples are padding and all predictions are "
            "the same (`constant_prediction`), and where zeros are put out for most examples (a warning "
            "from 5 % of them on, for information below). Else a warning, where `lost_steps` of the steps or more are "
            "out of reach; silent once the loss is low (`converged_loss`)."
        ),
        thresholds=(
            "vanishing_time",
            "lost_steps",
            "padding_out_of_reach",
            "constant_prediction",
            "converged_loss",
        ),
    ),
    "exploding_in_time": Meaning(
        sees=(
            "A recurrent layer whose gradient grows with every step back in time, by orders of magnitude. The "
            "first steps decide alone what it learns."
        ),
        severity="Warning: tanh and clipping may keep it in check.",
        thresholds=("exploding_ratio",),
    ),
}
