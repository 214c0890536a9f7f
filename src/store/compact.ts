import { type ByteReader, type ByteWriter, byteReader, byteWriter } from './compact-bytes.ts'
import { bytesOf } from './compact-text.ts'
import { SHAPES, WORDS } from './compact-words.ts'

/**
 * JSON in few bytes, because the memory of a Redis server is what bounds how many tokens can live. It keeps what
 * `JSON.parse(JSON.stringify(value))` keeps. A value begins with one byte that tells what follows; short and frequent
 * things fit into that byte.
 */
export interface CompactContext {
  /** A text equal to this one takes a byte: the id of the record. */
  readonly id: string
  /** An instant equal to this one takes a byte, one before it few: the deadline of the record. */
  readonly expiresAt: number
}

const TAG = {
  null: 0,
  false: 1,
  true: 2,
  id: 3,
  expiresAt: 4,
  beforeExpiry: 5,
  double: 6,
  negative: 7,
  integer: 8,
  text: 9,
  bytes16: 10,
  bytes32: 11,
  json: 12,
  array: 13,
  object: 14,
} as const
/** Ranges of first bytes whose lower bits are a number: a shape, a small integer, lengths, a word. */
const SHAPE = 0x10
const SMALL = 0x20
const ARRAY = 0x40
const OBJECT = 0x50
const TEXT = 0x60
const WORD = 0xc0

const wordAt = new Map(WORDS.map((word, at) => [word, at]))
const shapeAt = new Map(SHAPES.map((shape, at) => [shape.join(), at]))

/** Throws `TypeError` for what is no JSON. */
export function encodeCompact(value: unknown, context: CompactContext): Buffer {
  const plain = plainValue(value)
  if (plain === undefined) throw new TypeError('only JSON values can be stored')
  const writer = byteWriter()
  write(writer, plain, context)
  return writer.take()
}

/** The reverse of `encodeCompact` in the same context, from byte `start` on. Throws `RangeError` for anything else. */
export function decodeCompact(buffer: Buffer, start: number, context: CompactContext): unknown {
  return read(byteReader(buffer, start), context)
}

/** What JSON makes of a value before writing it; undefined for what it leaves out. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') throw new TypeError('only JSON values can be stored')
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value === 'number' && !Number.isFinite(value)) return null
  const convertible = typeof value === 'object' && value !== null && 'toJSON' in value
  return convertible && typeof value.toJSON === 'function' ? plainValue(value.toJSON()) : value
}

function write(writer: ByteWriter, value: unknown, context: CompactContext): void {
  if (typeof value === 'string') writeText(writer, value, context)
  else if (typeof value === 'number') writeNumber(writer, value, context)
  else if (typeof value === 'boolean') writer.byte(value ? TAG.true : TAG.false)
  else if (Array.isArray(value)) writeArray(writer, value, context)
  else if (typeof value === 'object' && value !== null) writeObject(writer, value, context)
  else writer.byte(TAG.null)
}

function writeNumber(writer: ByteWriter, value: number, context: CompactContext): void {
  const before = context.expiresAt - value
  if (!Number.isSafeInteger(value)) {
    writer.byte(TAG.double)
    writer.double(value)
  } else if (value === context.expiresAt) writer.byte(TAG.expiresAt)
  else if (value >= 0 && value < 32) writer.byte(SMALL | value)
  else if (before > 0 && before < value) withVarint(writer, TAG.beforeExpiry, before)
  else withVarint(writer, value < 0 ? TAG.negative : TAG.integer, Math.abs(value))
}

function withVarint(writer: ByteWriter, tag: number, value: number): void {
  writer.byte(tag)
  writer.varint(value)
}

function writeText(writer: ByteWriter, text: string, context: CompactContext): void {
  const word = wordAt.get(text)
  const bytes = bytesOf(text)
  if (text === context.id) writer.byte(TAG.id)
  else if (word !== undefined) writer.byte(WORD | word)
  else if (bytes) {
    writer.byte(bytes.length === 16 ? TAG.bytes16 : TAG.bytes32)
    writer.bytes(bytes)
  } else writePlainText(writer, text)
}

function writePlainText(writer: ByteWriter, text: string): void {
  const wellFormed = text.isWellFormed()
  const utf8 = Buffer.from(wellFormed ? text : JSON.stringify(text))
  if (wellFormed && utf8.length < WORD - TEXT) writer.byte(TEXT + utf8.length)
  else withVarint(writer, wellFormed ? TAG.text : TAG.json, utf8.length)
  writer.bytes(utf8)
}

function writeArray(writer: ByteWriter, values: readonly unknown[], context: CompactContext): void {
  if (values.length < 16) writer.byte(ARRAY | values.length)
  else withVarint(writer, TAG.array, values.length)
  for (const value of values) write(writer, plainValue(value), context)
}

function writeObject(writer: ByteWriter, object: object, context: CompactContext): void {
  const members = Object.entries(object)
    .map(([name, value]) => [name, plainValue(value)] as const)
    .filter(([, value]) => value !== undefined)
  const found = shapeAt.get(members.map(([name]) => name).join())
  // The count tells a name with a comma in it from two names.
  const shape = found !== undefined && SHAPES[found]?.length === members.length ? found : undefined
  if (shape !== undefined) writer.byte(SHAPE | shape)
  else if (members.length < 16) writer.byte(OBJECT | members.length)
  else withVarint(writer, TAG.object, members.length)
  for (const [name, value] of members) {
    if (shape === undefined) writeText(writer, name, context)
    write(writer, value, context)
  }
}

function read(reader: ByteReader, context: CompactContext): unknown {
  const tag = reader.byte()
  if (tag >= WORD) return WORDS[tag - WORD]
  if (tag >= TEXT) return reader.bytes(tag - TEXT).toString()
  if (tag >= OBJECT) return readObject(reader, tag - OBJECT, context)
  if (tag >= ARRAY) return readArray(reader, tag - ARRAY, context)
  if (tag >= SMALL) return tag - SMALL
  if (tag >= SHAPE) return readShape(reader, SHAPES[tag - SHAPE] ?? [], context)
  const readTagged = TAGGED[tag]
  if (!readTagged) throw new RangeError(`no value begins with byte ${tag}`)
  return readTagged(reader, context)
}

const TAGGED: Readonly<Record<number, (reader: ByteReader, context: CompactContext) => unknown>> = {
  [TAG.null]: () => null,
  [TAG.false]: () => false,
  [TAG.true]: () => true,
  [TAG.id]: (_, context) => context.id,
  [TAG.expiresAt]: (_, context) => context.expiresAt,
  [TAG.beforeExpiry]: (reader, context) => context.expiresAt - reader.varint(),
  [TAG.double]: (reader) => reader.double(),
  [TAG.negative]: (reader) => -reader.varint(),
  [TAG.integer]: (reader) => reader.varint(),
  [TAG.text]: (reader) => reader.bytes(reader.varint()).toString(),
  [TAG.bytes16]: (reader) => reader.bytes(16).toString('base64url'),
  [TAG.bytes32]: (reader) => reader.bytes(32).toString('base64url'),
  [TAG.json]: (reader) => JSON.parse(reader.bytes(reader.varint()).toString()),
  [TAG.array]: (reader, context) => readArray(reader, reader.varint(), context),
  [TAG.object]: (reader, context) => readObject(reader, reader.varint(), context),
}

function readArray(reader: ByteReader, length: number, context: CompactContext): unknown[] {
  const values: unknown[] = []
  for (let at = 0; at < length; at++) values.push(read(reader, context))
  return values
}

function readObject(reader: ByteReader, size: number, context: CompactContext): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let at = 0; at < size; at++) setMember(object, String(read(reader, context)), read(reader, context))
  return object
}

function readShape(reader: ByteReader, names: readonly string[], context: CompactContext): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const name of names) object[name] = read(reader, context)
  return object
}

/** As `JSON.parse` does: a member called `__proto__` is a member like any other. */
function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
