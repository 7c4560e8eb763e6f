"""What routing.yaml may say about the request log: plain data with the defaults that hold unsaid.

Durations are seconds, sizes are bytes, shares are fractions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["open", "strict"]
PATTERNS = ("email", "phone", "card", "ip")
"""What is redacted in free text unless a route says otherwise."""


@dataclass(frozen=True, slots=True)
class Coarsen:
    """How one field loses precision.

    `round`: to the nearest multiple of `by`. `truncate`: text to its first `by` characters, a number down to
    a multiple of `by`. `buckets`: to the lower one of the `edges` it lies between, as text such as `18..30`.
    """

    name: str
    kind: Literal["round", "truncate", "buckets"]
    by: float = 0.0
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """What of end users' data reaches the log; names are those of inputs and outputs.

    `open`: a field that no rule names is kept, its text redacted. `strict`: it is left out, and so is every
    body that is no Open Inference JSON, and a path beyond its route's. `keep` keeps a field as it is but for
    `redact`, patterns by name or as a regular expression. `pseudonymise` replaces by a keyed hash, `encrypt`
    by AES-GCM. The strictest rule wins where several name a field: encrypt, pseudonymise, coarsen, keep.
    """

    mode: Mode = "open"
    keep: tuple[str, ...] = ()
    pseudonymise: tuple[str, ...] = ()
    coarsen: tuple[Coarsen, ...] = ()
    encrypt: tuple[str, ...] = ()
    redact: tuple[str, ...] = PATTERNS


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """How the truth finds its prediction, and what it is compared with.

    `key` is an input whose value a label may name instead of the request's id. `output` is the output that is
    compared, empty: the first. `threshold` is from what probability on a class counts as predicted.
    """

    key: str = ""
    output: str = ""
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """What is remembered of a route's requests.

    `sample` is the share of requests, chosen by their id; `bodies`: inputs and outputs too, each body up to
    `body_limit`; `keep`: for how long; `max_size`: of this route's files at most, the oldest go first.
    """

    sample: float = 1.0
    bodies: bool = True
    body_limit: int = 64 * 1024
    keep: float = 30 * 86_400.0
    max_size: int = 20 * 1024**3
    filter: Filter = field(default_factory=Filter)
    labels: LabelPolicy = field(default_factory=LabelPolicy)


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What holds for the whole log.

    `buffer` is the memory between each worker and the recorder; `encryption_key` is `${NAME}` of the
    environment or the path of a file (relative to routing.yaml) that holds 32 bytes as base64 or hex.
    """

    buffer: int = 16 * 1024 * 1024
    encryption_key: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """Somewhere else that records are sent to, at least once and in order.

    `target` is a folder, a URL, or Kafka's brokers; `${NAME}` in it is read from the environment when used.
    `topic` is that of Kafka, or the stream of Redis. `routes`: those sent, empty: all. `spill` is how many
    bytes may wait on disk while the target is down; beyond it the oldest are given up, and counted.
    """

    name: str
    kind: Literal["directory", "otlp", "cloudevents", "kafka", "redis"]
    target: str
    topic: str = "gateway"
    routes: tuple[str, ...] = ()
    batch: int = 500
    timeout: float = 10.0
    spill: int = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Tracing:
    """Spans by OTLP: `otlp` is the collector's URL (…/v1/traces), `sample` the share of requests that are
    traced where the client did not decide."""

    otlp: str = ""
    sample: float = 0.01
    service: str = "gateway"


@dataclass(frozen=True, slots=True)
class Logging:
    """How processes say what they do: `format` console or json, from which `level` on, and whether every
    answer is an access line on standard output."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"
    access: bool = False
