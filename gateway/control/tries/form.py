"""The form of a model: one field for each of its inputs, as model.yaml or the model itself describes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.files import read_small
from gateway.routing.match import longest_prefix
from gateway.routing.plan import Route, RoutingPlan
from gateway.serving.model_file import MOST_BYTES, parse_model_file
from gateway.serving.model_spec import InputSpec

MODELS = "/v2/models/"
Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Field:
    """One input; `minimum` and `maximum` None: nothing is said. `value` is what stands there first."""

    name: str
    datatype: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    value: Value | None = None

    @property
    def is_number(self) -> bool:
        """Tell whether a number is wanted."""
        return not self.categories and self.datatype not in ("BYTES", "BOOL")

    @property
    def is_whole(self) -> bool:
        """Tell whether only whole numbers are wanted."""
        return self.datatype.startswith(("INT", "UINT"))


@dataclass(frozen=True, slots=True)
class Form:
    """What a model wants; `target` is where a request goes. Without fields inputs are written as JSON."""

    model: str
    target: str
    description: str = ""
    fields: tuple[Field, ...] = ()


def form_of(plan: RoutingPlan, route: Route, folder: Path) -> Form:
    """Return the form of a route's stable version; models are named from `folder`. Raises GatewayError.

    A model that runs elsewhere describes itself to whoever asks it; here it is only known by its path.
    """
    service = plan.service(route.stable)
    if service is not None and service.model:
        path = folder / service.model / "model.yaml"
        try:
            model, description, fields = _read(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise GatewayError(f"{path} cannot be read: {error.strerror}") from error
    elif route.path.startswith(MODELS):
        model, description, fields = route.path.removeprefix(MODELS).partition("/")[0], "", ()
    else:
        raise GatewayError(
            f"route {route.name} goes to a model elsewhere, and its path {route.path} does not say which: "
            "routes that can be tried have paths such as /v2/models/late"
        )
    return Form(model, target_of(plan, route, model), description, fields)


@lru_cache(64)
def _read(path: Path, _changed: int) -> tuple[str, str, tuple[Field, ...]]:
    spec = parse_model_file(read_small(path, MOST_BYTES).decode(), str(path)).spec
    return spec.name, spec.description, tuple(_field(one) for one in spec.inputs)


def _field(spec: InputSpec) -> Field:
    least, most = (
        limit if math.isfinite(limit) and abs(limit) < 2.0**63 else None
        for limit in (spec.minimum, spec.maximum)
    )
    usual: Value | None = spec.example
    if usual is None and spec.categories:
        usual = spec.categories[0]
    if usual is None and least is not None and most is not None:
        usual = (least + most) / 2
    return Field(
        spec.name, spec.datatype, spec.unit, least, most, spec.categories, _typed(spec.datatype, usual)
    )


def target_of(plan: RoutingPlan, route: Route, model: str) -> str:
    """Return the path of a prediction that this route gets; raises GatewayError where another one gets it."""
    base = f"{MODELS}{model}"
    is_below = route.path == base or route.path.startswith(f"{base}/")
    target = f"{route.path if is_below else base}/infer"
    routes = {one.path.encode(): one for one in plan.routes}
    found = longest_prefix(routes, target.encode())
    if found is not route:
        where = f"go to route {found.name}" if found else "have no route"
        raise GatewayError(f"predictions of model {model} ({target}) {where}, not to route {route.name}")
    return target


def fields_of_metadata(document: object) -> tuple[Field, ...]:
    """Return the fields of a model's own description (Open Inference metadata); none where it has none."""
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or len(inputs) > 1000:
        return ()
    found = [_described(one) for one in inputs if isinstance(one, dict)]
    return tuple(found) if len(found) == len(inputs) and all(one.name for one in found) else ()


def _described(tensor: Mapping[str, Any]) -> Field:
    given = tensor.get("parameters")
    known: Mapping[str, Any] = given if isinstance(given, dict) else {}
    categories = known.get("categories")
    listed = tuple(map(str, categories)) if isinstance(categories, list) else ()
    datatype = str(tensor.get("datatype", ""))
    example = known.get("example")
    usual = example if isinstance(example, int | float | str) else listed[0] if listed else None
    least, most = (_finite(known.get(name)) for name in ("min", "max"))
    return Field(
        str(tensor.get("name", "")), datatype, str(known.get("unit", "")), least, most, listed,
        _typed(datatype, usual),
    )  # fmt: skip


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _typed(datatype: str, value: Value | None) -> Value | None:
    """Return a value as the datatype has it, None where it cannot be that."""
    if value is None or datatype == "BYTES":
        return None if value is None else str(value)
    if datatype == "BOOL":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    try:
        number = float(value)
    except ValueError:
        return None
    return round(number) if datatype.startswith(("INT", "UINT")) and number == round(number) else number


def tensors(fields: Iterable[Field], inputs: Mapping[str, Value]) -> list[dict[str, Any]]:
    """Return one row as Open Inference tensors; an input that is no field has the datatype of its value."""
    known = {field.name: field.datatype for field in fields}
    return [_tensor(name, known.get(name), value) for name, value in inputs.items()]


def _tensor(name: str, datatype: str | None, value: Value) -> dict[str, Any]:
    kinds: Sequence[tuple[type, str]] = ((bool, "BOOL"), (int, "INT64"), (float, "FP64"))
    guessed = datatype or next((called for kind, called in kinds if isinstance(value, kind)), "BYTES")
    given = value
    if guessed.startswith(("INT", "UINT")) and isinstance(value, float) and value.is_integer():
        given = int(value)
    return {"name": name, "datatype": guessed, "shape": [1], "data": [given]}
