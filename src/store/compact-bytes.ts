/** A buffer that grows while it is written. */
export interface ByteWriter {
  byte(value: number): void
  /** An unsigned integer up to 2^53 in groups of seven bits, lowest first. */
  varint(value: number): void
  double(value: number): void
  bytes(bytes: Uint8Array): void
  /** A copy of what was written. */
  take(): Buffer
}

export function byteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(256)
  let used = 0
  const room = (size: number): void => {
    if (used + size <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + size))
    buffer.copy(larger, 0, 0, used)
    buffer = larger
  }
  const byte = (value: number): void => {
    room(1)
    buffer[used++] = value
  }
  return {
    byte,
    varint(value) {
      let rest = value
      for (; rest >= 128; rest = Math.floor(rest / 128)) byte((rest % 128) | 128)
      byte(rest)
    },
    double(value) {
      room(8)
      used = buffer.writeDoubleBE(value, used)
    },
    bytes(bytes) {
      room(bytes.length)
      buffer.set(bytes, used)
      used += bytes.length
    },
    take: () => Buffer.from(buffer.subarray(0, used)),
  }
}

/** Reads what a `ByteWriter` wrote. Throws `RangeError` at the end. */
export interface ByteReader {
  byte(): number
  varint(): number
  double(): number
  bytes(length: number): Buffer
}

export function byteReader(buffer: Buffer, start: number): ByteReader {
  let at = start
  const byte = (): number => {
    const value = buffer[at++]
    if (value === undefined) throw new RangeError('the value ends too early')
    return value
  }
  return {
    byte,
    varint() {
      let value = 0
      for (let scale = 1; ; scale *= 128) {
        const part = byte()
        value += (part & 127) * scale
        if (part < 128) return value
      }
    },
    double() {
      at += 8
      return buffer.readDoubleBE(at - 8)
    },
    bytes(length) {
      if (at + length > buffer.length) throw new RangeError('the value ends too early')
      at += length
      return buffer.subarray(at - length, at)
    },
  }
}
