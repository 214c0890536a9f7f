import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { rawConnect, rawRequest } from './raw-http.ts'

/** A server that says `text` in pieces whatever it is asked, and then perhaps closes. */
async function saying(t: ExecutionContext, pieces: readonly string[], close = false): Promise<string> {
  const server = createServer(async (socket) => {
    socket.on('error', () => {})
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (close) socket.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

test('answers are read by length, by chunks and by the end of the connection', async (t) => {
  const byLength = await saying(t, ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe', 'llo'])
  t.is((await rawRequest(byLength, '')).body, 'hello')
  const byChunks = await saying(t, [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n',
    '2\r\nlo\r\n0\r\nX: y\r\n\r\n',
  ])
  t.is((await rawRequest(byChunks, '')).body, 'hello')
  const byEnd = await saying(t, ['HTTP/1.0 200 OK\r\n\r\nhel', 'lo'], true)
  t.is((await rawRequest(byEnd, '')).body, 'hello')
})

test('interim and pipelined answers come one after the other', async (t) => {
  const url = await saying(t, [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nA: 1\r\nA: 2\r\n\r\n',
  ])
  const connection = await rawConnect(url)
  t.teardown(() => connection.close())
  t.is((await connection.read()).status, 100)
  t.is((await connection.read()).body, 'a')
  const last = await connection.read()
  t.deepEqual(last.headers, [
    ['a', '1'],
    ['a', '2'],
  ])
  t.is(connection.buffered(), '')
})

test('an answer that breaks off is an error, not an answer', async (t) => {
  const url = await saying(t, ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'], true)
  await t.throwsAsync(rawRequest(url, ''), { message: /closed/ })
})
