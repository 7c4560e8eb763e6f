"""The part of the admin API that takes the truth: one label, or NDJSON by the thousand.

A batch is kept whole or not at all, and sending it again does no harm: the last word on a prediction counts.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control.bodies import check_media_type
from gateway.control.labels.keep import keep
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.control.replies import reply
from gateway.requestlog.label_lines import BadLabels, read_labels
from gateway.routing.places import Places

BODY_LIMIT = 32 * 1024 * 1024
LINES = "application/x-ndjson"


class LabelApi:
    """The endpoint of labels."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [Route("/api/v1/labels", self.labels, methods=["POST"])]

    async def labels(self, request: Request) -> Response:
        """Keep what was true of predictions that were made before."""
        declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared != LINES:
            check_media_type(request.headers)
        content = await _content(request)
        accepted = await asyncio.to_thread(self._keep, content, declared == LINES)
        return reply({"accepted": accepted})

    def _keep(self, content: bytes, is_lines: bool) -> int:
        # A JSON object may stand on several lines, so it is one "line" here.
        lines = content.splitlines() if is_lines else [content]
        try:
            labels = read_labels(lines)
        except BadLabels as error:
            told = str(error) if is_lines else str(error).removeprefix("line 1: ")
            raise Refusal(400, f"{told}; no label of this request was kept") from None
        if not labels:
            raise Refusal(400, 'a body is missing; send JSON such as {"id": "<x-request-id>", "label": 1}')
        keep(self._places, live_plan(self._places), labels)
        return len(labels)


async def _content(request: Request) -> bytes:
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > BODY_LIMIT:
                raise Refusal(413, f"the body is larger than {BODY_LIMIT} bytes; send several batches")
    except ClientDisconnect:
        raise Refusal(400, "the body ended before its declared length; no label was kept") from None
    return bytes(content)
