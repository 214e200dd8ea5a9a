"""What Valkey does at one stroke: the arithmetic of ``server.throttle.bucket`` on its own clock, which all processes share.

A bucket is one key that holds the microsecond at which it is full again and lives until then: a bucket without a key is
full. Numbers are written with %.0f, because Lua's own way shows 14 digits of the 16. The keys of one call have one hash
tag, so that a cluster keeps them together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, and the name under which Valkey remembers it (EVALSHA)."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> Script:
        """The script of that text."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


# KEYS: buckets. ARGV: for each its span (microseconds from empty to full), what is needed, and what is wanted at best,
# both in microseconds of restoring. All buckets must have what is needed, else none gives anything.
# Answer: 1 or 0, the present microsecond, then for each bucket what was taken and what is left in it.
TAKE = Script.of("""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full, left, answer = {}, {}, {1, now}
for i, key in ipairs(KEYS) do
  local span = tonumber(ARGV[3 * i - 2])
  local at = tonumber(redis.call('GET', key) or now)
  full[i] = math.min(math.max(at, now), now + span)
  left[i] = span - (full[i] - now)
  if left[i] < tonumber(ARGV[3 * i - 1]) then answer[1] = 0 end
end
for i, key in ipairs(KEYS) do
  local taken = answer[1] * math.min(left[i], tonumber(ARGV[3 * i]))
  if taken > 0 then
    local at = full[i] + taken
    redis.call('SET', key, string.format('%.0f', at), 'PX', string.format('%.0f', math.ceil((at - now) / 1000)))
  end
  answer[2 * i + 1] = taken
  answer[2 * i + 2] = left[i] - taken
end
return answer
""")

# KEYS: buckets. ARGV: for each what is put back, in microseconds of restoring; below 0 what was spent without asking.
# What a full bucket cannot hold is lost.
GIVE_BACK = Script.of("""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local at = math.max(tonumber(redis.call('GET', key) or now), now) - tonumber(ARGV[i])
  if at > now then
    redis.call('SET', key, string.format('%.0f', at), 'PX', string.format('%.0f', math.ceil((at - now) / 1000)))
  else
    redis.call('DEL', key)
  end
end
return {}
""")

# KEYS: one mark (server.throttle.attempts). ARGV: attempts that are free, and in milliseconds the window, the first and
# the longest refusal. A refused attempt is not counted, so that nobody prolongs another's refusal. Answer: 1 or 0.
ATTEMPT = Script.of("""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(redis.call('HGET', KEYS[1], 'until') or 0) then return {0} end
local over = redis.call('HINCRBY', KEYS[1], 'attempts', 1) - tonumber(ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if over >= 0 then
  local delay = math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(over, 32))
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + delay))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', delay + tonumber(ARGV[2])))
end
return {1}
""")

# KEYS: one mark. ARGV: attempts that are free. Answer: nothing.
TAKE_BACK = Script.of("""
local left = tonumber(redis.call('HGET', KEYS[1], 'attempts') or 0) - 1
if left < 1 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'attempts', left)
  if left < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], 'until') end
end
return {}
""")

# KEYS: one mark. Answer: nothing.
CLEAR = Script.of("redis.call('DEL', KEYS[1]) return {}")
