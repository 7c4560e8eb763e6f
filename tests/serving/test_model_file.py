"""Reading model.yaml."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml

from gateway.serving.model_file import InvalidModelFile, parse_model_file

GOOD = """\
name: small
version: 1e3
description: A test.
inputs:
- {name: hour, datatype: INT64, min: 0, max: 23, example: 7}
- {name: state, datatype: BYTES, categories: [NO, ON, 1], example: NO}
- {name: speed, datatype: FP64, unit: m/s, example: 1.5}
outputs:
- {name: chance, datatype: FP64}
- {name: sure, datatype: BOOL, threshold: 0.75}
training: {anything: goes}
reference: {inputs: {state: {n: 3, counts: [1, 2, 0]}}}
libraries: {scikit-learn: 1.9.1}
artifact: {file: model.joblib, sha256: %s, bytes: 12}
""" % ("a" * 64)


def test_a_good_file_is_read() -> None:
    """Everything the service needs is read, limits left out are wide open."""
    found = parse_model_file(GOOD, "model.yaml")
    assert (found.file, found.sha256, found.size) == ("model.joblib", "a" * 64, 12)
    assert found.libraries == {"scikit-learn": "1.9.1"}
    hour, _, speed = found.spec.inputs
    assert (hour.minimum, hour.maximum, hour.example) == (0, 23, 7)
    assert (speed.minimum, speed.maximum, speed.unit) == (-math.inf, math.inf, "m/s")
    assert found.spec.outputs[1].threshold == 0.75
    assert found.spec.reference.inputs["state"].counts == (1, 2, 0)


def test_texts_stay_what_they_look_like() -> None:
    """A version `1e3` and a category `NO` are texts, not a number and not false."""
    spec = parse_model_file(GOOD, "model.yaml").spec
    assert spec.version == "1e3"
    assert spec.inputs[1].categories == ("NO", "ON", "1")


def _broken(change: dict[str, Any]) -> str:
    document = yaml.load(GOOD, Loader=yaml.BaseLoader)
    document.update(change)
    with pytest.raises(InvalidModelFile) as refused:
        parse_model_file(yaml.safe_dump(document), "m/model.yaml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "a/b"}, "the file: name must be letters, digits, _ . and -, got 'a/b'"),
        ({"version": ""}, "the file: version must be"),
        ({"version": ["v1"]}, "the file: version must be letters, digits, _ . and -, got ['v1']"),
        ({"inputs": []}, "inputs: expected a list with at least one entry, got []"),
        ({"inputs": ["hour"]}, "inputs[0]: expected keys and values, got 'hour'"),
        (
            {"inputs": [{"name": "a", "datatype": "FP32"}]},
            "inputs[0] (a): datatype must be one of BYTES, FP64",
        ),
        ({"inputs": [{"name": "a", "datatype": "BYTES"}]}, "inputs[0] (a): BYTES needs a list of categories"),
        (
            {"inputs": [{"name": "a", "datatype": "FP64", "min": "x"}]},
            "inputs[0] (a): min must be a finite number",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "FP64", "min": 2, "max": 1}]},
            "expected min below max, got 2 and 1",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "FP64", "categories": ["x"]}]},
            "categories need the datatype BYTES",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "BYTES", "categories": ["x", "x"]}]},
            "a category stands twice",
        ),
        (
            {"inputs": [{"name": "a", "datatype": "FP64", "minn": 0}]},
            "unknown key 'minn' (did you mean 'min'?)",
        ),
        ({"reference": {"outputs": {"chances": {}}}}, "reference.outputs: 'chances' is none of chance, sure"),
        ({"inputs": [{"name": "a", "datatype": "FP64"}] * 2}, "inputs[1] (a): the name stands twice"),
        (
            {"outputs": [{"name": "p", "datatype": "INT64"}]},
            "outputs[0] (p): datatype must be one of FP64, BOOL",
        ),
        ({"artefact": {}}, "unknown key 'artefact' (did you mean 'artifact'?)"),
        ({"libraries": {}}, "libraries: expected the libraries"),
        (
            {"artifact": {"file": "../x", "sha256": "a" * 64}},
            "file must be a file name beside model.yaml, got '../x'",
        ),
        ({"artifact": {"file": "/etc/passwd", "sha256": "a" * 64}}, "got '/etc/passwd'"),
        ({"artifact": {"file": "m", "sha256": "abc"}}, "sha256 must be 64 hexadecimal digits, got 'abc'"),
    ],
)
def test_a_broken_file_is_refused(change: dict[str, Any], expected: str) -> None:
    """The message names the file, the place, what was expected and what is there."""
    message = _broken(change)
    assert message.startswith("m/model.yaml: ")
    assert expected in message


def test_all_problems_are_told_at_once() -> None:
    """Two mistakes are two sentences of one message."""
    message = _broken({"name": "", "libraries": {}})
    assert message.startswith("m/model.yaml: 2 problems: ")


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t", "a: !!python/object:os.system x: y"])
def test_what_is_not_yaml_is_refused(text: str) -> None:
    """A file that is no YAML is told by its line."""
    with pytest.raises(InvalidModelFile, match=r"this is not YAML: .*line"):
        parse_model_file(text, "model.yaml")


def test_no_object_is_ever_built() -> None:
    """A tag that would make YAML build a Python object makes a plain text here, which is then refused."""
    with pytest.raises(InvalidModelFile, match="expected keys and values, got"):
        parse_model_file("!!python/object/apply:os.getcwd []", "model.yaml")
