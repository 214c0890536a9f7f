import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, resolve } from 'node:path'
import test from 'ava'
import { type Agent, adminCall, agentOf, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { folderFor, serveProcess } from '../_kit/served.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** Runs `gatehouse` to its end. */
const gatehouse = (...args: string[]): Promise<{ code: number; stderr: string }> =>
  new Promise((done) => {
    execFile(process.execPath, [PROGRAM, ...args], { timeout: 20_000 }, (error, _, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stderr }),
    )
  })

test('serve says where it listens, shows a secret that it made, and what is wrong with documents', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, {
    'good.json': stepOnDocument({ upstream: upstream.url }),
    'bad.yaml': 'openapi: 3.0.3\ninfo: { title: Bad, version: "1" }\npaths: {}\nx-gateway:\n  servr: {}\n',
  })
  const served = await serveProcess(t, folder)
  t.regex(served.said(), /http:\/\/127\.0\.0\.1:\d+\/stepon\/ {2}Step On/)
  t.is((await fetch(`${served.adminUrl}/api/apis`, { headers: { authorization: served.adminSecret } })).status, 200)
  t.is(await served.end('SIGTERM'), 0)
  t.regex(served.said(), /bad\.yaml:5:3 error GW\d+ [\s\S]*server/)
})

test('a secret that was chosen is not shown', async (t) => {
  const served = await serveProcess(t, folderFor(t, {}), [], { GATEHOUSE_ADMIN_SECRET: 'chosen-by-the-operator' })
  t.is(await served.end('SIGINT'), 0)
  t.false(served.said().includes('chosen-by-the-operator'))
})

test('asked to end, it finishes what is in flight and takes nothing new', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const arrived = Promise.withResolvers<() => void>()
  upstream.answer((_, response) => arrived.resolve(() => response.end('late, but whole')))
  const served = await serveProcess(t, folderFor(t, { 'a.json': openApi(upstream.url) }))
  const answer = fetch(`${served.url}/open/x`)
  const release = await arrived.promise
  const ended = served.end('SIGTERM')
  await refused(`${served.url}/open/x`)
  release()
  t.is(await (await answer).text(), 'late, but whole')
  t.is(await ended, 0)
})

test('what cannot be started says so in one line, with exit code 2', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => taken.once('listening', ready))
  t.teardown(() => taken.close())
  const port = (taken.address() as { port: number }).port
  const folder = folderFor(t, { 'a.txt': 'a file' })
  for (const [flags, expected] of [
    [['nowhere'], /nowhere: there is no such/],
    [[folder, '--store', 'mysql://u:hidden-word@h/d'], /--store mysql:.*expected sqlite:/],
    [[folder, '--listen', '8080'], /--listen 8080: expected HOST:PORT/],
    [[folder, '--admin', '0.0.0.0:0'], /needs GATEHOUSE_ADMIN_SECRET/],
    [
      [folder, '--store', 'memory:', '--admin', '127.0.0.1:0', '--listen', `127.0.0.1:${port}`],
      /something else listens/,
    ],
    [[folder, '--store', `sqlite:${join(folder, 'a.txt')}/below/a.db`], /a\.txt/],
    [[folder, '--store', 'redis://127.0.0.1:1'], /GATEHOUSE_MASTER_KEY/],
    [[folder, '--store', 'sqlite:?durability=power'], /needs a path/],
  ] as const) {
    const anywhere = ['--listen', '--admin'].filter((flag) => !flags.some((one) => one === flag))
    const { code, stderr } = await gatehouse('serve', ...flags, ...anywhere.flatMap((flag) => [flag, '127.0.0.1:0']))
    t.is(code, 2, stderr)
    t.regex(stderr, expected)
    t.is(stderr.trimEnd().split('\n').length, 1, stderr)
    t.false(stderr.includes('hidden-word'))
  }
})

test('killed in the middle of issuing, it has lost no token that it gave out', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'step-on.json': stepOnDocument({ upstream: upstream.url }) })
  const first = await serveProcess(t, folder)
  const agent = await registerAgent(first.api('step-on', '/stepon'))
  const given: string[] = []
  const enough = Promise.withResolvers<void>()
  const callers = Array.from({ length: 8 }, () =>
    issueUntilItDies(agent, given, () => given.length > 200 && enough.resolve()),
  )
  await enough.promise
  t.is(await first.end('SIGKILL'), 'SIGKILL')
  await Promise.all(callers)
  const second = await serveProcess(t, folder)
  const again = agentOf(second.api('step-on', '/stepon'), agent.client)
  const answers = await Promise.all(given.map((token) => again.call('/me/steps', token)))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.true((await adminCall(second.api('step-on', '/stepon'), 'GET', '/api/apis')).status === 200)
})

test('a document that changes under load is live soon, and no request is lost', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'a.json': openApi(upstream.url), 'b.json': openApi(upstream.url, '/other') })
  const served = await serveProcess(t, folder)
  const load = keepCalling([`${served.url}/open/x`, `${served.url}/other/x`])
  const times: number[] = []
  for (let turn = 1; turn <= 11; turn++) {
    const started = performance.now()
    writeFileSync(
      join(folder, 'a.json'),
      JSON.stringify({ ...openApi(upstream.url), paths: { [`/turn/${turn}`]: { get: {} } } }),
    )
    while ((await fetch(`${served.url}/open/turn/${turn}`)).status !== 200) {
      // The request itself is what takes time here.
    }
    times.push(performance.now() - started)
    writeFileSync(join(folder, 'a.json'), JSON.stringify(openApi(upstream.url)))
    while ((await fetch(`${served.url}/open/x`)).status !== 200) {
      // As above.
    }
  }
  const { calls, others } = await load()
  const middle = times.sort((x, y) => x - y)[5] ?? Number.NaN
  t.log(
    `${calls} calls meanwhile; live after ${Math.round(middle)} ms (median), ${Math.round(times.at(-1) ?? 0)} ms (longest)`,
  )
  t.true(middle < 2000, `${middle} ms`)
  t.deepEqual(others, [])
})

/** An API that anyone may call. */
const openApi = (upstream: string, listenPath = '/open') => ({
  openapi: '3.0.3',
  info: { title: `Open at ${listenPath}`, version: '1' },
  paths: { '/x': { get: { responses: { 200: { description: 'fine' } } } } },
  'x-gateway': { server: { listenPath: { value: `${listenPath}/` } }, upstream: { url: upstream } },
})

async function issueUntilItDies(agent: Agent, given: string[], progress: () => void): Promise<void> {
  try {
    for (;;) {
      given.push((await agent.clientCredentials()).accessToken)
      progress()
    }
  } catch {
    // The gateway was killed: what it had not answered it has not promised.
  }
}

/** Resolves when nobody listens there any more. */
async function refused(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(200) })
    } catch (error) {
      if ((error as { readonly cause?: { readonly code?: string } }).cause?.code === 'ECONNREFUSED') return
    }
  }
}

/** Calls the URLs in turn until asked for the result: how many calls, and every answer that no document explains. */
function keepCalling(urls: readonly string[]): () => Promise<{ calls: number; others: readonly string[] }> {
  let going = true
  let calls = 0
  const others: string[] = []
  const one = async (url: string): Promise<void> => {
    while (going) {
      const answer = await fetch(url).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error: unknown) => String(error),
      )
      calls += 1
      const explained =
        answer.startsWith('200 {"upstream":true}') || (url.includes('/open/') && answer.startsWith('404 '))
      if (!explained) others.push(answer)
    }
  }
  const callers = [...urls, ...urls].map(one)
  return async () => {
    going = false
    await Promise.all(callers)
    return { calls, others }
  }
}
