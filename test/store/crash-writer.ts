import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openStore } from '../../src/store/index.ts'
import { recordKind, StoreUnavailable } from '../../src/store/store.ts'

/**
 * A process to be killed: `crash-writer.ts URL PREFIX [PAD]` commits pairs of records and a job, thirty at a time, and
 * prints each id once its commit is acknowledged. When the store refuses it says so and whether it still reads.
 */
const [url = '', prefix = '', pad = '0'] = process.argv.slice(2)
const left = recordKind<unknown>('left')
const right = recordKind<unknown>('right')
const store = await openStore(url, { clock: systemClock, log: silentLog })
let count = 0

async function write(): Promise<void> {
  for (;;) {
    const id = `${prefix}.${count++}`
    await store.commit({
      partition: 0,
      writes: [
        { op: 'put', key: left(0, id), value: 'x'.repeat(Number(pad)) },
        { op: 'index', index: 'crash', member: id, sort: 1 },
        { op: 'put', key: right(0, id), value: 'x'.repeat(Number(pad)) },
      ],
      enqueue: [{ queue: 'crash', id, dueAt: 0, value: 1 }],
    })
    process.stdout.write(`${id}\n`)
  }
}

try {
  await Promise.all(Array.from({ length: 30 }, write))
} catch (error) {
  const entries = await store.get([left(0, `${prefix}.0`)])
  const refused = error instanceof StoreUnavailable ? 'unavailable' : String(error)
  process.stdout.write(`refused ${refused} ${entries[0] ? 'reads' : 'lost'}\n`)
}
