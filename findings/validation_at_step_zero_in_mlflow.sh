#!/usr/bin/env bash
# MLflow logs what Keras validates twice: `val_loss` by epoch, and `validation_loss` with every epoch at step 0.
#
# Guess: one metric for each entry of Keras's history, `loss` and `val_loss`, with the epochs as steps.
# Seen with MLflow 3.17.2 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend), `fit` of four epochs
# with `MlflowCallback`: besides these a metric `validation_loss` with four values at step 0, whose chart is one point
# or one vertical line. Its value is the newest one, whatever was validated: after `evaluate` of the test data with this
# callback it is the test loss, while `val_loss` stays that of the last epoch.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 mlflow-skinny==3.17.2 \
        sqlalchemy==2.1.9 alembic==1.20.1 pandas==3.1.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import logging
import tempfile
import time

import keras
import mlflow
import mlflow.keras
import numpy as np

logging.disable(logging.WARNING)
folder = tempfile.mkdtemp()
mlflow.set_tracking_uri(f"sqlite:///{folder}/runs.db")
experiment = mlflow.create_experiment("validation", artifact_location=f"file://{folder}/artifacts")
ones = np.ones((16, 1), "float32")
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.1), "mse")
with mlflow.start_run(experiment_id=experiment) as run:
    callback = mlflow.keras.MlflowCallback()
    history = model.fit(ones, ones, validation_data=(ones, ones), epochs=4, verbose=0, callbacks=[callback]).history
    time.sleep(0.1)
    test_loss = model.evaluate(ones, 3 * ones, verbose=0, callbacks=[callback])
client = mlflow.MlflowClient()
metrics = client.get_run(run.info.run_id).data.metrics
print("Keras's history:", history, "test loss:", test_loss)
steps = {}
for name in sorted(metrics):
    points = [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]
    print(f"MLflow's {name}: {metrics[name]:.3f}, (step, value):", [(step, round(value, 3)) for step, value in points])
    steps[name] = [step for step, _ in points]
assert steps == {"loss": [0, 1, 2, 3], "val_loss": [0, 1, 2, 3], "validation_loss": [0, 0, 0, 0, 0]}
assert np.isclose(metrics["val_loss"], history["val_loss"][-1])
assert np.isclose(metrics["validation_loss"], test_loss)
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
