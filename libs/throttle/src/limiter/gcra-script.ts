/**
 * `gcra.ts` in Lua, by the server's clock. KEYS counters; ARGV microseconds of the charge and microseconds from empty to
 * full, for each. Answers, for each, the microseconds until it is empty again and until the charge would pass.
 *
 * One write a counter, with its expiry: a counter without one can't be. Numbers are whole microseconds below 2^53.
 */
export const CONSUME = {
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local after = {}
local answer = {}
local allowed = true
for index, key in ipairs(KEYS) do
  local emptyAt = tonumber(redis.call('GET', key)) or now
  if emptyAt < now then emptyAt = now end
  local full = tonumber(ARGV[index * 2])
  -- The clock of a server can be set back, and another server's was another.
  if emptyAt > now + full then emptyAt = now + full end
  after[index] = emptyAt + ARGV[index * 2 - 1]
  local wait = after[index] - full - now
  if wait > 0 then allowed = false else wait = 0 end
  answer[index * 2 - 1] = emptyAt - now
  answer[index * 2] = wait
end
if not allowed then return answer end
for index, key in ipairs(KEYS) do
  local used = after[index] - now
  if tonumber(ARGV[index * 2 - 1]) > 0 then
    redis.call('SET', key, string.format('%.0f', after[index]), 'PX', math.ceil(used / 1000) + 1)
  end
  answer[index * 2 - 1] = used
end
return answer`,
} as const;
