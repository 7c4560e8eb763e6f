"""The query behind drift: the population stability index of a window, less what chance does.

As `gateway.statistics.drift` has it: how far bins scatter between the buckets of the window says how clumped
the predictions come, and so how large the index would be if nothing had moved.
"""

from __future__ import annotations

from gateway.watching.basis import Binning

_QUERY = """
per AS (SELECT start, bin, count(*) AS n FROM (SELECT start, {bin} AS bin FROM seen)
  WHERE bin IS NOT NULL GROUP BY ALL),
sizes AS (SELECT start, sum(n) AS size FROM per GROUP BY start),
bins AS (SELECT unnest(range({size})) AS bin, unnest([{counts}]) AS trained),
counted AS (SELECT bin, any_value(trained) AS trained, coalesce(sum(n), 0) AS n
  FROM bins LEFT JOIN per USING (bin) GROUP BY bin),
whole AS (SELECT sum(trained) AS t, sum(n) AS m, (SELECT count(*) FROM sizes) AS buckets FROM counted),
scatter AS (SELECT c.bin, sum((coalesce(per.n, 0) - size * c.n / m) ** 2) AS squares
  FROM counted c CROSS JOIN sizes CROSS JOIN whole
  LEFT JOIN per ON per.bin = c.bin AND per.start = sizes.start GROUP BY c.bin),
chance AS (SELECT {freedom} * (1 / t + 1 / m) AS usual,
  sum(squares * (t + m) / (n + trained + 0.5)) * buckets / nullif(buckets - 1, 0) / m ** 2 * (1 + m / t)
  AS seen
  FROM counted JOIN scatter USING (bin), whole GROUP BY t, m, buckets),
expected AS (SELECT usual, greatest(usual, coalesce(seen, 0)) AS chance FROM chance),
priors AS (SELECT DISTINCT unnest([0.5, 0.5 * chance / usual]) AS prior FROM expected),
shares AS (SELECT prior, (n + prior) / (m + prior * {size}) AS q,
  (trained + prior) / (t + prior * {size}) AS p FROM counted, whole, priors),
indexes AS (SELECT prior, sum((q - p) * ln(q / p)) AS psi FROM shares GROUP BY prior)
SELECT greatest(0, (SELECT min(psi) FROM indexes) - chance * (1 + 4 * sqrt(2 / {freedom}))) AS {signal},
  (SELECT m FROM whole) AS n, (SELECT psi FROM indexes WHERE prior = 0.5 LIMIT 1) AS psi, chance FROM expected
"""


def query(signal: str, binning: Binning, bin_: str) -> str:
    """Return what follows the common tables `told` and `seen`; `bin_` is the SQL of a value's bin."""
    counts = ", ".join(map(str, binning.counts))
    found = _QUERY.format(
        bin=bin_, size=binning.size, counts=counts, freedom=max(binning.size - 1, 1), signal=signal
    )
    return " ".join(found.split())
