"""Tells the site's API pages what the docstrings' section `Example:` is: lines for Python's prompt."""

import re
from typing import Any

import griffe


class Examples(griffe.Extension):
    """Griffe knows the section as `Examples:`, and takes another name for a note whose text is Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Renames the section in every docstring."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
