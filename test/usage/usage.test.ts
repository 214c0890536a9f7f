import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { parseUsageQuery } from '../../src/usage/parse-query.ts'
import { readUsage } from '../../src/usage/read-usage.ts'
import { createUsageRecorder } from '../../src/usage/recorder.ts'
import { OTHER, Slice } from '../../src/usage/slice.ts'
import { count, newTally, quantile } from '../../src/usage/tally.ts'
import { usageCsv, usageLine } from '../../src/usage/usage-view.ts'
import { handClock } from '../_kit/clock.ts'

const NOON = Date.UTC(2026, 4, 5, 12)

function world() {
  const clock = handClock(NOON)
  const store = openMemoryStore({ clock })
  const open = () => createUsageRecorder({ store, clock, log: silentLog, random: pooledRandom() })
  const request = (changes: object = {}) => ({
    api: 'pets',
    operation: 'listPets',
    client: 'app',
    status: 200,
    duration: 3,
    at: clock.now(),
    ...changes,
  })
  const read = async (words: Readonly<Record<string, string>> = {}) => {
    const groups = await readUsage(
      store,
      parseUsageQuery((name) => words[name], clock.now()),
    )
    return groups.map(usageLine)
  }
  return { clock, store, open, request, read }
}

test('requests are told apart by API, operation, client and status, and added up over all processes', async (t) => {
  const { open, request, read, clock } = world()
  const recorders = [open(), open()]
  for (const recorder of recorders) {
    recorder.request(request())
    recorder.request(request({ client: 'other', status: 404 }))
    recorder.request(request({ operation: 'addPet', status: 502 }))
    recorder.tokenIssued('pets', 'app')
    await recorder.flush()
  }
  await clock.advance(60_000)
  t.like((await read())[0], { api: 'pets', requests: 6, errors: 4, server_errors: 2, tokens_issued: 2 })
  const byClient = await read({ by: 'client' })
  t.deepEqual(
    byClient.map(({ client, requests, tokens_issued }) => [client, requests, tokens_issued]),
    [
      ['app', 4, 2],
      ['other', 2, 0],
    ],
  )
  const byStatus = await read({ by: 'status', operation: 'listPets' })
  t.deepEqual(
    byStatus.map(({ status, requests }) => [status, requests]),
    [
      [200, 2],
      [404, 2],
    ],
  )
})

test('minutes, hours and days hold what fell into them, whenever it was written down', async (t) => {
  const { open, request, read, clock } = world()
  const recorder = open()
  for (let minute = 0; minute < 130; minute++) {
    recorder.request(request({ at: clock.now() }))
    await clock.advance(60_000)
  }
  await recorder.close()
  const counted = async (bucket: string) =>
    (await read({ bucket, by: 'time', from: '3h' })).map(({ time, requests }) => [time, requests])
  t.deepEqual(await counted('hour'), [
    ['2026-05-05T12:00:00.000Z', 60],
    ['2026-05-05T13:00:00.000Z', 60],
    ['2026-05-05T14:00:00.000Z', 10],
  ])
  t.deepEqual(await counted('day'), [['2026-05-05T00:00:00.000Z', 130]])
  const minutes = await counted('minute')
  t.is(minutes.length, 130)
  t.true(minutes.every(([, requests]) => requests === 1))
  await clock.advance(7 * 3_600_000)
  t.is((await read({ bucket: 'minute', from: '12h' })).length, 0, 'minutes are kept for six hours')
  t.is((await read({ bucket: 'hour', from: '12h' }))[0]?.requests, 130)
})

test('what nobody asked for is written down by itself, and a process that starts again adds to it', async (t) => {
  const { open, request, read, clock } = world()
  const first = open()
  first.request(request())
  await clock.advance(10_000)
  t.is((await read({ bucket: 'minute', from: '1h' }))[0]?.requests, 1, 'within ten seconds')
  await first.close()
  const second = open()
  second.request(request({ at: clock.now() }))
  await second.close()
  t.is((await read({ bucket: 'hour', from: '1h' }))[0]?.requests, 2)
})

test('a clock that is set back over midnight adds to what was written for the day before, and back again', async (t) => {
  const { open, request, read, clock } = world()
  clock.set(Date.UTC(2026, 4, 5, 23, 59))
  const recorder = open()
  const use = async (requests: number) => {
    for (let at = 0; at < requests; at++) recorder.request(request({ at: clock.now() }))
    await recorder.flush()
  }
  await use(40)
  await clock.advance(75_000)
  await use(3)
  clock.set(clock.now() - 120_000)
  await clock.advance(10_000) // until then, what is counted belongs to the ten seconds that had begun
  await use(2)
  await clock.advance(120_000)
  await use(1)
  await recorder.close()
  const words = { bucket: 'day', by: 'time', from: '2026-05-05T00:00:00Z' }
  const days = (await read(words)).map(({ time, requests }) => [time, requests])
  t.deepEqual(days, [
    ['2026-05-05T00:00:00.000Z', 42],
    ['2026-05-06T00:00:00.000Z', 4],
  ])
})

test('when the store does not answer, nothing is lost', async (t) => {
  const { store, open, request, read, clock } = world()
  const recorder = open()
  const { commit } = store
  let down = true
  Object.assign(store, { commit: (one: never) => (down ? Promise.reject(new Error('down')) : commit(one)) })
  recorder.request(request())
  await clock.advance(120_001)
  recorder.request(request({ at: clock.now() - 1 }))
  await t.throwsAsync(recorder.flush())
  down = false
  await recorder.flush()
  t.is((await read({ bucket: 'minute', from: '1h' }))[0]?.requests, 2)
  t.is((await read({ bucket: 'hour', from: '1h' }))[0]?.requests, 2)
})

test('rows are bounded: clients, then operations, for which there is no room count together', (t) => {
  const slice = new Slice(10)
  for (let client = 0; client < 1000; client++) slice.count('pets', 'list', `c${client}`, 200, 1)
  for (let operation = 0; operation < 1000; operation++) slice.count('pets', `o${operation}`, 'c', 200, 1)
  const rows = [...slice.rows()]
  t.true(rows.length <= 12, String(rows.length))
  t.is(
    rows.reduce((sum, { tally }) => sum + (tally.statuses[200] ?? 0), 0),
    2000,
  )
  t.true(rows.some(({ client, operation }) => client === OTHER && operation === OTHER))
})

test('latencies are told from their classes to within a class', (t) => {
  const tally = newTally()
  for (let duration = 1; duration <= 100; duration++) count(tally, 200, duration)
  for (const share of [0.5, 0.95, 0.99]) {
    const told = quantile(tally, share)
    t.true(Math.abs(told - share * 100) <= 1, `${share}: ${told}`)
  }
  t.is(quantile(newTally(), 0.5), 0)
})

test('a table for spreadsheets says nothing that one would run', (t) => {
  const tally = newTally()
  count(tally, 200, 4)
  const lines = [usageLine({ api: '=HYPERLINK("x")', tally })]
  t.is(
    usageCsv(lines, ['api']),
    'api,requests,errors,server_errors,tokens_issued,mean,p50,p95,p99\r\n"\'=HYPERLINK(""x"")",1,0,0,0,4,3.5,4.9,5\r\n',
  )
})

test('a question that makes no sense is refused', (t) => {
  const parse = (words: Readonly<Record<string, string>>) => () => parseUsageQuery((name) => words[name], NOON)
  for (const words of [
    { from: 'x' },
    { by: 'colour' },
    { bucket: 'year' },
    { from: '1h', to: '2h' },
    { bucket: 'minute', from: '30d' },
    { to: '-271821-04-20T00:00:00Z' },
    { from: '-271821-04-20T00:00:00Z', to: '-271821-04-19T00:00:00Z' },
    { to: '9999999999999s' },
    { from: '9999999999999s' },
  ]) {
    t.throws(parse(words as Record<string, string>), { name: 'BadUsageQuery' })
  }
})
