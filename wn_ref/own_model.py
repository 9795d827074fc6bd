"""What identifies a network of your own: the code of the function that builds it, and of the layers that it uses."""

from __future__ import annotations

import json

from wn_ref.code_fingerprint import fingerprint_of_code
from wn_ref.models import Model, model_name
from wn_ref.user_code import FROM_FILE


def describe_own_model(model: str | Model) -> str:
    """Return JSON with the function and a fingerprint of its code; "" for a network of this package.

    Two models with the same description build networks that compute the same::

        {"code":"0b61c1f7...","function":"__main__.small_cnn"}

    Raises
    ------
    InputError
        If the code reads something of which nobody can say whether it will be the same next time.
    """
    if isinstance(model, str):
        return ""
    function = getattr(model, "func", model)  # of a functools.partial
    place = f"{getattr(function, '__module__', '')}.{model_name(model)}"
    return json.dumps({"code": fingerprint_of_code(model, "model"), "function": place}, separators=(",", ":"))


def place_of(description: str) -> str:
    """Return where the function of a description is, as the command line takes it: "package.module:function"."""
    module, _, name = str(json.loads(description)["function"]).rpartition(".")
    return f"{module.removeprefix(FROM_FILE)}.py:{name}" if module.startswith(FROM_FILE) else f"{module}:{name}"
