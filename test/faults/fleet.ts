import type { ExecutionContext } from 'ava'
import { type Agent, agentOf, registerAgent, registerUser } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { startReceiver } from '../_kit/receiver.ts'
import { folderFor, type Served, serveProcess } from '../_kit/served.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/** Gateways in processes of their own on one store, and what stands around them. */
export interface Fleet {
  readonly gateways: readonly Served[]
  /** The same client at each gateway. */
  readonly agents: readonly Agent[]
  /** Access tokens that the application was told of by notifications. */
  told(): ReadonlySet<string>
}

export const USER = { username: 'walker', password: 'a password of some length' }
const MASTER_KEY = Buffer.alloc(32, 7).toString('base64')

/** Starts `size` gateways; without `store`, each flag must name one. */
export async function startFleet(
  t: ExecutionContext,
  size: number,
  store: string | undefined,
  flags: readonly string[] = [],
  launch: typeof serveProcess = serveProcess,
): Promise<Fleet> {
  const [upstream, receiver] = [await forTest(t, startUpstream()), await forTest(t, startReceiver())]
  upstream.answer((_, response) => void response.end('{}'))
  const document = unlimited(stepOnDocument({ upstream: upstream.url, receiver: receiver.url }))
  const folder = folderFor(t, { 'step-on.json': document })
  const all = ['--log-level', 'silent', ...(store === undefined ? [] : ['--store', store]), ...flags]
  const environment = { GATEHOUSE_MASTER_KEY: MASTER_KEY, GATEHOUSE_ADMIN_SECRET: 'the-admin-secret-of-the-fleet' }
  const gateways: Served[] = []
  for (let count = 0; count < size; count++) gateways.push(await launch(t, folder, all, environment))
  const [first] = gateways
  if (!first) throw new TypeError('a fleet has at least one gateway')
  const { client } = await registerAgent(first.api('step-on', '/stepon'))
  await registerUser(first, USER)
  return {
    gateways,
    agents: gateways.map((gateway) => agentOf(gateway.api('step-on', '/stepon'), client)),
    told: () => new Set(receiver.received.map(({ body }) => String(JSON.parse(body).new_oauth_token))),
  }
}

const UNLIMITED = { rate: 100_000_000, per: '1m' }

/** What is tried here is not how a client is kept from asking too often. */
function unlimited(document: ReturnType<typeof stepOnDocument>): object {
  const copy = structuredClone(document) as { 'x-gateway': { server: { authentication: Record<string, unknown> } } }
  copy['x-gateway'].server.authentication['endpointLimits'] = { client: UNLIMITED, address: UNLIMITED }
  return copy
}
