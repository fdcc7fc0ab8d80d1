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
  /** KEYS entries; ARGV token, mode, nonce and leaseMs of each. Answers a `LeaseOutcome` for each. */
  ksAcquire: {
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
local function acquire(key, token, mode, nonce, leaseMs)
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
  if redis.call('PTTL', key) < tonumber(leaseMs) then redis.call('PEXPIRE', key, leaseMs) end
  return 'acquired'
end
local outcomes = {}
for i, key in ipairs(KEYS) do
  outcomes[i] = acquire(key, ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i])
end
return outcomes`,
  },

  /** KEYS stamps; ARGV lifeMs and a new stamp of each. Answers them as they now are. */
  ksMakeStamps: {
    lua: `
local stamps = {}
for i, key in ipairs(KEYS) do
  stamps[i] = redis.call('SET', key, ARGV[2 * i], 'PX', ARGV[2 * i - 1], 'NX', 'GET') or ARGV[2 * i]
end
return stamps`,
  },

  /** KEYS stamps; ARGV lifeMs of each. Prolongs those that exist, and answers 1 for each of them. */
  ksRenewStamps: {
    lua: `
local renewed = {}
for i, key in ipairs(KEYS) do renewed[i] = redis.call('PEXPIRE', key, ARGV[i]) end
return renewed`,
  },

  /** KEYS entries; ARGV token, lifeMs and entry of each. Answers 1 for each that was stored. */
  ksFill: {
    lua: `
local stored = {}
for i, key in ipairs(KEYS) do
  if redis.pcall('GETRANGE', key, 17, 32) == ARGV[3 * i - 2] then
    redis.call('SET', key, ARGV[3 * i], 'PX', ARGV[3 * i - 1])
    stored[i] = 1
  else
    stored[i] = 0
  end
end
return stored`,
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
