-- Sends the requests of a pool one after the other; the first argument is the pool's file (see heads.py).
-- Ends with one line of JSON, because wrk's own summary is made for people.

local requests = {}
local turn = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for one in string.gmatch(file:read("*a"), "[^%z]+") do
    requests[#requests + 1] = one
  end
  file:close()
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "failed": %d}',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
