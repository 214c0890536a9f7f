import { createHash } from 'node:crypto'

/** A Lua script and what Redis calls it by. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') })

/** How long after its deadline Redis may drop a key: the clocks of gateways decide, not that of Redis. */
const GARBAGE_AFTER = 60_000
/** Members up to which Redis keeps a sorted set compact: its zset-max-listpack-entries, unless an operator changed it. */
const BASE = 128
/** How long a mark is kept: far longer than any process goes on with what it has cached. */
const MARKS_KEPT = 3_600_000

// An index is a sorted set of at most BASE members and, once that is full, buckets by the hash of the member: so all of
// them stay small, and small sorted sets take a third of the memory. `life` holds what the index needs to forget by itself:
// the longest way from a member's sort to its deadline ("inf": some have none), the latest deadline, and 1 for buckets.
// Expired members leave with later writes, whole sets with their last member.
const INDEX = `
local function place(base, bucket, member)
  if redis.call('ZSCORE', base, member) then return base end
  if redis.call('ZSCORE', bucket, member) then return bucket end
  return redis.call('ZCARD', base) < ${BASE} and base or bucket
end
local function index(base, life, bucket, member, sort, expires)
  local zset = place(base, bucket, member)
  redis.call('ZADD', zset, sort, member)
  local longest, last, wide = string.match(redis.call('GET', life) or '0 0 0', '^(%S+) (%S+) (%S+)$')
  if zset == bucket then wide = 1 end
  if expires == 0 or longest == 'inf' then
    redis.call('SET', life, 'inf 0 ' .. wide)
    return redis.call('PERSIST', zset)
  end
  longest = math.max(tonumber(longest), expires - tonumber(sort))
  last = math.max(tonumber(last), expires)
  local gone = string.format('%.0f', last + ${GARBAGE_AFTER})
  redis.call('SET', life, string.format('%.17g %.0f ', longest, last) .. wide, 'PXAT', gone)
  redis.call('PEXPIREAT', zset, gone)
  local old = redis.call('ZRANGE', zset, '-inf', string.format('%.17g', now - longest), 'BYSCORE', 'LIMIT', 0, 8)
  if #old > 0 then redis.call('ZREM', zset, unpack(old)) end
end
local function unindex(base, life, bucket, member)
  redis.call('ZREM', base, member)
  redis.call('ZREM', bucket, member)
  if redis.call('EXISTS', base) == 0 and string.match(redis.call('GET', life) or '', ' 0$') then redis.call('DEL', life) end
end`

// The version of a live record, 0 where there is none. See redis-value.ts for the bytes.
const VERSION = `
local function version(name)
  local head = redis.call('GETRANGE', name, 0, 10)
  if #head == 0 then return 0 end
  local number, at = string.byte(head), 2
  if number == 255 then number = struct.unpack('>I4', string.sub(head, 2, 5)); at = 6 end
  local expires = struct.unpack('>I6', string.sub(head, at, at + 5))
  if expires > 0 and expires <= now then return 0 end
  return number
end
local function put(name, expires, body)
  local number = version(name) + 1
  local head = number < 255 and string.char(number) or '\\255' .. struct.pack('>I4', number)
  local bytes = head .. struct.pack('>I6', expires) .. body
  if expires == 0 then return redis.call('SET', name, bytes) end
  redis.call('SET', name, bytes, 'PXAT', string.format('%.0f', expires + ${GARBAGE_AFTER}))
end`

// What must hold. Each part of ARGV begins with its count; nothing is written before all of it was checked.
const CHECKS = `
for i = 1, tonumber(arg()) do
  if version(key()) ~= tonumber(arg()) then return {'conflict', i - 1} end
end
local settle, enqueue, grown = {}, {}, {}
for i = 1, tonumber(arg()) do
  local job = {due = key(), values = key(), id = arg(), fence = tonumber(arg()), at = arg(), body = arg()}
  local value = redis.call('HGET', job.values, job.id)
  if not value or struct.unpack('>I4', value) ~= job.fence then return {'lease', i - 1} end
  if job.at == '' then grown[job.due] = (grown[job.due] or 0) - 1 end
  settle[i] = job
end
for i = 1, tonumber(arg()) do
  local job = {due = key(), values = key(), id = arg(), at = arg(), body = arg()}
  local room = arg()
  grown[job.due] = (grown[job.due] or 0) + 1
  if room ~= '' and redis.call('ZCARD', job.due) + grown[job.due] > tonumber(room) then return {'full', i - 1} end
  enqueue[i] = job
end`

const WRITES = `
for _, job in ipairs(settle) do
  if job.at == '' then
    redis.call('ZREM', job.due, job.id)
    redis.call('HDEL', job.values, job.id)
  else
    redis.call('ZADD', job.due, job.at, job.id)
    redis.call('HSET', job.values, job.id, struct.pack('>I4', job.fence) .. job.body)
  end
end
for _, job in ipairs(enqueue) do
  if redis.call('ZADD', job.due, 'NX', job.at, job.id) == 1 then
    redis.call('HSET', job.values, job.id, struct.pack('>I4', 0) .. job.body)
  end
end
for i = 1, tonumber(arg()) do
  local op = arg()
  if op == 'put' then put(key(), tonumber(arg()), arg())
  elseif op == 'remove' then redis.call('UNLINK', key())
  elseif op == 'index' then index(key(), key(), key(), arg(), arg(), tonumber(arg()))
  else unindex(key(), key(), key(), arg()) end
end
local answer, time = {'ok'}, redis.call('TIME')
local oldest = string.format('%.0f', tonumber(time[1]) * 1000 - ${MARKS_KEPT})
for i = 1, tonumber(arg()) do
  answer[i + 1] = redis.call('XADD', key(), 'MINID', '~', oldest, '*', 't', arg(), 'i', arg(), 'a', arg())
end
return answer`

/** Applies a part of a commit: see `redis-part.ts` for what ARGV holds. */
export const COMMIT = script(`
local now, a, k = tonumber(ARGV[1]), 1, 0
local function arg() a = a + 1; return ARGV[a] end
local function key() k = k + 1; return KEYS[k] end
${INDEX}${VERSION}${CHECKS}${WRITES}`)

/** ARGV: now, limit, end of the lease. Answers id, instant at which it was due, value (fence and body) of each job. */
export const CLAIM = script(`
local jobs = {}
local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
for i = 1, #due, 2 do
  local value = redis.call('HGET', KEYS[2], due[i])
  if value then
    value = struct.pack('>I4', struct.unpack('>I4', value) + 1) .. string.sub(value, 5)
    redis.call('HSET', KEYS[2], due[i], value)
    redis.call('ZADD', KEYS[1], ARGV[3], due[i])
    jobs[#jobs + 1], jobs[#jobs + 2], jobs[#jobs + 3] = due[i], due[i + 1], value
  else
    redis.call('ZREM', KEYS[1], due[i])
  end
end
return jobs`)

/** ARGV: now, by, expires. Answers the value. */
export const INCREMENT = script(`
local value, expires = 0, ARGV[3]
local kept = redis.call('GET', KEYS[1])
if kept then
  local old, deadline = string.match(kept, '^(%S+) (%S+)$')
  if tonumber(deadline) > tonumber(ARGV[1]) then value, expires = tonumber(old), deadline end
end
local text = string.format('%.17g', value + tonumber(ARGV[2]))
redis.call('SET', KEYS[1], text .. ' ' .. expires, 'PXAT', string.format('%.0f', tonumber(expires) + ${GARBAGE_AFTER}))
return text`)

/**
 * A page of each of some sorted sets, in ascending order, found by rank. ARGV: what lies at or below this has expired, from,
 * limit, sort and member of the cursor (empty: none), 1 for the page before the cursor. Answers members and sorts of each.
 */
export const PAGES = script(`
local expired, from, limit, sort, member, reverse = unpack(ARGV)
local function less(one, other) -- by bytes: the comparison of Lua depends on the server's locale
  for i = 1, math.min(#one, #other) do
    local a, b = string.byte(one, i), string.byte(other, i)
    if a ~= b then return a < b end
  end
  return #one < #other
end
-- How many come before the cursor, and whether it is there itself.
local function place(zset)
  local low, high = redis.call('ZCOUNT', zset, '-inf', '(' .. sort), redis.call('ZCOUNT', zset, '-inf', sort)
  local tied = high
  while low < high do
    local middle = math.floor((low + high) / 2)
    if less(redis.call('ZRANGE', zset, middle, middle)[1], member) then low = middle + 1 else high = middle end
  end
  return low, low < tied and redis.call('ZRANGE', zset, low, low)[1] == member
end
local function page(zset)
  local start, stop = redis.call('ZCOUNT', zset, '-inf', '(' .. from), redis.call('ZCARD', zset)
  if expired ~= '-inf' then start = math.max(start, redis.call('ZCOUNT', zset, '-inf', expired)) end
  if sort ~= '' then
    local before, present = place(zset)
    if reverse == '1' then stop = before else start = math.max(start, present and before + 1 or before) end
  end
  if reverse == '1' then start = math.max(start, stop - limit) else stop = math.min(stop, start + limit) end
  if stop <= start then return {} end
  return redis.call('ZRANGE', zset, start, stop - 1, 'WITHSCORES')
end
local pages = {}
for i, zset in ipairs(KEYS) do pages[i] = page(zset) end
return pages`)

/**
 * A sliding window as `SlidingWindow` has it: a list of `instant count`, oldest first, and their sum. ARGV: now, per, rate,
 * what is added, what is wanted, greatest count of neighbours that share an instant; without
 * `now` it is the time of the server. Answers what was granted, the sum, and the oldest instant or ''.
 */
export const METER = script(`
local now, per, rate, add, want, part = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function entry(index)
  local text = redis.call('LINDEX', KEYS[1], index)
  if not text then return nil end
  local at, count = string.match(text, '^(%S+) (%S+)$')
  return tonumber(at), tonumber(count)
end
local total = tonumber(redis.call('GET', KEYS[2]) or '0')
local oldest, count = entry(0)
while oldest and oldest <= now - per do
  redis.call('LPOP', KEYS[1])
  total = total - count
  oldest, count = entry(0)
end
if not oldest then total = 0 end
local granted = math.max(0, math.min(want, rate - total - add))
local amount = add + granted
if amount > 0 then
  local last, known = entry(-1)
  local at = math.max(now, last or 0)
  if last and (known + amount <= part or at == last) then
    redis.call('LSET', KEYS[1], -1, string.format('%.0f %.0f', at, known + amount))
  else
    redis.call('RPUSH', KEYS[1], string.format('%.0f %.0f', at, amount))
  end
  total = total + amount
  local gone = string.format('%.0f', per + ${GARBAGE_AFTER})
  redis.call('SET', KEYS[2], string.format('%.0f', total), 'PX', gone)
  redis.call('PEXPIRE', KEYS[1], gone)
  oldest = oldest or at
end
return {granted, total, oldest and string.format('%.0f', oldest) or ''}`)
