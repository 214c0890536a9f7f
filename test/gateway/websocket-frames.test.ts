import test from 'ava'
import fc from 'fast-check'
import { closeFrame, FrameScanner } from '../../src/gateway/websocket-frames.ts'

/** A frame as a peer would write it. */
function frame(opcode: number, length: number, { fin = true, masked = true } = {}): Buffer {
  const head = [(fin ? 0x80 : 0) | opcode]
  if (length < 126) head.push(length)
  else if (length < 65_536) head.push(126, length >> 8, length & 0xff)
  else head.push(127, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff)
  if (masked) head[1] = (head[1] ?? 0) | 0x80
  return Buffer.concat([Buffer.from(head), Buffer.alloc((masked ? 4 : 0) + length, 0xff)])
}

const scanner = (maxMessage = Number.POSITIVE_INFINITY, masked = true) => new FrameScanner({ masked, maxMessage })

test('however the bytes are cut, the scanner knows where frames end', (t) => {
  const lengths = fc.array(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000), { minLength: 1, maxLength: 5 })
  const cuts = fc.array(fc.nat(100_000), { maxLength: 6 })
  fc.assert(
    fc.property(lengths, cuts, fc.boolean(), (sizes, places, masked) => {
      const frames = sizes.map((size) => frame(2, size, { masked }))
      const bytes = Buffer.concat(frames)
      const ends = new Set(frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length))
      const frameScanner = scanner(undefined, masked)
      let at = 0
      for (const cut of [...places.filter((place) => place < bytes.length), bytes.length].sort((a, b) => a - b)) {
        if (frameScanner.scan(bytes.subarray(at, cut))) return false
        at = cut
        if (frameScanner.atBoundary !== (at === 0 || ends.has(at))) return false
      }
      return true
    }),
    { numRuns: 200 },
  )
  t.pass()
})

test('finishFrame reads to the end of the frame that has begun, and no further', (t) => {
  const bytes = Buffer.concat([frame(1, 300), frame(1, 10)])
  for (const begun of [1, 2, 3, 7, 8, 100, 307]) {
    const frames = scanner()
    frames.scan(bytes.subarray(0, begun))
    t.false(frames.atBoundary)
    t.is(frames.finishFrame(bytes.subarray(begun)), 308 - begun)
    t.true(frames.atBoundary)
  }
})

test('RFC 6455 §5.1: a client must mask its frames', (t) => {
  t.is(scanner().scan(frame(1, 1, { masked: false }))?.code, 1002)
  t.is(scanner(undefined, false).scan(frame(1, 1, { masked: false })), undefined)
})

test('RFC 6455 §5.5: a control frame of a client is short and whole', (t) => {
  t.is(scanner().scan(frame(9, 126))?.code, 1002)
  t.is(scanner().scan(frame(9, 1, { fin: false }))?.code, 1002)
  t.is(scanner().scan(frame(9, 125)), undefined)
})

test('a message is as long as all its frames together, control frames in between aside', (t) => {
  const rest = [frame(1, 60, { fin: false }), frame(9, 100), frame(0, 40)]
  t.is(scanner(100).scan(Buffer.concat(rest)), undefined)
  t.is(scanner(99).scan(Buffer.concat(rest))?.code, 1009)
  const several = scanner(60)
  for (let count = 0; count < 5; count++) t.is(several.scan(frame(2, 60)), undefined)
})

test('a length beyond what numbers can say is a fault, not an endless frame', (t) => {
  const head = Buffer.from([0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  t.is(scanner().scan(head)?.code, 1009)
})

test('a close frame has its code, and a reason of 123 bytes at most', (t) => {
  const plain = closeFrame(4401, 'x'.repeat(200))
  t.is(plain.length, 2 + 125)
  t.is(plain.readUInt16BE(2), 4401)
  const frames = scanner()
  t.is(frames.scan(closeFrame(1001, 'bye', Buffer.from([1, 2, 3, 4]))), undefined)
  t.true(frames.closed)
})
