import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startIdentityServer } from '../identity-server/main.ts'
import type { ListenOptions } from '../listen.ts'
import { type Receiver, startReceiver } from '../receiver/main.ts'
import { startStepOn } from '../step-on/main.ts'

/** What stands around the gateway, and where the gateway itself may listen. */
export interface Neighbourhood {
  readonly receiver: Receiver
  readonly stepOnUrl: string
  readonly identityUrl: string
  /** Folder of the documents: `apis/` itself, or a copy with other ports in it. */
  readonly documents: string
  /** Ports for the gateway: the default ones where they are free. */
  readonly port: number
  readonly adminPort: number
  /** A folder for this run, removed at its end. */
  readonly folder: string
  /** Gives the identity server its key to the gateway. */
  useIdentityKey(key: string): void
  close(): Promise<void>
}

/** Ports that the sample documents name. */
const PORTS = { stepOn: 3000, identity: 3001, receiver: 3002, gateway: 8080, admin: 8081 }
const APIS = resolve(import.meta.dirname, '../../apis')

/** Starts the three servers on the ports that the documents name, or on free ones with a copy of the documents. */
export async function startNeighbourhood(): Promise<Neighbourhood> {
  const [port, adminPort] = [await freePort(PORTS.gateway), await freePort(PORTS.admin)]
  const address = { adminUrl: `http://127.0.0.1:${adminPort}`, adminSecret: '', apiId: 'step-on' }
  const stepOn = await preferring(PORTS.stepOn, (options) => startStepOn(options))
  const identity = await preferring(PORTS.identity, (options) => startIdentityServer(Object.assign(address, options)))
  const secret = 'step-on-shared-secret'
  const receiver = await preferring(PORTS.receiver, (options) => startReceiver({ ...options, secret }))
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-demo-'))
  const moved: readonly (readonly [number, number])[] = [
    [PORTS.stepOn, stepOn.port],
    [PORTS.identity, identity.port],
    [PORTS.receiver, receiver.port],
  ]
  return {
    receiver,
    stepOnUrl: stepOn.url,
    identityUrl: identity.url,
    documents: moved.every(([from, to]) => from === to) ? APIS : copyDocuments(join(folder, 'apis'), moved),
    port,
    adminPort,
    folder,
    useIdentityKey(key) {
      address.adminSecret = key
    },
    async close() {
      await Promise.all([stepOn.close(), identity.close(), receiver.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Starts on a port, or on any other when that one is taken. */
async function preferring<T>(port: number, start: (options: ListenOptions) => Promise<T>): Promise<T> {
  try {
    return await start({ port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return start({ port: 0 })
  }
}

/** `preferred` if nothing listens there, else some other port that is free. */
function freePort(preferred: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && preferred !== 0) resolve(freePort(0))
      else reject(error)
    })
    server.listen(preferred, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : preferred))
    })
  })
}

/** The documents again, with other ports of this machine. */
function copyDocuments(folder: string, moved: readonly (readonly [number, number])[]): string {
  cpSync(APIS, folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8').replace(/http:\/\/127\.0\.0\.1:(\d+)/g, (all, port) => {
      const move = moved.find(([from]) => from === Number(port))
      return move ? `http://127.0.0.1:${move[1]}` : all
    })
    writeFileSync(file, text)
  }
  return folder
}
