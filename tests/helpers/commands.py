"""What the `keras-vg` command prints for programs."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "commands.json").read_text())


def read_json(command: str, result: Any) -> Any:
    """Reads the output of a command run with `--json`, as its schema in the docs describes it."""
    value = json.loads(result.stdout)
    jsonschema.validate(value, {"$ref": f"#/$defs/{command}", "$defs": SCHEMA["$defs"]})
    return value
