import { connect, type Socket } from 'node:net'

/** One answer as it stood on the wire. */
export interface RawResponse {
  readonly status: number
  readonly statusLine: string
  /** Lower-case names in their order, with repetitions. */
  readonly headers: readonly (readonly [string, string])[]
  /** First value of a header, by its lower-case name. */
  header(name: string): string | undefined
  /** The body with any chunked framing removed. */
  readonly body: string
}

export interface RawConnection {
  readonly socket: Socket
  write(text: string | Uint8Array): void
  /** The next complete answer, interim (1xx) ones included. Rejects after half a minute or when the peer closes early. */
  read(): Promise<RawResponse>
  /** Resolves when the peer has closed the connection. */
  closed(): Promise<void>
  /** Everything received and not yet read as an answer. */
  buffered(): string
  close(): void
}

/** Milliseconds. */
const PATIENCE = 30_000

/** Opens a socket to an `http://host:port` URL, for requests that no HTTP library would send. */
export async function rawConnect(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
  let buffer = ''
  let ended = false
  socket.setEncoding('latin1')
  socket.on('data', (data) => {
    buffer += data
  })
  socket.on('error', () => {}) // a reset by the peer is an end like any other here
  socket.on('close', () => {
    ended = true
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const read = async (): Promise<RawResponse> => {
    const deadline = AbortSignal.timeout(PATIENCE)
    for (;;) {
      const parsed = parseResponse(buffer, ended)
      if (parsed) {
        buffer = buffer.slice(parsed.length)
        return parsed.response
      }
      if (ended) throw new Error(`the connection was closed after ${JSON.stringify(buffer.slice(0, 200))}`)
      await nextEvent(socket, deadline)
    }
  }
  return {
    socket,
    write: (text) => socket.write(text),
    read,
    async closed() {
      const deadline = AbortSignal.timeout(PATIENCE)
      while (!ended) await nextEvent(socket, deadline)
    },
    buffered: () => buffer,
    close: () => socket.destroy(),
  }
}

/** Sends one text on a connection of its own and returns the first answer. */
export async function rawRequest(url: string, text: string): Promise<RawResponse> {
  const connection = await rawConnect(url)
  try {
    connection.write(text)
    return await connection.read()
  } finally {
    connection.close()
  }
}

function nextEvent(socket: Socket, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('data', done).off('close', done)
      deadline.removeEventListener('abort', late)
      resolve()
    }
    const late = (): void => {
      socket.off('data', done).off('close', done)
      reject(new Error('nothing more arrived in time'))
    }
    if (deadline.aborted) return late()
    socket.once('data', done).once('close', done)
    deadline.addEventListener('abort', late, { once: true })
  })
}

function parseResponse(text: string, ended: boolean): { response: RawResponse; length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const header = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1]
  const status = Number(statusLine.split(' ')[1])
  const found = bodyOf(text.slice(headEnd + 4), status, header, ended)
  if (!found) return undefined
  return { response: { status, statusLine, headers, header, body: found.body }, length: headEnd + 4 + found.length }
}

type Found = { readonly body: string; readonly length: number } | undefined

function bodyOf(rest: string, status: number, header: (name: string) => string | undefined, ended: boolean): Found {
  if (status < 200 || status === 204 || status === 304) return { body: '', length: 0 }
  if (header('transfer-encoding')?.toLowerCase() === 'chunked') return unchunk(rest)
  const length = header('content-length')
  if (length !== undefined) {
    return rest.length >= Number(length) ? { body: rest.slice(0, Number(length)), length: Number(length) } : undefined
  }
  return ended ? { body: rest, length: rest.length } : undefined
}

function unchunk(text: string): Found {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    at = lineEnd + 2
    if (size === 0) {
      const end = text.startsWith('\r\n', at) ? at : text.indexOf('\r\n\r\n', at) + 2
      return end < at || text.length < end + 2 ? undefined : { body, length: end + 2 }
    }
    if (text.length < at + size + 2) return undefined
    body += text.slice(at, at + size)
    at += size + 2
  }
}
