"""Reading model.yaml: text in, a checked description out.

Pure, and without YAML's own ideas of types: every scalar is read as text, and each place decides what it
means. So a category `NO` and a version `1e3` are what they look like, and `min: abc` is told by its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from gateway.errors import GatewayError
from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.serving.problems import Problems, shown
from gateway.serving.reference_file import read_references

MOST_BYTES = 16 * 1024 * 1024
"""No model.yaml is as long; references of many fields make it long."""

TOP_KEYS = (
    "name",
    "version",
    "description",
    "inputs",
    "outputs",
    "training",
    "held_out",
    "reference",
    "libraries",
    "artifact",
)
INPUT_KEYS = ("name", "datatype", "unit", "min", "max", "categories", "example")
OUTPUT_KEYS = ("name", "datatype", "threshold")
ARTIFACT_KEYS = ("file", "sha256", "bytes")
# Names and versions stand in URLs, the artifact beside model.yaml: no slash and no leading dot.
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\Z")
ANY_TEXT = re.compile(r".")
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
INT64_LIMIT = 2.0**63


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What model.yaml says: the model, and which artifact and libraries it stands for."""

    spec: ModelSpec
    libraries: Mapping[str, str]
    file: str
    sha256: str
    size: int


class InvalidModelFile(GatewayError):
    """model.yaml cannot be used; the text lists the problems."""


def parse_model_file(text: str, source: str) -> ModelFile:
    """Read the text of a model.yaml that came from `source`; raises InvalidModelFile."""
    try:
        # The base loader makes strings, lists and mappings only: no object of any other kind.
        tree = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise InvalidModelFile(f"{source}: this is not YAML: {' '.join(str(error).split())}") from None
    problems = Problems()
    top = problems.mapping(tree, "the file")
    problems.unknown_keys(top, TOP_KEYS, "the file")
    artifact = problems.mapping(top.get("artifact"), "artifact")
    problems.unknown_keys(artifact, ARTIFACT_KEYS, "artifact")
    model_file = ModelFile(
        spec=_model(top, problems),
        libraries={k: str(v) for k, v in problems.mapping(top.get("libraries", {}), "libraries").items()},
        file=_matching(artifact, "file", "artifact", "a file name beside model.yaml", SAFE_NAME, problems),
        sha256=_matching(artifact, "sha256", "artifact", "64 hexadecimal digits", DIGEST, problems),
        size=int(_number(artifact, "bytes", "artifact", 0.0, problems)),
    )
    if not model_file.libraries:
        problems.add("libraries: expected the libraries the artifact was made with and their exact versions")
    if problems.count:
        raise InvalidModelFile(f"{source}: {problems.text()}")
    return model_file


def _model(top: Mapping[str, Any], problems: Problems) -> ModelSpec:
    inputs = tuple(_input(e, w, problems) for w, e in _entries(top.get("inputs"), "inputs", problems))
    outputs = tuple(_output(e, w, problems) for w, e in _entries(top.get("outputs"), "outputs", problems))
    return ModelSpec(
        name=_matching(top, "name", "the file", "letters, digits, _ . and -", SAFE_NAME, problems),
        version=_matching(top, "version", "the file", "letters, digits, _ . and -", SAFE_NAME, problems),
        description=str(top.get("description", "")),
        inputs=inputs,
        outputs=outputs,
        reference=read_references(top.get("reference"), inputs, outputs, problems),
    )


def _input(entry: Mapping[str, Any], where: str, problems: Problems) -> InputSpec:
    problems.unknown_keys(entry, INPUT_KEYS, where)
    datatype = _one_of(entry, "datatype", where, ("BYTES", "FP64", "INT64"), problems)
    limit = INT64_LIMIT if datatype == "INT64" else math.inf
    spec = InputSpec(
        name=_matching(entry, "name", where, "a text", ANY_TEXT, problems),
        datatype=datatype,
        unit=str(entry.get("unit", "")),
        minimum=_number(entry, "min", where, -limit, problems),
        maximum=_number(entry, "max", where, limit, problems),
        categories=_categories(entry, where, problems) if datatype == "BYTES" else (),
        example=_example(entry, where, datatype, problems),
    )
    if spec.minimum > spec.maximum:
        problems.add(f"{where}: expected min below max, got {spec.minimum:g} and {spec.maximum:g}")
    if datatype != "BYTES" and "categories" in entry:
        problems.add(f"{where}: categories need the datatype BYTES, got {datatype}")
    return spec


def _example(entry: Mapping[str, Any], where: str, datatype: str, problems: Problems) -> float | str | None:
    example = entry.get("example")
    if example is None or datatype == "BYTES":
        return None if example is None else str(example)
    number = _number(entry, "example", where, 0.0, problems)
    return int(number) if datatype == "INT64" else number


def _output(entry: Mapping[str, Any], where: str, problems: Problems) -> OutputSpec:
    problems.unknown_keys(entry, OUTPUT_KEYS, where)
    return OutputSpec(
        name=_matching(entry, "name", where, "a text", ANY_TEXT, problems),
        datatype=_one_of(entry, "datatype", where, ("FP64", "BOOL"), problems),
        threshold=_number(entry, "threshold", where, 0.5, problems),
    )


def _categories(entry: Mapping[str, Any], where: str, problems: Problems) -> tuple[str, ...]:
    categories = entry.get("categories")
    if not isinstance(categories, list) or not categories or not all(isinstance(c, str) for c in categories):
        problems.add(f"{where}: BYTES needs a list of categories, got {shown(categories)}")
        return ()
    if len(set(categories)) != len(categories):
        problems.add(f"{where}: a category stands twice in the list")
    return tuple(categories)


def _entries(value: object, where: str, problems: Problems) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The mappings of a list, each with the words that tell where it stands; no two have the same name."""
    if not isinstance(value, list) or not value:
        problems.add(f"{where}: expected a list with at least one entry, got {shown(value)}")
        return []
    entries = []
    seen: set[object] = set()
    for index, item in enumerate(value):
        name = item.get("name") if isinstance(item, dict) else None
        place = f"{where}[{index}]" + (f" ({name})" if name else "")
        if isinstance(name, str) and name in seen:
            problems.add(f"{place}: the name stands twice")
        seen.add(name if isinstance(name, str) else index)
        entries.append((place, problems.mapping(item, place)))
    return entries


def _matching(
    entry: Mapping[str, Any],
    key: str,
    where: str,
    expected: str,
    pattern: re.Pattern[str],
    problems: Problems,
) -> str:
    value = entry.get(key)
    if isinstance(value, str) and pattern.match(value):
        return value
    problems.add(f"{where}: {key} must be {expected}, got {shown(value)}")
    return ""


def _one_of(entry: Mapping[str, Any], key: str, where: str, known: Sequence[str], problems: Problems) -> str:
    value = entry.get(key)
    if value not in known:
        problems.add(f"{where}: {key} must be one of {', '.join(known)}, got {shown(value)}")
        return known[0]
    return str(value)


def _number(entry: Mapping[str, Any], key: str, where: str, default: float, problems: Problems) -> float:
    if key not in entry:
        return default
    try:
        number = float(entry[key])
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        problems.add(f"{where}: {key} must be a finite number, got {shown(entry[key])}")
        return default
    return number
