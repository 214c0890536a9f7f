import { bytesOf } from './compact-text.ts'
import type { Key, Partition } from './store.ts'
import { PARTITIONS } from './store.ts'
import { decodeText, encodeText } from './text.ts'

/*
 * Everything of a partition stands under one hash tag, so that one script can change it atomically in a cluster too.
 *
 * {pNN}kind:id, {pNN}kind=bytes   record                   {name}i, {name}l   index, and how long it lives
 * {pNN}#due:queue, {pNN}#job:queue  jobs by instant, values  {name}c            counter
 * {pNN}#marks                      stream of marks          {name}iN           the index's bucket N
 *                                                           {name}w, {name}n   sliding window, and its sum
 * gatehouse:…                       layout, bell
 */

const tags = Array.from({ length: PARTITIONS }, (_, partition) => `{p${String(partition).padStart(2, '0')}}`)
const tag = (partition: Partition): string => tags[partition] ?? `{p${partition}}`

/** Where a record lives. A digest or generated id takes its bytes, not its text: memory is what bounds the tokens. */
export function recordName(key: Key<unknown>): Buffer {
  const bytes = bytesOf(key.id)
  const kind = encodeURIComponent(key.kind) // without `:` and `=`, so that no kind reaches into another's ids
  const start = Buffer.from(`${tag(key.partition)}${kind}${bytes ? '=' : ':'}`)
  return Buffer.concat([start, bytes ?? Buffer.from(encodeText(key.id))])
}

export const dueName = (partition: Partition, queue: string): string => `${tag(partition)}#due:${encodeText(queue)}`
export const jobName = (partition: Partition, queue: string): string => `${tag(partition)}#job:${encodeText(queue)}`
export const marksName = (partition: Partition): string => `${tag(partition)}#marks`
export const pingName = (partition: Partition): string => `${tag(partition)}#ping`

/** What wakes those who wait for marks. */
export const BELL = 'gatehouse:bell'
export const LAYOUT = 'gatehouse:layout'

/** Where an index keeps what its first sorted set has no room for. */
export const INDEX_BUCKETS = 1024

export interface IndexNames {
  readonly base: string
  readonly life: string
  readonly bucket: (number: number) => string
}

/** The keys of an index, all in one slot. */
export function indexNames(index: string): IndexNames {
  const name = `{${plain(index)}}`
  return { base: `${name}i`, life: `${name}l`, bucket: (number) => `${name}i${number}` }
}

export const counterName = (name: string): string => `{${plain(name)}}c`

/** A sliding window: what happened when, and how much that is. */
export const windowNames = (name: string): readonly [string, string] => [`{${plain(name)}}w`, `{${plain(name)}}n`]

/** A name without braces, which would cut the hash tag short. No two names become one: `%` itself is never plain. */
function plain(name: string): string {
  return /^[\w:.@-]+$/.test(name) ? name : `%${encodeURIComponent(encodeText(name))}`
}

/** What a key is, told by its name: for exports. */
export type NamedThing =
  | { readonly is: 'record'; readonly key: Key<unknown> }
  | { readonly is: 'index'; readonly index: string }
  | { readonly is: 'queue'; readonly queue: string; readonly partition: Partition }

/** The reverse of the names above; undefined for what an export leaves out. */
export function thingAt(name: Buffer): NamedThing | undefined {
  const latin = name.toString('latin1') // one character a byte
  const queue = /^\{p(\d\d)\}#due:/.exec(latin)
  if (queue) {
    return { is: 'queue', partition: Number(queue[1]), queue: decodeText(name.subarray(queue[0].length).toString()) }
  }
  const record = /^\{p(\d\d)\}([^#:=]+)([:=])/.exec(latin)
  if (record) {
    const [start, partition, kind = '', form] = record
    const rest = name.subarray(start.length)
    const id = form === '=' ? rest.toString('base64url') : decodeText(rest.toString())
    return { is: 'record', key: { kind: decodeURIComponent(kind), partition: Number(partition), id } }
  }
  const index = /^\{([^}]+)\}i\d*$/.exec(latin)?.[1]
  return index === undefined ? undefined : { is: 'index', index: named(index) }
}

const named = (plainName: string): string =>
  plainName.startsWith('%') ? decodeText(decodeURIComponent(plainName.slice(1))) : plainName
