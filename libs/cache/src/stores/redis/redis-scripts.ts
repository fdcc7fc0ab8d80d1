/*
 * `lease.ts` in Lua. Places are one higher than in `cache-entry.ts`: Lua counts from 1. A key of another type than a
 * string is somebody's mistake under our prefix; it counts as absent and is removed.
 */
const HEAD = `
local head = redis.pcall('GETRANGE', KEYS[1], 0, 45)
if type(head) == 'table' then redis.call('UNLINK', KEYS[1]) head = '' end
local isLease = string.sub(head, 1, 1) == 'L' and redis.call('STRLEN', KEYS[1]) == 46
local token = string.sub(head, 18, 33)
local nobody = '----------------'
`;

export const scripts = {
  /**
   * One step for each of KEYS; ARGV five of each, the name of the step first:
   * - `lease`, token, mode, nonce, leaseMs: answers a `LeaseOutcome`
   * - `hold`, token, leaseMs: answers 1 where the lease is still held, for as long again
   * - `stamp`, lifeMs, a new stamp: answers the stamp as it now is
   * - `renewal`, lifeMs: answers 1 where there is such a stamp
   * - `fill`, token, lifeMs, entry: answers 1 where it was stored
   */
  ksWrite: {
    lua: `
local nobody = '----------------'
local now
local function serverMs()
  if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return now
end
local function prolong(key, ms)
  if redis.call('PTTL', key) < tonumber(ms) then redis.call('PEXPIRE', key, ms) end
end
local steps = {}
function steps.lease(key, token, mode, nonce, leaseMs)
  local function lease()
    redis.call('SET', key, 'L' .. nobody .. token .. '0000000000000', 'PX', leaseMs)
    return 'acquired'
  end
  if mode == 'take-over' then return lease() end
  local head = redis.pcall('GETRANGE', key, 0, 45)
  if type(head) == 'table' then redis.call('UNLINK', key) head = '' end
  if #head == 0 then
    if mode == 'fresh-key' then return lease() end
    return 'changed'
  end
  local holder = string.sub(head, 18, 33)
  if string.sub(head, 1, 1) == 'L' and redis.call('STRLEN', key) == 46 then
    if holder == token then return 'acquired' end
    return 'held'
  end
  if string.sub(head, 2, 17) ~= nonce then return 'changed' end
  if mode == 'fresh-key' then return lease() end
  if #head == 46 and holder ~= nobody and holder ~= token
    and (tonumber(string.sub(head, 34, 46)) or 0) > serverMs() then return 'held' end
  redis.call('SETRANGE', key, 17, token .. string.format('%013d', serverMs() + leaseMs))
  prolong(key, leaseMs)
  return 'acquired'
end
function steps.hold(key, token, leaseMs)
  local head = redis.pcall('GETRANGE', key, 0, 45)
  if type(head) == 'table' or string.sub(head, 18, 33) ~= token then return 0 end
  if string.sub(head, 1, 1) ~= 'L' or redis.call('STRLEN', key) ~= 46 then
    redis.call('SETRANGE', key, 33, string.format('%013d', serverMs() + leaseMs))
  end
  prolong(key, leaseMs)
  return 1
end
function steps.stamp(key, lifeMs, stamp)
  return redis.call('SET', key, stamp, 'PX', lifeMs, 'NX', 'GET') or stamp
end
function steps.renewal(key, lifeMs)
  return redis.call('PEXPIRE', key, lifeMs)
end
function steps.fill(key, token, lifeMs, entry)
  if redis.pcall('GETRANGE', key, 17, 32) ~= token then return 0 end
  redis.call('SET', key, entry, 'PX', lifeMs)
  return 1
end
local replies = {}
for i, key in ipairs(KEYS) do
  local at = 5 * i
  replies[i] = steps[ARGV[at - 4]](key, ARGV[at - 3], ARGV[at - 2], ARGV[at - 1], ARGV[at])
end
return replies`,
  },

  /** KEYS entry; ARGV token. */
  ksRelease: {
    numberOfKeys: 1,
    lua: `${HEAD}
if token ~= ARGV[1] then return 0 end
if isLease then redis.call('UNLINK', KEYS[1]) else redis.call('SETRANGE', KEYS[1], 17, nobody .. '0000000000000') end
return 1`,
  },

  /** KEYS entry; ARGV nonce. Removes the entry that was found corrupt, and no later one. */
  ksRemove: {
    numberOfKeys: 1,
    lua: `${HEAD}
if #head == 0 or isLease or string.sub(head, 2, 17) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])`,
  },

  /** KEYS epoch; ARGV identity. Removes an epoch of another server. UNLINK also works on a full one. */
  ksDropForeignEpoch: {
    numberOfKeys: 1,
    lua: `
local found = redis.pcall('GET', KEYS[1])
if type(found) == 'string' and string.sub(found, 1, #ARGV[1]) == ARGV[1] then return 0 end
if not found then return 0 end
return redis.call('UNLINK', KEYS[1])`,
  },

  /** KEYS counter; ARGV by, lifeMs. A counter always has a life, also one that lost it. */
  ksIncrement: {
    numberOfKeys: 1,
    lua: `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return count`,
  },
} as const;
