import { createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A sentinel that says what a test wants, when it wants it: with real ones, moments are left to chance. */
export interface ScriptedSentinel {
  readonly port: number
  /** From now on each question for the master first tells those who subscribed of a failover, and waits until they have left. */
  interrupt(): void
  /** How many questions were interrupted like that. */
  readonly interrupted: () => number
}

/** Answers as Redis Sentinel does (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/) for one master. */
export async function scriptedSentinel(t: ExecutionContext, master: number): Promise<ScriptedSentinel> {
  const subscribers = new Set<Socket>()
  const sockets = new Set<Socket>()
  let interrupting = false
  let interrupted = 0
  const whenAllHaveLeft = async (): Promise<void> => {
    const leaving = [...subscribers]
    if (!interrupting || leaving.length === 0) return
    interrupted++
    await Promise.all(
      leaving.map((socket) => {
        const left = new Promise((resolve) => socket.once('close', resolve))
        socket.write(bulks(['message', '+switch-master', `main 127.0.0.1 ${master} 127.0.0.1 ${master}`]))
        return left
      }),
    )
  }
  const answer = async (socket: Socket, command: string, [first = '', second = '']: readonly string[]) => {
    if (command === 'SUBSCRIBE') {
      subscribers.add(socket)
      return `*3\r\n$9\r\nsubscribe\r\n$${first.length}\r\n${first}\r\n:1\r\n`
    }
    if (command !== 'SENTINEL') return '+OK\r\n'
    if (first.toLowerCase() !== 'get-master-addr-by-name' || second !== 'main') return '*0\r\n'
    await whenAllHaveLeft()
    return bulks(['127.0.0.1', String(master)])
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    let inTurn = Promise.resolve()
    const hear = commandsOf(([command = '', ...args]) => {
      inTurn = inTurn.then(async () => void socket.write(await answer(socket, command.toUpperCase(), args)))
    })
    socket.on('data', (chunk) => hear(chunk.toString('latin1')))
    socket.on('error', () => {}) // clients leave as they like
    socket.on('close', () => {
      subscribers.delete(socket)
      sockets.delete(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    interrupt() {
      interrupting = true
    },
    interrupted: () => interrupted,
  }
}

const bulks = (texts: readonly string[]): string =>
  `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`

/** Takes pieces of RESP, arrays of bulk strings, and gives the commands in them. */
function commandsOf(heard: (words: readonly string[]) => void): (piece: string) => void {
  let rest = ''
  return (piece) => {
    rest += piece
    for (let words = firstOf(rest); words; words = firstOf(rest)) {
      rest = rest.slice(words.length)
      heard(words.texts)
    }
  }
}

function firstOf(text: string): { readonly texts: readonly string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  const texts: string[] = []
  let at = head[0].length
  while (texts.length < Number(head[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at))
    if (!size) return undefined
    const begin = at + size[0].length
    const end = begin + Number(size[1])
    if (text.length < end + 2) return undefined
    texts.push(text.slice(begin, end))
    at = end + 2
  }
  return { texts, length: at }
}
