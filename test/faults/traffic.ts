import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type Answer, basic } from '../_kit/agent.ts'
import { type Fleet, USER } from './fleet.ts'
import type { Ledger, Ticket } from './ledger.ts'

/** Clients that get, use and revoke tokens at all gateways until they are stopped. */
export interface Traffic {
  stop(): Promise<void>
}

/** How many of each kind are at work, and the milliseconds between two revocations. */
export interface TrafficShape {
  readonly issuers: number
  readonly checkers: number
  readonly revokers: number
  readonly pause: number
  /** Milliseconds that a revocation may take to be known everywhere; `STALENESS` unless the feed itself is cut. */
  readonly known?: number
  /** A connection that breaks is no wrong answer: processes are killed on purpose. */
  readonly mayBreak?: boolean
}

/** Milliseconds within which a revocation must be known everywhere. */
export const STALENESS = 1000
/** And while the feed is cut: for so long a gateway believes what it remembers although it hears nothing. */
export const SILENCE = 2000
/** Beyond it, by which two processes on a busy machine may see one instant differently. */
export const SLACK = 150

export function startTraffic({ agents }: Fleet, ledger: Ledger, shape: TrafficShape): Traffic {
  let stopped = false
  const loop = async (task: (agent: Agent, gateway: number) => Promise<unknown>, pause = 0): Promise<void> => {
    while (!stopped) {
      const gateway = Math.floor(Math.random() * agents.length)
      await attempt(task, agents[gateway] as Agent, gateway, ledger, shape)
      await sleep(pause)
    }
  }
  const times = (count: number, start: () => Promise<void>) => Array.from({ length: count }, start)
  const running = [
    ...times(shape.issuers, () => loop((agent, gateway) => issue(agent, gateway, ledger))),
    ...times(shape.checkers, () => loop((agent, gateway) => check(agent, gateway, ledger, shape.known ?? STALENESS))),
    ...times(shape.revokers, () => loop((agent, gateway) => revoke(agent, gateway, ledger), shape.pause)),
  ]
  return {
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

async function attempt(
  task: (agent: Agent, gateway: number) => Promise<unknown>,
  agent: Agent,
  gateway: number,
  ledger: Ledger,
  shape: TrafficShape,
): Promise<void> {
  try {
    await task(agent, gateway)
  } catch (error) {
    ledger.note('any', 'broken')
    if (!shape.mayBreak) ledger.wrong.push(`a connection broke: ${String((error as Error).cause ?? error)}`)
    await sleep(20)
  }
}

/** Whether an answer says "later", as it should while the store is away. */
function isLater(call: string, gateway: number, answer: Answer, ledger: Ledger): boolean {
  ledger.note(call, String(answer.status))
  if (answer.status !== 503) return false
  ledger.unavailable.set(gateway, performance.now())
  if (answer.headers.get('retry-after') === null) ledger.wrong.push(`${call}: 503 without Retry-After`)
  if (answer.text.includes('invalid_')) ledger.wrong.push(`${call}: 503 that says ${answer.text}`)
  return true
}

export async function issue(agent: Agent, gateway: number, ledger: Ledger): Promise<void> {
  const answer = await agent.password(USER.username, USER.password)
  if (isLater('issue', gateway, answer, ledger)) return void (await sleep(20))
  if (answer.status === 200) ledger.tickets.push({ token: String(answer.json['access_token']) })
  else ledger.wrong.push(`issue: ${answer.status} ${answer.text}`)
}

/** Recent tokens are used most. */
function anyTicket({ tickets }: Ledger): Ticket | undefined {
  const back = Math.floor(Math.random() ** 2 * tickets.length)
  return tickets[tickets.length - 1 - back]
}

async function check(agent: Agent, gateway: number, ledger: Ledger, known: number): Promise<void> {
  const ticket = anyTicket(ledger)
  if (!ticket) return void (await sleep(10))
  const asked = performance.now()
  const answer = await agent.call('/stepcounts', ticket.token)
  if (isLater('check', gateway, answer, ledger)) return
  const stale = ticket.revoked === undefined ? 0 : asked - ticket.revoked
  if (answer.status === 200 && stale > known + SLACK) {
    ledger.wrong.push(`gateway ${gateway} took a token that was revoked ${Math.round(stale)} ms before`)
  }
  if (answer.status === 401 && ticket.revoking === undefined)
    ledger.wrong.push(`gateway ${gateway}: a good token got 401`)
  if (answer.status !== 200 && answer.status !== 401) ledger.wrong.push(`check: ${answer.status} ${answer.text}`)
}

async function revoke(agent: Agent, gateway: number, ledger: Ledger): Promise<Ticket | undefined> {
  const ticket = anyTicket(ledger)
  if (!ticket || ticket.revoking !== undefined) return undefined
  ticket.revoking = performance.now()
  const { api, client } = agent
  const headers = { authorization: basic(client.clientId, client.clientSecret ?? '') }
  const body = new URLSearchParams({ token: ticket.token })
  const response = await fetch(`${api.url}/oauth/revoke`, { method: 'POST', headers, body })
  const answer = { status: response.status, headers: response.headers, text: await response.text(), json: {} }
  if (isLater('revoke', gateway, answer, ledger)) return undefined
  if (answer.status === 200) ticket.revoked = performance.now()
  else ledger.wrong.push(`revoke: ${answer.status} ${answer.text}`)
  return ticket
}

/** The first success of every gateway, in milliseconds from now. */
export async function recovery({ agents }: Fleet): Promise<number> {
  const began = performance.now()
  await Promise.all(
    agents.map(async (agent) => {
      while ((await agent.password(USER.username, USER.password).catch(() => undefined))?.status !== 200)
        await sleep(10)
    }),
  )
  return performance.now() - began
}
