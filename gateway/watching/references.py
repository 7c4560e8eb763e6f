"""Which bins a model's values are counted in: those that training froze, else those of the first values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.files import read_small
from gateway.requestlog.policy import Filter, LogPolicy
from gateway.serving.model_file import MOST_BYTES, InvalidModelFile, parse_model_file
from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.serving.reference import Reference
from gateway.watching.basis import Basis, Binning, Scale, from_values

FIRST = 1_000
"""Predictions that make a reference where training left none."""

Column = list[str | None]


@dataclass(slots=True)
class Models:
    """Reads model.yaml below a folder, anew only when the file has changed."""

    folder: Path
    _known: dict[str, tuple[tuple[int, int], ModelSpec | None]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known = {}

    def spec(self, model: str | None) -> ModelSpec | None:
        """Return what a model folder says; None where there is none or it cannot be read."""
        if not model:
            return None
        path = self.folder / model / "model.yaml"
        try:
            found = os.stat(path)
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._known.get(model)
            if known is None or known[0] != stamp:
                known = (stamp, parse_model_file(read_small(path, MOST_BYTES).decode(), str(path)).spec)
                self._known[model] = known
        except (OSError, UnicodeDecodeError, InvalidModelFile):
            return None  # a replica that cannot load it says so; what was logged is watched all the same
        return known[1]


def declared(spec: ModelSpec, policy: LogPolicy) -> Basis:
    """Return the bins that a model brings, for those fields that the log's filter leaves as they are."""
    inputs = [_input(one, spec) for one in spec.inputs]
    outputs = [_output(one, spec) for one in spec.outputs]
    return Basis(
        "training",
        tuple(it for it in inputs if is_plain(it.name, policy.filter)),
        tuple(it for it in outputs if is_plain(it.name, policy.filter)),
    )


def is_plain(name: str, filter: Filter) -> bool:
    """Tell whether the log has a field's values as numbers or categories that mean what they did."""
    hidden = {*filter.pseudonymise, *filter.encrypt, *(it.name for it in filter.coarsen)}
    return name not in hidden and (filter.mode == "open" or name in filter.keep)


def _input(spec: InputSpec, model: ModelSpec) -> Binning:
    scale: Scale = "category" if spec.datatype == "BYTES" else "number"
    binning = Binning(spec.name, scale, low=spec.minimum, high=spec.maximum)
    if spec.categories:
        binning = replace(binning, categories=spec.categories, is_closed=True)
    return _with(binning, model.reference.inputs.get(spec.name))


def _output(spec: OutputSpec, model: ModelSpec) -> Binning:
    scale: Scale = "flag" if spec.datatype == "BOOL" else "probability"
    binning = Binning(spec.name, scale, threshold=spec.threshold)
    return _with(binning, model.reference.outputs.get(spec.name))


def _with(binning: Binning, reference: Reference | None) -> Binning:
    if reference is None or not sum(reference.counts):
        return binning
    binning = replace(binning, missing=reference.missing, days=reference.days, clumping=reference.clumping)
    if binning.scale == "category":
        return replace(binning, categories=reference.categories, counts=(*reference.counts, 0))
    if binning.scale == "flag":
        return replace(binning, counts=reference.counts)
    return replace(binning, edges=reference.edges, counts=reference.counts)


def completed(
    basis: Basis, inputs: Mapping[str, Column], outputs: Mapping[str, Column], policy: LogPolicy
) -> Basis:
    """Return bins for every field: those that training froze, else of the first values, as text."""
    made_inputs = _sides(basis.inputs, inputs, policy.filter, is_output=False)
    made_outputs = _sides(basis.outputs, outputs, policy.filter, is_output=True)
    threshold = policy.labels.threshold
    made_outputs = tuple(
        replace(it, threshold=threshold) if it.scale == "probability" and basis.source == "first" else it
        for it in made_outputs
    )
    return Basis(basis.source, made_inputs, made_outputs)


def _sides(
    known: tuple[Binning, ...], columns: Mapping[str, Column], filter: Filter, *, is_output: bool
) -> tuple[Binning, ...]:
    by_name = {it.name: it for it in known}
    names = [*by_name, *(name for name in columns if name not in by_name and is_plain(name, filter))]
    found = (_first(by_name.get(name), columns.get(name, []), name, is_output=is_output) for name in names)
    return tuple(it for it in found if it is not None)


def _first(known: Binning | None, column: Column, name: str, *, is_output: bool) -> Binning | None:
    if known is not None and known.counts:
        return known
    made = from_values(name, column, is_output=is_output)
    if known is None or made is None:
        return known or made
    if known.scale == "category" and known.categories:
        counts = [column.count(category) for category in known.categories]
        others = sum(value is not None for value in column) - sum(counts)
        return replace(known, counts=(*counts, others))
    if known.scale == made.scale or {known.scale, made.scale} == {"number", "probability"}:
        return replace(known, edges=made.edges, categories=made.categories, counts=made.counts)
    return known
