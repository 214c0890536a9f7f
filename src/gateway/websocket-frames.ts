/** What makes a stream of frames unusable: a close code of RFC 6455 §7.4.1 and its reason. */
export interface FrameFault {
  readonly code: number
  readonly reason: string
}

export interface FrameRules {
  /** RFC 6455 §5.1: what comes from a client is masked. */
  readonly masked: boolean
  /** Bytes of one message at most, over all its frames. */
  readonly maxMessage: number
}

const CLOSE = 8
/** Lengths of 2^53 and more have bits here. */
const UNSAFE_HIGH = 0x20_00_00

const UNMASKED: FrameFault = { code: 1002, reason: 'a frame is not masked' }
const BAD_CONTROL: FrameFault = { code: 1002, reason: 'a control frame is fragmented or too long' }
const TOO_BIG: FrameFault = { code: 1009, reason: 'the message is too big' }

/**
 * Follows the frames in a stream (RFC 6455 §5.2) while its bytes pass by, and keeps none of them but an unfinished frame
 * header: whoever wants to say something in between must know where a frame ends.
 */
export class FrameScanner {
  readonly #rules: FrameRules
  readonly #header = new Uint8Array(14)
  #have = 0
  #need = 2
  /** Bytes of payload that are still to come. */
  #left = 0
  #message = 0
  #fault: FrameFault | undefined
  /** A close frame has passed. */
  closed = false

  constructor(rules: FrameRules) {
    this.#rules = rules
  }

  /** Nothing of a frame has passed that is not complete. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#have === 0
  }

  /** Reads on. A fault: the stream breaks the rules, and nothing more can be said of it. */
  scan(chunk: Uint8Array): FrameFault | undefined {
    this.#advance(chunk, false)
    return this.#fault
  }

  /** Reads on to the end of the frame that has begun; gives how many bytes of the chunk belong to it. */
  finishFrame(chunk: Uint8Array): number {
    return this.atBoundary ? 0 : this.#advance(chunk, true)
  }

  #advance(chunk: Uint8Array, stops: boolean): number {
    let at = 0
    while (at < chunk.length && !this.#fault) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        at += taken
        this.#left -= taken
      } else {
        this.#header[this.#have++] = chunk[at++] ?? 0
        if (this.#have === 2) this.#need = headerLength(this.#header[1] ?? 0)
        if (this.#have < this.#need) continue
        this.#begin()
      }
      if (stops && this.atBoundary) break
    }
    return at
  }

  /** The header is complete. */
  #begin(): void {
    const first = this.#header[0] ?? 0
    const isFinal = first >= 0x80
    const opcode = first & 0x0f
    const length = this.#payloadLength()
    this.#have = 0
    this.#need = 2
    this.#left = length ?? 0
    if (this.#rules.masked && (this.#header[1] ?? 0) < 0x80) this.#fault = UNMASKED
    else if (length === undefined) this.#fault = TOO_BIG
    else if (opcode >= CLOSE) this.#control(opcode, isFinal, length)
    else this.#data(isFinal, length)
  }

  #control(opcode: number, isFinal: boolean, length: number): void {
    if (this.#rules.masked && (!isFinal || length > 125)) this.#fault = BAD_CONTROL
    if (opcode === CLOSE) this.closed = true
  }

  #data(isFinal: boolean, length: number): void {
    this.#message += length
    if (this.#message > this.#rules.maxMessage) this.#fault = TOO_BIG
    if (isFinal) this.#message = 0
  }

  /** Undefined for a length that no machine can mean. */
  #payloadLength(): number | undefined {
    const short = (this.#header[1] ?? 0) & 0x7f
    const view = new DataView(this.#header.buffer)
    if (short < 126) return short
    if (short === 126) return view.getUint16(2)
    const high = view.getUint32(2)
    return high >= UNSAFE_HIGH ? undefined : high * 2 ** 32 + view.getUint32(6)
  }
}

/** Bytes of a frame header, from its second byte. */
function headerLength(second: number): number {
  const short = second & 0x7f
  const length = short === 126 ? 2 : short === 127 ? 8 : 0
  return 2 + length + (second >= 0x80 ? 4 : 0)
}

/** RFC 6455 §5.5.1: a close frame. With `mask`, 4 bytes, as a client sends it. The reason is cut to what fits. */
export function closeFrame(code: number, reason: string, mask?: Uint8Array): Buffer {
  const text = Buffer.from(reason).subarray(0, 123)
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text])
  if (!mask) return Buffer.concat([Buffer.from([0x80 | CLOSE, payload.length]), payload])
  for (let index = 0; index < payload.length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0)
  return Buffer.concat([Buffer.from([0x80 | CLOSE, 0x80 | payload.length]), mask, payload])
}
