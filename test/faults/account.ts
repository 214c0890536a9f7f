import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from '../_kit/agent.ts'
import type { Fleet } from './fleet.ts'
import { answersOf, type Ledger, type Ticket } from './ledger.ts'

/** What a scenario came to. */
export interface Account {
  readonly lines: readonly string[]
  /** Empty when all promises were kept. */
  readonly broken: readonly string[]
}

const AT_ONCE = 16
/** Milliseconds for the notifications that are still under way, retries included. */
const DELIVERY = 90_000
/** Milliseconds for finding out what a token is. */
const DECISION = 20_000

/** When all is calm again: every acknowledged token is good, every acknowledged revocation holds, everything was told. */
export async function settleAccount(fleet: Fleet, ledger: Ledger, told = true): Promise<Account> {
  const broken = [...new Set(ledger.wrong)].slice(0, 10)
  const { tickets } = ledger
  const lost: string[] = []
  const look = async (ticket: Ticket): Promise<void> => {
    const at = Math.floor(Math.random() * fleet.agents.length)
    const status = await decidedStatus(fleet.agents[at] as Agent, ticket.token)
    if (ticket.revoking === undefined && status !== 200) lost.push(`an acknowledged token gets ${status}`)
    if (ticket.revoked !== undefined && status !== 401) lost.push(`a revoked token gets ${status}`)
  }
  const queue = [...tickets]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let ticket = queue.pop(); ticket; ticket = queue.pop()) await look(ticket)
    }),
  )
  const untold = told ? await untoldOf(fleet, tickets) : 0
  if (untold > 0) lost.push(`${untold} tokens were never notified`)
  const revoked = tickets.filter((ticket) => ticket.revoked !== undefined).length
  return {
    lines: [
      `answers: ${answersOf(ledger)}`,
      `acknowledged: ${tickets.length} tokens, ${revoked} revocations; lost: ${lost.length}; not told: ${untold}`,
    ],
    broken: [...broken, ...new Set(lost)],
  }
}

/** What a gateway says of a token once it can say anything: a busy machine may be late. */
async function decidedStatus(agent: Agent, token: string): Promise<number> {
  const end = performance.now() + DECISION
  for (;;) {
    const { status } = await agent.call('/stepcounts', token)
    if (status !== 503 || performance.now() > end) return status
    await sleep(50)
  }
}

async function untoldOf(fleet: Fleet, tickets: readonly Ticket[]): Promise<number> {
  const end = performance.now() + DELIVERY
  for (;;) {
    const told = fleet.told()
    const missing = tickets.filter(({ token }) => !told.has(token)).length
    if (missing === 0 || performance.now() > end) return missing
    await sleep(250)
  }
}
