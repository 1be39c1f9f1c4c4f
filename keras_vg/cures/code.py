"""The changes of a model as lines of Keras code, with one call of `compile`."""

import ast
from collections.abc import Sequence

_START = "model.compile("
_SCALED = "LossScaleOptimizer"
_UNCHANGED = ("optimizer", "loss", "learning_rate")
"""Names that stand for what the user's own code has there."""


def write_code(lines: Sequence[str]) -> str:
    """Joins lines of code; of several calls of `compile` one is made, in place of the last, with what they all change.

    Args:
        lines: The lines of each change, in the order of the changes, of a model with one output.

    Returns:
        The code.

    Example:
        >>> print(write_code(["model.compile(keras.optimizers.Adam(1e-3), loss)", "model.compile(optimizer, 'mse')"]))
        model.compile(keras.optimizers.Adam(0.001), "mse")
    """
    places = [place for place, line in enumerate(lines) if line.startswith(_START)]
    if len(places) < 2:
        return "\n".join(lines)
    calls, comments = [], []
    for place in places:
        code, _, comment = lines[place].partition("  # ")
        calls.append(_read_call(code))
        comments += [comment] if comment else []
    merged = calls[0]
    for call in calls[1:]:
        merged = _merge(merged, call)
    code = "  # ".join([ast.unparse(merged).replace("'", '"'), *([", ".join(comments)] if comments else [])])
    kept = [code if place == places[-1] else line for place, line in enumerate(lines) if place not in places[:-1]]
    return "\n".join(kept)


def _read_call(code: str) -> ast.Call:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    return call


def _merge(earlier: ast.Call, later: ast.Call) -> ast.Call:
    """A call of `compile` with what both change; of what both change, as the later one does."""
    names = ("optimizer", "loss")
    first, second = ({**dict(zip(names, call.args, strict=False)), **_list_keywords(call)} for call in (earlier, later))
    merged = {**first, **{name: value for name, value in second.items() if not _is_unchanged(value)}}
    if not any(_is_unchanged(call["optimizer"]) for call in (first, second)):
        merged["optimizer"] = _merge_optimizers(first["optimizer"], second["optimizer"])
    arguments = [merged.pop(name) for name in names if name in merged]
    return ast.Call(earlier.func, arguments, [ast.keyword(name, value) for name, value in merged.items()])


def _merge_optimizers(earlier: ast.expr, later: ast.expr) -> ast.expr:
    """The later optimizer, with the earlier one's arguments if it is of the same class, and its scaling of the loss."""
    if not isinstance(earlier, ast.Call) or not isinstance(later, ast.Call):
        return later
    if _name(earlier) == _SCALED and _name(later) != _SCALED:
        return ast.Call(earlier.func, [_merge_optimizers(earlier.args[0], later)], [])
    if _name(later) == _SCALED and _name(earlier) != _SCALED:
        return ast.Call(later.func, [_merge_optimizers(earlier, later.args[0])], [])
    if _name(earlier) != _name(later):
        return later
    first, second = (
        {**dict(zip(("learning_rate",), c.args, strict=False)), **_list_keywords(c)} for c in (earlier, later)
    )
    merged = {**first, **{name: value for name, value in second.items() if not _is_unchanged(value)}}
    first_argument = [merged.pop("learning_rate")] if _is_unchanged(merged.get("learning_rate", later)) else []
    return ast.Call(later.func, first_argument, [ast.keyword(name, value) for name, value in merged.items()])


def _list_keywords(call: ast.Call) -> dict[str, ast.expr]:
    """The arguments that are given by name."""
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}


def _is_unchanged(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in _UNCHANGED


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]
