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
local function deadlineIn(ms)
  local time = redis.call('TIME')
  return string.format('%013d', time[1] * 1000 + math.floor(time[2] / 1000) + ms)
end
local function prolong(ms)
  if redis.call('PTTL', KEYS[1]) < tonumber(ms) then redis.call('PEXPIRE', KEYS[1], ms) end
end
`;

export const scripts = {
  /** KEYS entry; ARGV token, leaseMs, mode, nonce. Answers a `LeaseOutcome`. */
  ksAcquire: {
    numberOfKeys: 1,
    lua: `${HEAD}
local function lease()
  redis.call('SET', KEYS[1], 'L' .. nobody .. ARGV[1] .. '0000000000000', 'PX', ARGV[2])
  return 'acquired'
end
local mode = ARGV[3]
if mode == 'take-over' then return lease() end
if #head == 0 then
  if mode == 'fresh-key' then return lease() end
  return 'changed'
end
if isLease then
  if token == ARGV[1] then return 'acquired' end
  return 'held'
end
if string.sub(head, 2, 17) ~= ARGV[4] then return 'changed' end
if mode == 'fresh-key' then return lease() end
if #head == 46 and token ~= nobody and token ~= ARGV[1] then
  local now = redis.call('TIME')
  if (tonumber(string.sub(head, 34, 46)) or 0) > now[1] * 1000 + math.floor(now[2] / 1000) then return 'held' end
end
redis.call('SETRANGE', KEYS[1], 17, ARGV[1] .. deadlineIn(ARGV[2]))
prolong(ARGV[2])
return 'acquired'`,
  },

  /** KEYS entry; ARGV token, lifeMs, entry. Answers 1 where it was stored. */
  ksFill: {
    numberOfKeys: 1,
    lua: `
local token = redis.pcall('GETRANGE', KEYS[1], 17, 32)
if token ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
return 1`,
  },

  /** KEYS entry; ARGV token, leaseMs. Answers 1 where the lease is still held. */
  ksRenew: {
    numberOfKeys: 1,
    lua: `${HEAD}
if token ~= ARGV[1] then return 0 end
if not isLease then redis.call('SETRANGE', KEYS[1], 33, deadlineIn(ARGV[2])) end
prolong(ARGV[2])
return 1`,
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

  /** KEYS entry; ARGV lifeMs, entry, version. Answers 1 where it was stored. */
  ksPutIfNewer: {
    numberOfKeys: 1,
    lua: `
local present = redis.pcall('GETRANGE', KEYS[1], 0, 62)
if type(present) == 'string' and #present == 63 and string.sub(present, 1, 1) == 'E'
  and string.byte(present, 63) == string.byte(ARGV[2], 63) and string.sub(present, 47, 62) >= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
return 1`,
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
