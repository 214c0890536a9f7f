import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Io } from '../../src/cli/command.ts'
import { serveTogether } from '../../src/cli/serve/together.ts'
import { loadSettings } from '../../src/config/load.ts'
import { adminCall, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { folderFor, type Served, serveProcess } from '../_kit/served.ts'
import { until } from '../_kit/until.ts'
import { startUpstream, type Upstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

// One after the other: each has three processes, and machines that run all tests at once have few cores.

async function twoWorkers(t: ExecutionContext): Promise<{ readonly served: Served; readonly upstream: Upstream }> {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'step-on.json': stepOnDocument({ upstream: upstream.url }) })
  return { served: await serveProcess(t, folder, ['--workers', '2']), upstream }
}

/** proc(5): the processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** Clients that keep their connections and ask again as soon as they are answered. */
function busyClients(url: string, count: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  const outcomes = new Map<string, number>()
  let stopped = false
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      request(url, { agent }, (response) => {
        response.resume()
        response.once('end', () => resolve(String(response.statusCode)))
        response.once('error', (error) => resolve(String(error)))
      })
        .once('error', (error) => resolve(String(error)))
        .end()
    })
  const client = async (): Promise<void> => {
    while (!stopped) {
      const outcome = await ask()
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  const running = Promise.all(Array.from({ length: count }, client))
  return {
    async stop(): Promise<Readonly<Record<string, number>>> {
      stopped = true
      await running
      agent.destroy()
      return Object.fromEntries(outcomes)
    },
  }
}

test.serial('SIGHUP replaces all workers, and no request of clients with open connections fails', async (t) => {
  t.timeout(180_000)
  const { served } = await twoWorkers(t)
  const before = childrenOf(served.pid)
  t.is(before.length, 2)
  const clients = busyClients(`${served.url}/stepon/about`, 8)
  process.kill(served.pid, 'SIGHUP')
  await until(
    () => childrenOf(served.pid).length === 2 && !childrenOf(served.pid).some((pid) => before.includes(pid)),
    served.said,
  )
  const outcomes = await clients.stop()
  t.deepEqual(Object.keys(outcomes), ['200'], JSON.stringify(outcomes))
  t.is(await served.end('SIGTERM'), 0)
})

test.serial('SIGHUP while the workers are starting ends nothing', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'step-on.json': stepOnDocument({ upstream: upstream.url }) })
  let looking: NodeJS.Timeout | undefined
  const asSoonAsThereIsAWorker = (pid: number): void => {
    looking = setInterval(() => {
      if (childrenOf(pid).length === 0) return
      process.kill(pid, 'SIGHUP')
      clearInterval(looking)
    }, 2)
  }
  t.teardown(() => clearInterval(looking))
  const served = await serveProcess(t, folder, ['--workers', '2'], {}, asSoonAsThereIsAWorker)
  t.is((await fetch(`${served.url}/stepon/about`)).status, 200)
  t.is(await served.end('SIGTERM'), 0)
})

test.serial('a new worker that does not start leaves the present ones at work', async (t) => {
  t.timeout(180_000)
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'step-on.json': stepOnDocument({ upstream: upstream.url }) })
  const documents = join(folder, 'documents')
  mkdirSync(documents)
  renameSync(join(folder, 'step-on.json'), join(documents, 'step-on.json'))
  const served = await serveProcess(t, documents, ['--workers', '2', '--store', `sqlite:${folder}/other.db`])
  const before = childrenOf(served.pid)
  renameSync(documents, join(folder, 'elsewhere'))
  process.kill(served.pid, 'SIGHUP')
  await until(() => served.said().includes('there is no such file or folder'), served.said)
  t.deepEqual(childrenOf(served.pid).slice(0, 2), before)
  for (let count = 0; count < 4; count++) {
    t.is((await fetch(`${served.url}/stepon/about`, { headers: { connection: 'close' } })).status, 200)
  }
})

test.serial('tokens, revocations and numbers are those of all workers; one that is killed is replaced', async (t) => {
  t.timeout(180_000)
  const { served } = await twoWorkers(t)
  const agent = await registerAgent(served.api('step-on', '/stepon'))
  const { accessToken } = await agent.clientCredentials('statistics')
  // A connection of its own for each request: they go to the workers in turn.
  const ask = async () => (await agent.call('/statistics', accessToken, { headers: { connection: 'close' } })).status
  for (let count = 0; count < 4; count++) t.is(await ask(), 200)
  for (let count = 0; count < 2; count++) {
    t.regex(
      await numbersOfBoth(served),
      /^gatehouse_requests_total\{api="step-on",operation="getStatistics",status="200"\} 4$/m,
    )
  }
  const [victim = 0, survivor = 0] = childrenOf(served.pid)
  process.kill(victim, 'SIGKILL')
  await until(() => !childrenOf(served.pid).includes(victim), served.said)
  for (let count = 0; count < 4; count++) t.is(await ask(), 200)
  await numbersOfBoth(served)
  t.true(childrenOf(served.pid).includes(survivor))
  for (let count = 0; count < 4; count++) t.is(await ask(), 200)
  const revoked = await adminCall(agent.api, 'POST', `/api/apis/oauth/${agent.client.clientId}/revoke_all`)
  t.is(revoked.status, 200)
  const began = performance.now()
  await until(async () => (await ask()) === 401 && (await ask()) === 401, served.said)
  t.log(`revoked at all workers after ${Math.round(performance.now() - began)} ms`)
  for (let count = 0; count < 4; count++) t.is(await ask(), 401)
})

test.serial('a connection that was being given to a worker when it died is ended, not left hanging', async (t) => {
  t.timeout(180_000)
  const { served } = await twoWorkers(t)
  const [victim = 0] = childrenOf(served.pid)
  process.kill(victim, 'SIGSTOP') // so that it certainly dies before it has taken the connection
  let answered = 0
  const ask = (): Promise<unknown> =>
    fetch(`${served.url}/stepon/about`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(60_000) }).then(
      ({ status }) => {
        answered++
        return status
      },
      (error: Error) => (error.name === 'TimeoutError' ? 'hung' : 'ended'),
    )
  const asked = [ask(), ask(), ask(), ask()]
  await until(() => answered === 3, served.said)
  process.kill(victim, 'SIGKILL')
  t.deepEqual((await Promise.all(asked)).toSorted(), [200, 200, 200, 'ended'])
})

/** A page of metrics to which both workers contributed: one that is busy for a second is left out. */
async function numbersOfBoth({ adminUrl, said }: Served): Promise<string> {
  let page = ''
  await until(async () => {
    page = await (await fetch(`${adminUrl}/metrics`)).text()
    return /^gatehouse_workers 2$/m.test(page)
  }, said)
  return page
}

test.serial('what keeps a worker from starting is said once, and the exit code is its own', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise((ready) => taken.once('listening', ready))
  const { port } = taken.address() as AddressInfo
  const listen = ['--workers', '2', '--listen', `127.0.0.1:${port}`]
  const error = await t.throwsAsync(serveProcess(t, folderFor(t, {}), listen))
  t.regex(error.message, /serve ended with 2/)
  t.is(error.message.split('something else listens there').length, 2)
})

test.serial('a store in memory is of one process: workers are refused', async (t) => {
  const settings = loadSettings('apis', { store: 'memory:', workers: '2' }, {})
  const io: Io = {
    stdout() {},
    stderr() {},
    colors: false,
    cwd: '/',
    environment: () => undefined,
    stopped: () => new Promise(() => {}),
  }
  await t.throwsAsync(serveTogether(settings, io), { message: /memory: is of one process only/ })
})

test.serial('workers end when the process that watches over them is gone', async (t) => {
  t.timeout(180_000)
  const { served } = await twoWorkers(t)
  const children = childrenOf(served.pid)
  await served.end('SIGKILL')
  await until(() => children.every((pid) => !isAlive(pid)), served.said)
  t.pass()
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
