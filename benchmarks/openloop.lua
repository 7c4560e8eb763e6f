-- Sends at a constant rate, whether or not answers come, and counts latency from the moment each request was due
-- (no coordinated omission). wrk itself cannot do that; but it brings LuaJIT, whose C calls cost so little that
-- this loop, run from wrk's `init`, takes less of the core than the upstream beside it.
--
-- Arguments: the pool's file (see heads.py), the port, requests per second, seconds, connections, the end of every
-- good answer. Prints one line of JSON and ends wrk before its own load begins. Anything but 200 is an error.

local ffi = require("ffi")

ffi.cdef [[
typedef struct { long seconds, nanoseconds; } timespec_t;
typedef struct { uint16_t family, port; uint32_t address; char zero[8]; } address_t;
int socket(int, int, int);
int connect(int, const address_t *, unsigned);
int setsockopt(int, int, int, const int *, unsigned);
uint16_t htons(uint16_t);
uint32_t htonl(uint32_t);
ssize_t send(int, const char *, size_t, int);
ssize_t recv(int, char *, size_t, int);
int epoll_create1(int);
int epoll_ctl(int, int, int, void *);
int epoll_pwait2(int, void *, int, const timespec_t *, const void *);
int clock_gettime(int, timespec_t *);
int prctl(int, unsigned long, ...);
]]
-- The kernel packs this struct on x86-64 alone.
ffi.cdef(ffi.arch == "x64"
  and "typedef struct __attribute__((packed)) { uint32_t events, slot, rest; } event_t;"
  or "typedef struct { uint32_t events, pad, slot, rest; } event_t;")

local C = ffi.C
local CLOCK_MONOTONIC, PR_SET_TIMERSLACK = 1, 29
local AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY = 2, 1, 6, 1
local MSG_NOSIGNAL, MSG_DONTWAIT = 0x4000, 0x40
local EPOLL_CTL_ADD, EPOLLIN = 1, 1
local ROOM = 16384 -- bytes of one answer
local PATIENCE = 5e9 -- nanoseconds to wait for the last answers

local clock = ffi.new("timespec_t")
local function now()
  C.clock_gettime(CLOCK_MONOTONIC, clock)
  return tonumber(clock.seconds) * 1e9 + tonumber(clock.nanoseconds)
end

local function read_pool(name)
  local requests, file = {}, assert(io.open(name, "rb"))
  for one in string.gmatch(file:read("*a"), "[^%z]+") do
    requests[#requests + 1] = one
  end
  file:close()
  return requests
end

local function open(port, epoll, slot)
  local fd = C.socket(AF_INET, SOCK_STREAM, 0)
  local address = ffi.new("address_t", AF_INET, C.htons(port), C.htonl(0x7f000001))
  assert(C.connect(fd, address, ffi.sizeof(address)) == 0, "cannot connect")
  C.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ffi.new("int[1]", 1), 4)
  local event = ffi.new("event_t[1]")
  event[0].events, event[0].slot = EPOLLIN, slot
  assert(C.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event) == 0, "cannot watch a connection")
  return { fd = fd, buffer = ffi.new("char[?]", ROOM), filled = 0, due = 0 }
end

-- Returns true when the answer is whole; raises an error when it is not a good one.
local function receive(one, good_end)
  local got = tonumber(C.recv(one.fd, one.buffer + one.filled, ROOM - one.filled, MSG_DONTWAIT))
  assert(got > 0, "the connection was closed")
  one.filled = one.filled + got
  local text = ffi.string(one.buffer, one.filled)
  assert(#text < 12 or string.sub(text, 1, 12) == "HTTP/1.1 200", text)
  if string.sub(text, -#good_end) ~= good_end then
    return false
  end
  one.filled = 0
  return true
end

local function run(requests, port, rate, seconds, connections, good_end)
  C.prctl(PR_SET_TIMERSLACK, ffi.cast("unsigned long", 1))
  local epoll = C.epoll_create1(0)
  local all, free, first, count = {}, {}, 0, connections -- `free` is a ring: the longest idle one is next
  for slot = 0, connections - 1 do
    all[slot], free[slot] = open(port, epoll, slot), slot
  end
  local events, pause = ffi.new("event_t[?]", connections), ffi.new("timespec_t")
  local total, interval = math.floor(rate * seconds), 1e9 / rate
  local latency, sent, answered = ffi.new("double[?]", total), 0, 0
  local start = now() + 1e6
  local give_up = start + seconds * 1e9 + PATIENCE
  while answered < total do
    local time = now()
    assert(time < give_up, "TOO SLOW: answers still missing 5 s after the last request was due")
    while sent < total and count > 0 and start + sent * interval <= time do
      local one = all[free[first]]
      first, count = (first + 1) % connections, count - 1
      local request = requests[sent % #requests + 1]
      one.due = start + sent * interval
      sent = sent + 1
      assert(C.send(one.fd, request, #request, MSG_NOSIGNAL) == #request, "cannot send")
    end
    local wait = (sent < total and count > 0) and math.max(0, start + sent * interval - now()) or 1e8
    pause.seconds, pause.nanoseconds = 0, math.min(wait, 1e8)
    local ready = C.epoll_pwait2(epoll, events, connections, pause, nil)
    for i = 0, ready - 1 do
      local slot = events[i].slot
      if receive(all[slot], good_end) then
        latency[answered] = now() - all[slot].due
        answered = answered + 1
        free[(first + count) % connections] = slot
        count = count + 1
      end
    end
  end
  return latency, total
end

function init(args)
  local requests = read_pool(args[1])
  local latency, total = run(
    requests, tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), tonumber(args[5]), args[6])
  local sorted = {}
  for i = 1, total do
    sorted[i] = latency[i - 1]
  end
  table.sort(sorted)
  local function percentile(p)
    return sorted[math.max(1, math.ceil(total * p))] / 1e9
  end
  print(string.format('RESULT {"answered": %d, "p50": %.9f, "p90": %.9f, "p99": %.9f, "p999": %.9f}',
    total, percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999)))
  io.stdout:flush()
  os.exit(0)
end
