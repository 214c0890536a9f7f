import { type Clock, type Instant, systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { listeners } from './listeners.ts'
import { patiently } from './patiently.ts'
import type { RedisClient } from './redis-client.ts'
import { BELL, marksName } from './redis-keys.ts'
import { type Commit, type Mark, PARTITIONS, StoreUnavailable, type Watch } from './store.ts'
import { decodeText } from './text.ts'

/** The feed of marks: a stream in each partition, written by the commit itself, and a bell that wakes the readers. */
export interface RedisMarks {
  /** Tells the listeners of this process of a commit's marks, and wakes the others. `ids`: where they stand. */
  tell(commit: Commit, ids: readonly string[]): void
  watch(listener: (mark: Mark) => void): Watch
  close(): void
}

/** Milliseconds that a reader waits for the bell. A lost ring costs no more than this. */
const WAIT = 250
/** Milliseconds of real time before a feed that failed is tried again. */
const PAUSE = 100

interface Reading {
  /** The last entry that was read, by partition. */
  readonly last: string[]
  /** Entries that this process told of already, and has not read yet. */
  readonly told: Set<string>
  /** The last ring. */
  bell: string
}

/** Resolves when the ends of the streams are known: marks from then on are heard. */
export async function openRedisMarks(deps: {
  readonly client: RedisClient
  /** A connection of its own, because it blocks. */
  readonly tail: RedisClient
  readonly clock: Clock
  readonly log: Log
}): Promise<RedisMarks> {
  const { client, tail, clock, log } = deps
  const heard = listeners<Mark>(log)
  const reading: Reading = { last: await patiently(() => ends(tail)), told: new Set(), bell: '$' }
  let fresh: Instant = clock.now()
  let closed = false

  const follow = async (): Promise<void> => {
    while (!closed) {
      try {
        await tail.ready()
        const asked = clock.now()
        await readAll(tail, reading, (mark) => heard.tell(mark))
        fresh = asked
        reading.bell = await waitForBell(tail, reading.bell)
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) log.error({ error: String(error) }, 'the feed of marks failed')
        await new Promise<void>((resolve) => systemClock.after(PAUSE, resolve))
      }
    }
  }
  void follow()

  return {
    tell({ partition, marks = [] }, ids) {
      marks.forEach((mark, at) => {
        const id = ids[at] ?? ''
        // The reader may have been quicker than the answer to the commit.
        if (!isAfter(id, reading.last[partition] ?? '')) return
        reading.told.add(`${partition} ${id}`)
        heard.tell(mark)
      })
      if (marks.length > 0) ring(client)
    },
    watch(listener) {
      return { freshAt: () => fresh, close: heard.add(listener) }
    },
    close() {
      closed = true
    },
  }
}

function ring(client: RedisClient): void {
  // Nobody waits for it, and nothing depends on it: without the bell the readers look after WAIT.
  client.call('XADD', BELL, 'MAXLEN', 1, '*', 'r', '').catch(() => {})
}

async function ends(tail: RedisClient): Promise<string[]> {
  const streams = Array.from({ length: PARTITIONS }, (_, partition) => marksName(partition))
  const lasts = await Promise.all(streams.map((stream) => tail.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)))
  return lasts.map((last) => String((last as Buffer[][])[0]?.[0] ?? '0-0'))
}

/** Resolves with the place of the last ring, new or old. */
async function waitForBell(tail: RedisClient, after: string): Promise<string> {
  const answer = await tail.call('XREAD', 'BLOCK', WAIT, 'STREAMS', BELL, after)
  const [stream] = (answer ?? []) as readonly [Buffer, unknown][]
  return entriesOf(stream?.[1] ?? []).at(-1)?.id ?? after
}

async function readAll(tail: RedisClient, reading: Reading, tell: (mark: Mark) => void): Promise<void> {
  await Promise.all(reading.last.map((_, partition) => readPartition(tail, reading, partition, tell)))
}

const CHUNK = 1000

async function readPartition(tail: RedisClient, reading: Reading, partition: number, tell: (mark: Mark) => void) {
  for (let more = true; more; ) {
    const after = reading.last[partition] ?? '0-0'
    // Not XREAD: its "nothing new" cannot be told from the client's own "no answer in time".
    const entries = entriesOf(await tail.call('XRANGE', marksName(partition), `(${after}`, '+', 'COUNT', CHUNK))
    for (const { id, fields } of entries) {
      reading.last[partition] = id
      if (!reading.told.delete(`${partition} ${id}`)) tell(toMark(fields))
    }
    more = entries.length === CHUNK
  }
}

interface StreamEntry {
  readonly id: string
  readonly fields: readonly Buffer[]
}

/** Entries of a stream as they come: `[[id, fields], …]`. */
function entriesOf(answer: unknown): StreamEntry[] {
  return (answer as [Buffer, Buffer[]][]).map(([id, fields]) => ({ id: String(id), fields }))
}

function toMark([, topic = '', , id = '', , at = '']: readonly (Buffer | string)[]): Mark {
  return { topic: decodeText(String(topic)), id: decodeText(String(id)), at: Number(at) }
}

/** Whether a stream id comes after another: both are `milliseconds-sequence`. */
function isAfter(id: string, other: string): boolean {
  const [time = 0, sequence = 0] = id.split('-').map(Number)
  const [otherTime = 0, otherSequence = 0] = other.split('-').map(Number)
  return time > otherTime || (time === otherTime && sequence > otherSequence)
}
