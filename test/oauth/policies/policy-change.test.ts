import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { adminCall, registerAgent } from '../../_kit/agent.ts'
import { petsDocument } from '../../_kit/documents.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

/** Calls without pause until told to stop; when each answer came, and its status. */
function load(url: string, token: string) {
  const answers: { readonly at: number; readonly status: number }[] = []
  let running = true
  const worker = async () => {
    while (running) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      await answer.arrayBuffer()
      answers.push({ at: performance.now(), status: answer.status })
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

/** Milliseconds from the change until the last answer of the old kind. */
async function delayOf(
  t: ExecutionContext,
  urls: readonly string[],
  token: string,
  change: () => Promise<unknown>,
  status: number,
) {
  const loads = urls.map((url) => load(url, token))
  await new Promise((resolve) => setTimeout(resolve, 150))
  await change()
  const changedAt = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 1200))
  await Promise.all(loads.map(({ stop }) => stop()))
  return loads.map(({ answers }) => {
    const late = answers.filter((answer) => answer.at > changedAt)
    const old = late.filter((answer) => answer.status !== status)
    t.true(late.some((answer) => answer.status === status))
    return Math.max(0, ...old.map(({ at }) => at - changedAt))
  })
}

test('a policy that is changed under load holds within a second, on this gateway and on others', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const documents = { 'pets.json': petsDocument(upstream.url) }
  const settings = { store: `sqlite:${join(folder, 'store.db')}` }
  const near = await gatewayFor(t, { documents, settings })
  const far = await gatewayFor(t, { documents, settings })
  await adminCall(near, 'POST', '/api/policies', { id: 'gold', access: [{ api: 'pets' }] })
  const agent = await registerAgent(near.api('pets', '/pets'), { policy_id: 'gold' })
  const { accessToken } = await agent.clientCredentials()
  const urls = [`${near.url}/pets/pets`, `${far.url}/pets/pets`]
  const replace = (body: object) => () => adminCall(near, 'PUT', '/api/policies/gold', body)
  const closed = await delayOf(t, urls, accessToken, replace({ access: [] }), 403)
  const opened = await delayOf(t, urls, accessToken, replace({ access: [{ api: 'pets' }] }), 200)
  const limited = await delayOf(t, urls, accessToken, replace({ active: false }), 403)
  const shown = (delays: readonly number[]) => delays.map((delay) => `${delay.toFixed(0)} ms`).join(', ')
  t.log(
    `closed after ${shown(closed)}; opened after ${shown(opened)}; deactivated after ${shown(limited)} (here, elsewhere)`,
  )
  for (const delay of [...closed, ...opened, ...limited]) t.true(delay < 1000, `${delay} ms`)
})
