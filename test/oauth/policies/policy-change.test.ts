import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Clock, Instant } from '../../../src/core/clock.ts'
import { adminCall, registerAgent } from '../../_kit/agent.ts'
import { type HandClock, handClock } from '../../_kit/clock.ts'
import { petsDocument } from '../../_kit/documents.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { until } from '../../_kit/until.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

/** Calls without pause until told to stop; when each call was sent by the clock (milliseconds), and the status of its answer. */
function load(url: string, token: string, clock: Clock) {
  const answers: { readonly sentAt: Instant; readonly status: number }[] = []
  let running = true
  const worker = async () => {
    while (running) {
      const sentAt = clock.now()
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      await answer.arrayBuffer()
      answers.push({ sentAt, status: answer.status })
    }
  }
  const workers = Array.from({ length: 4 }, worker)
  return {
    answers,
    async stop() {
      running = false
      await Promise.all(workers)
    },
  }
}

/** Milliseconds of the clock from the change until the last call that got an answer of the old kind was sent; for each URL. */
async function delayOf(
  t: ExecutionContext,
  urls: readonly string[],
  { token, clock, change, status }: Turn,
): Promise<number[]> {
  const loads = urls.map((url) => load(url, token, clock))
  const sentSince = (since: Instant) =>
    until(() => loads.every(({ answers }) => answers.some(({ sentAt }) => sentAt >= since)))
  await sentSince(clock.now())
  await change()
  const changedAt = clock.now()
  for (let step = 0; step < 12; step++) {
    await clock.advance(100)
    await sentSince(clock.now())
  }
  await Promise.all(loads.map(({ stop }) => stop()))
  return loads.map(({ answers }) => {
    const late = answers.filter(({ sentAt }) => sentAt > changedAt)
    const old = late.filter((answer) => answer.status !== status)
    t.true(late.some((answer) => answer.status === status))
    return Math.max(0, ...old.map(({ sentAt }) => sentAt - changedAt))
  })
}

interface Turn {
  readonly token: string
  readonly clock: HandClock
  readonly change: () => Promise<unknown>
  /** Of the answers of the new kind. */
  readonly status: number
}

test('a policy that is changed under load holds within a second, on this gateway and on others', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const documents = { 'pets.json': petsDocument(upstream.url) }
  const settings = { store: `sqlite:${join(folder, 'store.db')}` }
  const clock = handClock()
  const near = await gatewayFor(t, { documents, settings, deps: { clock } })
  const far = await gatewayFor(t, { documents, settings, deps: { clock } })
  await adminCall(near, 'POST', '/api/policies', { id: 'gold', access: [{ api: 'pets' }] })
  const agent = await registerAgent(near.api('pets', '/pets'), { policy_id: 'gold' })
  const { accessToken } = await agent.clientCredentials()
  const urls = [`${near.url}/pets/pets`, `${far.url}/pets/pets`]
  const replace = (body: object, status: number) => {
    const change = () => adminCall(near, 'PUT', '/api/policies/gold', body)
    return delayOf(t, urls, { token: accessToken, clock, change, status })
  }
  const closed = await replace({ access: [] }, 403)
  const opened = await replace({ access: [{ api: 'pets' }] }, 200)
  const limited = await replace({ active: false }, 403)
  const shown = (delays: readonly number[]) => delays.map((delay) => `${delay.toFixed(0)} ms`).join(', ')
  t.log(
    `closed after ${shown(closed)}; opened after ${shown(opened)}; deactivated after ${shown(limited)} (here, elsewhere)`,
  )
  for (const delay of [...closed, ...opened, ...limited]) t.true(delay < 1000, `${delay} ms`)
})
