"""Tries the loggers, `inspect` and the report on real architectures: each row of a table is a model in its own process.

Of each model: every gradient row is compared with an independent computation on the same weights and batch, the weights
with the bits of a plain training, the layers' names with the model's summary; and nothing may be called an error. See
`real_architectures/` for the models and how each of these is done.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow reads it once, when it is first imported

import json
import multiprocessing
import tempfile
import time
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "torch"}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which models; all that the backend has without.")] = None,
    small: Annotated[bool, typer.Option(help="Only the small ones, which are tests as well.")] = False,
    results: Annotated[Path, typer.Option(help="File that the results are added to, and the table made of.")] = Path(
        "runs/real_models.jsonl"
    ),
    list_only: Annotated[bool, typer.Option("--list", help="Only list the models.")] = False,
    table_only: Annotated[bool, typer.Option("--table", help="Only print the table of the results so far.")] = False,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long a model may take.")] = 20.0,
) -> None:
    """Tries models on the backend of `KERAS_BACKEND`, and prints a table of all results in the file."""
    if table_only:
        print(make_table(read_results(results)))
        return
    from real_architectures import ARCHITECTURES

    known = {architecture.name: architecture for architecture in ARCHITECTURES}
    if unknown := set(names or ()) - set(known):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(known)}")
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    chosen = [a for a in ARCHITECTURES if backend in a.backends and a.name in (names or known)]
    chosen = [architecture for architecture in chosen if architecture.is_small or not small]
    if list_only:
        print("\n".join(f"{a.name}{' (small)' if a.is_small else ''}" for a in chosen))
        return
    results.parent.mkdir(parents=True, exist_ok=True)
    for architecture in track(chosen, "Training", console=Console(stderr=True)):
        result = run_alone(architecture.name, backend, 60 * minutes)
        with results.open("a", encoding="utf-8") as file:
            print(json.dumps(result), file=file)
    print(make_table(read_results(results)))


def run_alone(name: str, backend: str, seconds: float) -> dict[str, Any]:
    """Tries a model in a process of its own; a failure is a result."""
    processes = multiprocessing.get_context("forkserver")  # whose server imports the backend once for all
    processes.set_forkserver_preload(["real_architectures"])
    start = time.perf_counter()
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_try, args=(name, theirs))
    process.start()
    theirs.close()
    result: dict[str, Any] = {"name": name, "backend": backend}
    try:
        result |= ours.recv() if ours.poll(seconds) else {"failure": f"took more than {seconds / 60:g} minutes"}
    except EOFError:
        process.join()
        result["failure"] = f"the process ended with status {process.exitcode}"
    process.kill()
    return result | {"seconds": round(time.perf_counter() - start, 1)}


def _try(name: str, pipe: Any) -> None:
    from keras_vg.text import quote_error
    from real_architectures import ARCHITECTURES, run_trial

    architecture = next(architecture for architecture in ARCHITECTURES if architecture.name == name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            pipe.send(run_trial(architecture, Path(folder)).to_dict())
    except Exception as error:
        traceback.print_exc()
        pipe.send({"failure": " ".join(quote_error(error).split())})


def read_results(path: Path) -> list[dict[str, Any]]:
    """The last result of each model on each backend, in the order in which the models first came."""
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return list({(line["name"], line["backend"]): line for line in lines}.values())


def make_table(results: list[dict[str, Any]]) -> str:
    """Makes a Markdown table: a row per model, and what differs by backend in columns."""
    backends = [backend for backend in BACKENDS if any(r["backend"] == backend for r in results)]
    lines = [f"| model | layers, weights | {' | '.join(BACKENDS[b] for b in backends)} | bits | names | errors |"]
    lines.append("| --- | --- |" + " --- |" * (len(backends) + 3))
    for name in dict.fromkeys(result["name"] for result in results):
        by_backend = {r["backend"]: r for r in results if r["name"] == name}
        sizes = {f"{r['layers']}, {r['weights']}" for r in by_backend.values() if not r.get("failure")}
        cells = [name, " or ".join(sorted(sizes)), *(_describe(by_backend.get(b)) for b in backends)]
        fine = {backend: r for backend, r in by_backend.items() if not r.get("failure")}
        cells.append(_join(fine, lambda r: r["bits"], "equal"))
        cells.append(_join(fine, lambda r: ", ".join(r["unnamed"]), "", "all"))
        cells.append(_join(fine, lambda r: "; ".join(r["errors"]), "", "none"))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _describe(result: dict[str, Any] | None) -> str:
    """The largest difference of a gradient row, and what became of it where rounding is no excuse."""
    if result is None:
        return ""
    if result.get("failure"):
        return result["failure"].replace("|", "\\|")
    shown = f"{result['difference']:.0e}"
    if result["rechecked"] is not None:
        way = {"float64": "in float64", "eager": "uncompiled"}[result["recheck"]]
        shown += f"; {way} {result['rechecked']:.0e}"
    return shown


def _join(results: dict[str, dict[str, Any]], get: Any, usual: str, shown: str | None = None) -> str:
    """What is the same everywhere once, and what is not by backend."""
    unusual = {BACKENDS[backend]: get(result) for backend, result in results.items() if get(result) != usual}
    if not unusual:
        return (usual if shown is None else shown) if results else ""
    return "; ".join(f"{backend}: {text}" for backend, text in unusual.items())


if __name__ == "__main__":
    typer.run(main)
