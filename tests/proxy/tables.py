"""A table made of a routing.yaml, for tests of tables and of routes."""

from __future__ import annotations

from gateway.monitoring.tally import TallyWriter
from gateway.proxy.table import Table
from gateway.routing.document import to_document
from gateway.routing.parse import parse
from tests.proxy.peer import OK
from tests.proxy.stage import Stage

YAML = """
services: {blue: {url: http://127.0.0.1:9001}, canary: {url: http://127.0.0.1:9002}}
routes:
  - {name: root, path: /, weights: {blue: 1}}
  - {name: a, path: /a, weights: {blue: 1, canary: 1}, sticky: {header: X-User}, stable: blue}
  - {name: ab, path: /a/b, weights: {canary: 1}, sticky: {cookie: c},
     override: [{header: X-Canary, value: no, to: blue}]}
"""


async def table_of(stage: Stage, yaml: str = YAML) -> Table:
    """Return the table of a routing.yaml."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    tally = TallyWriter(stage.folder / "t.tally", 1)
    return Table(to_document(parse(yaml, model_exists=lambda _: None)), gateway.context.pool, tally)
