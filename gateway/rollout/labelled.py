"""The truth as a judge: predictions of canary and stable that turned out wrong, out of the request log.

It is the same test as for errors: given that a prediction was wrong, the canary made it with the probability
of its share. One prediction of each request counts, and of each sticky key its first. What an override or a
preview sent is no evidence. It takes for granted that a label comes as soon for one version as for the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from gateway.errors import GatewayError
from gateway.requestlog.labels_view import number_of
from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from gateway.rollout import wording
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.judge_counted import measured, weigh_counted
from gateway.rollout.questions import Question, next_share, scene_of
from gateway.rollout.verdict import MetricVerdict
from gateway.routing import journal
from gateway.routing.judges import Judge, LabelsJudge
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollouts import Progress

Row = tuple[int, bool, int, int]
"""Revision, whether it is the canary, labelled predictions, and how many of them were wrong."""

QUERY = f"""
WITH told AS (
  SELECT r.id, r.ts, r.revision, r.chosen = $canary AS is_canary, r.key, r.why,
    CASE WHEN l.value IS NULL OR p IS NULL THEN lower(l.predicted) <> lower(l.label)
      WHEN l.value IN (0, 1) AND p BETWEEN 0 AND 1 AND $tolerance = 0 THEN (p >= $threshold) <> (l.value = 1)
      ELSE abs(p - l.value) > $tolerance END AS wrong
  FROM (SELECT *, {number_of("predicted")} AS p FROM labelled
    WHERE route = $route AND predicted IS NOT NULL) l
  JOIN requests r USING (id)
  WHERE r.route = $route AND r.revision >= $rollout AND r.why IN ('weights', 'sticky')
    AND r.chosen IN ($canary, $stable)
  QUALIFY row_number() OVER (PARTITION BY r.id ORDER BY l.row) = 1),
counted AS (
  SELECT * FROM told
  QUALIFY why = 'weights' OR key IS NULL OR row_number() OVER (PARTITION BY why, key ORDER BY ts, id) = 1)
SELECT revision, is_canary, count(*), sum(wrong::INTEGER)::BIGINT FROM counted
WHERE wrong IS NOT NULL GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - made of what stands here; values are parameters


def judged_by_labels(places: Places, asked: LabelsJudge, route: str, progress: Progress) -> MetricVerdict:
    """Return what the labels there are by now say of a rollout; whatever goes wrong is no verdict."""
    try:
        routes = _routes(places.journal, route, progress.id)
        policy = _policy(routes)
        if policy is None:
            return _inconclusive(asked, f"cannot be asked: route {route} has no log")
        rows = _counted(places, asked, route, progress, policy)
        return verdict_of(asked, progress, spans_of(rows, routes, progress))
    except (GatewayError, OSError, sqlite3.Error, duckdb.Error) as error:
        return _inconclusive(asked, f"could not be had: {error}")


def verdict_of(asked: LabelsJudge, progress: Progress, spans: tuple[Span, ...]) -> MetricVerdict:
    """Return the verdict on counted labels (pure)."""
    spec = progress.judge
    share = next_share(progress)
    margin = 1.0 + (asked.margin - 1.0) / share
    question = Question("labels", 0, spec.alpha / 2, spec.alpha, margin, 0.0, share)
    least = Judge(min_requests=asked.min_labels)
    scene = scene_of(least, progress, Evidence(progress.id, spans))
    found = measured(question, scene, weigh_counted(question, scene))
    return replace(found, sentence=_sentence(asked, progress, found, question))


def spans_of(rows: Iterable[Row], routes: dict[int, Route], progress: Progress) -> tuple[Span, ...]:
    """Return counts by revision as spans of constant weights (pure); revisions not known are left out."""
    counts: dict[int, dict[bool, Counts]] = {}
    for revision, is_canary, requests, wrong in rows:
        counts.setdefault(revision, {})[is_canary] = Counts(requests, (wrong,))
    spans: list[Span] = []
    for revision, found in sorted(counts.items()):
        route = routes.get(revision)
        if route is None or route.progress is None or route.progress.id != progress.id:
            continue
        weights = dict(route.weights)
        canary, stable = weights.get(progress.canary, 0), weights.get(progress.stable, 0)
        if not canary or not stable:
            continue
        spans.append(
            Span(
                number=len(spans) + 1,
                era=1,
                step=route.progress.step,
                since=revision,
                share=canary / (canary + stable),
                canary=found.get(True, Counts(0, (0,))),
                stable=found.get(False, Counts(0, (0,))),
            )
        )
    return tuple(spans)


def _sentence(asked: LabelsJudge, progress: Progress, found: MetricVerdict, question: Question) -> str:
    counted = (
        f"{found.canary_bad:,} of {found.canary_requests:,} labelled predictions of {progress.canary} "
        f"were wrong, {found.stable_bad:,} of {found.stable_requests:,} of {progress.stable}"
    )
    if found.effect is not None:
        counted += f", {wording.times(found.effect)} times as often"
    if found.outcome == "fail":
        return (
            f"{counted}; evidence {wording.odds(found.worse)}, {wording.odds(question.worse_bar)} is enough"
        )
    if found.outcome == "pass":
        return f"{counted}: good enough for the next step"
    if found.canary_requests + found.stable_requests < asked.min_labels:
        return f"{counted}; {asked.min_labels} labels are needed in this step"
    return f"{counted}; that is no evidence either way yet"


def _counted(
    places: Places, asked: LabelsJudge, route: str, progress: Progress, policy: LabelPolicy
) -> list[Row]:
    with connect(places.log, policies={route: policy}, wanted="labelled", threads=1) as lake:
        values = {
            "route": route,
            "canary": progress.canary,
            "stable": progress.stable,
            "rollout": progress.id,
            "tolerance": asked.tolerance,
            "threshold": policy.threshold,
        }
        return lake.execute(QUERY, values).fetchall()


def _routes(path: Path, name: str, first: int) -> dict[int, Route]:
    """Return the route as it was in each revision of a rollout."""
    with journal.opened(path) as connection:
        revisions = journal.since(connection, first)
        found = {revision.plan.revision: revision.plan.route(name) for revision in revisions}
    return {number: route for number, route in found.items() if route is not None}


def _policy(routes: dict[int, Route]) -> LabelPolicy | None:
    if not routes:
        return None
    log = routes[max(routes)].log
    return log.labels if log is not None else None


def _inconclusive(asked: LabelsJudge, why: str) -> MetricVerdict:
    return MetricVerdict(asked.name, "inconclusive", f"{asked.name} {why}")
