"""The query behind drift: the population stability index of a window, less what chance does.

As `gateway.statistics.drift` has it: how far bins scatter between the buckets of the window, and how alike
the values of one day were in training, say how clumped the predictions come, and so how large the index would
be if nothing had moved.
"""

from __future__ import annotations

from gateway.statistics.drift import DEVIATIONS, LEAST_BUCKETS, OUTLIERS
from gateway.watching.basis import Binning
from gateway.watching.harvests import DAY

_QUERY = """
per AS (SELECT start, bin, count(*) AS n FROM (SELECT start, {bin} AS bin FROM seen)
  WHERE bin IS NOT NULL GROUP BY ALL),
sizes AS (SELECT start, sum(n) AS size FROM per GROUP BY start),
spans AS (SELECT count(*) AS buckets, {clumps} AS clumps FROM sizes),
bins AS (SELECT unnest(range({size})) AS bin, unnest([{counts}]) AS trained),
counted AS (SELECT bin, any_value(trained) AS trained, coalesce(sum(n), 0) AS n
  FROM bins LEFT JOIN per USING (bin) GROUP BY bin),
whole AS (SELECT sum(trained) AS t, sum(n) AS m, any_value(buckets) AS buckets,
  any_value(clumps) AS clumps FROM counted, spans),
scatter AS (SELECT c.bin, sum((coalesce(per.n, 0) - size * c.n / m) ** 2) AS squares
  FROM counted c CROSS JOIN sizes CROSS JOIN whole
  LEFT JOIN per ON per.bin = c.bin AND per.start = sizes.start GROUP BY c.bin),
chance AS (SELECT {freedom} * (1 / t + 1 / m) AS usual, {between} AS between_days,
  sum(squares * (t + m) / (n + trained + 0.5)) * buckets / nullif(buckets - 1, 0) / m ** 2 * (1 + m / t)
  AS seen
  FROM counted JOIN scatter USING (bin), whole GROUP BY t, m, buckets, clumps),
expected AS (SELECT usual, greatest(usual + between_days, coalesce(seen, 0)) AS chance FROM chance),
priors AS (SELECT DISTINCT unnest([0.5, 0.5 * chance / usual]) AS prior FROM expected),
shares AS (SELECT prior, (n + prior) / (m + prior * {size}) AS q,
  (trained + prior) / (t + prior * {size}) AS p FROM counted, whole, priors),
indexes AS (SELECT prior, sum((q - p) * ln(q / p)) AS psi FROM shares GROUP BY prior)
SELECT CASE WHEN {known} OR buckets >= {least} THEN greatest(0, (SELECT min(psi) FROM indexes) -
  chance * (1 + {deviations} * sqrt(2 / {freedom} * (1 + {outliers} / clumps)))) END AS {signal},
  m AS n, (SELECT psi FROM indexes WHERE prior = 0.5 LIMIT 1) AS psi, chance FROM expected, whole
"""
_DAYS = "count(DISTINCT (start - (SELECT min(start) FROM sizes)) * {every} // {day})"
_BETWEEN = "{freedom} * {clumping!r} * (1 / {days} + 1 / clumps)"


def query(signal: str, binning: Binning, bin_: str, every: int) -> str:
    """Return what follows the common tables `told` and `seen`, in which `start` counts buckets.

    `bin_` is the SQL of a value's bin, `every` the length of a bucket in microseconds.
    """
    freedom = max(binning.size - 1, 1)
    between = _BETWEEN.format(freedom=freedom, clumping=binning.clumping, days=binning.days)
    found = _QUERY.format(
        bin=bin_,
        size=binning.size,
        counts=", ".join(map(str, binning.counts)),
        freedom=freedom,
        signal=signal,
        known="true" if binning.days else "false",
        clumps=_DAYS.format(every=every, day=DAY) if binning.days else "count(*)",
        between=between if binning.days else "0",
        least=LEAST_BUCKETS,
        deviations=DEVIATIONS,
        outliers=OUTLIERS,
    )
    return " ".join(found.split())
