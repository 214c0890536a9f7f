import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import type { Resolve } from '../../src/outbound/checked-lookup.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { OutboundError, type OutboundRequest } from '../../src/outbound/outbound.ts'
import { keptConnections } from '../_kit/kept-connections.ts'

async function listening(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const serve = (t: ExecutionContext, listener: RequestListener) => listening(t, createServer(listener))

function outbound(t: ExecutionContext, resolve?: Resolve) {
  const client = createOutbound({
    privateTargets: 'allow',
    clock: systemClock,
    log: silentLog,
    ...(resolve ? { resolve } : {}),
  })
  t.teardown(() => client.close())
  return client
}

const get = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  timeout: 60_000, // no test of an answer should depend on how soon it comes
  maxBytes: 1024,
  chosenBy: 'operator',
  ...more,
})

async function failure(t: ExecutionContext, call: Promise<unknown>) {
  return (await t.throwsAsync(call, { instanceOf: OutboundError })) as OutboundError
}

test('any status is an answer, with its headers and body', async (t) => {
  const port = await serve(t, (request, response) => {
    response.writeHead(request.url === '/no' ? 404 : 200, { 'X-One': 'a' }).end(`${request.method} ${request.url}`)
  })
  const client = outbound(t)
  const answer = await client.request(get(`http://127.0.0.1:${port}/x?y=1#hash`))
  t.like(answer, { status: 200, body: 'GET /x?y=1', truncated: false })
  t.is(answer.headers['x-one'], 'a')
  t.is((await client.request(get(`http://127.0.0.1:${port}/no`))).status, 404)
})

test('a body is posted byte for byte with the given headers', async (t) => {
  const port = await serve(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end(`${request.headers['content-type']} ${Buffer.concat(chunks).toString()}`)
  })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await outbound(t).request(
    get(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"ü": "€"}', headers }),
  )
  t.is(answer.body, 'application/json {"ü": "€"}')
})

test('a redirect is an answer; it is not followed', async (t) => {
  let followed = 0
  const target = await serve(t, (_, response) => {
    followed++
    response.end()
  })
  const port = await serve(t, (_, response) => {
    response.writeHead(302, { Location: `http://127.0.0.1:${target}/` }).end()
  })
  const answer = await outbound(t).request(get(`http://127.0.0.1:${port}/`))
  t.is(answer.status, 302)
  t.is(followed, 0)
})

test('an endless answer is read to its bound and cut off', async (t) => {
  const gone = Promise.withResolvers<void>()
  const port = await serve(t, (_, response) => {
    const more = (): void => {
      while (response.writable && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more).on('close', () => gone.resolve())
    more()
  })
  const answer = await outbound(t).request(get(`http://127.0.0.1:${port}/`, { maxBytes: 10_000 }))
  t.is(answer.body.length, 10_000)
  t.true(answer.truncated)
  await gone.promise
})

test('no status before the deadline is a timeout', async (t) => {
  const port = await serve(t, () => {})
  const error = await failure(t, outbound(t).request(get(`http://127.0.0.1:${port}/`, { timeout: 100 })))
  t.is(error.code, 'timeout')
})

test('a body that drips beyond the deadline is cut off there; its status stands', async (t) => {
  const port = await serve(t, (_, response) => {
    response.writeHead(200)
    response.write('a')
  })
  const answer = await outbound(t).request(get(`http://127.0.0.1:${port}/`, { timeout: 10_000 }))
  t.like(answer, { status: 200, body: 'a', truncated: true })
})

test('a refused or reset connection is a connection failure', async (t) => {
  const port = await serve(t, (request) => request.socket.destroy())
  const client = outbound(t)
  t.is((await failure(t, client.request(get(`http://127.0.0.1:${port}/`)))).code, 'connection')
  t.is((await failure(t, client.request(get('http://127.0.0.1:1/')))).code, 'connection')
})

test('a certificate that does not verify is a TLS failure', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
  ]
  execFileSync('openssl', ['req', '-x509', ...options, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end())
  const port = await listening(t, server)
  t.is((await failure(t, outbound(t).request(get(`https://127.0.0.1:${port}/`)))).code, 'tls')
  const plain = await serve(t, (_, response) => response.end())
  t.is((await failure(t, outbound(t).request(get(`https://127.0.0.1:${plain}/`)))).code, 'tls')
})

test('a host is called only at the address that was checked, whatever the name server says next', async (t) => {
  const port = await serve(t, (_, response) => response.end('inside'))
  let asked = 0
  const rebinding: Resolve = async () => {
    asked++
    return [{ address: asked === 1 ? '198.51.100.7' : '127.0.0.1', family: 4 }]
  }
  const error = await failure(t, outbound(t, rebinding).request(get(`http://rebind.example:${port}/`)))
  t.is(error.code, 'refused_address')
  t.is(asked, 1)
})

test('one refused address among several refuses the host', async (t) => {
  const port = await serve(t, (_, response) => response.end('inside'))
  const mixed: Resolve = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: 'fe80::1', family: 6 },
  ]
  t.is((await failure(t, outbound(t, mixed).request(get(`http://mixed.example:${port}/`)))).code, 'refused_address')
})

test('a connection that was opened for an operator is not lent to a stranger', async (t) => {
  const port = await serve(t, (_, response) => response.end('inside'))
  const client = outbound(t, async () => [{ address: '127.0.0.1', family: 4 }])
  const url = `http://inside.example:${port}/`
  t.is((await client.request(get(url))).body, 'inside')
  t.is((await failure(t, client.request(get(url, { chosenBy: 'stranger' })))).code, 'refused_address')
})

test('a name without address cannot be called', async (t) => {
  const nowhere: Resolve = () => Promise.reject(new Error('no such host'))
  t.is((await failure(t, outbound(t, nowhere).request(get('http://nowhere.example/')))).code, 'unresolvable')
})

test('connections are kept for the next call', async (t) => {
  const kept = keptConnections()
  const port = await serve(t, kept.listener)
  const client = outbound(t)
  for (let turn = 0; turn < 5; turn++) await client.request(get(`http://127.0.0.1:${port}/`))
  t.true(kept.opened() <= kept.allowed(), `${kept.opened()} connections`)
})

test('connections are kept where the answer is there before this process has looked up from writing', async (t) => {
  // In a thread of its own, or it could not answer meanwhile.
  const server = new Worker(QUICK_SERVER, { eval: true })
  t.teardown(() => server.terminate())
  const [port] = await once(server, 'message')
  const client = outbound(t)
  const ports = new Set<string | undefined>()
  const calls = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      const { headers } = await client.request(
        get(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(500) }),
      )
      ports.add(headers['x-port'])
    }
  }
  let ended = false
  const busy = (): void => {
    const until = performance.now() + 1
    while (performance.now() < until);
    if (!ended) setImmediate(busy)
  }
  busy()
  await Promise.all(Array.from({ length: 8 }, calls))
  ended = true
  t.true(ports.size <= 16, `${ports.size} connections for 160 calls, 8 at a time`)
})

const QUICK_SERVER = `
  const { createServer } = require('node:http')
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204, { 'X-Port': request.socket.remotePort }).end())
  })
  server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port))`

test('a call that may be repeated is repeated after 5xx and broken connections, within its deadline', async (t) => {
  let calls = 0
  const port = await serve(t, (request, response) => {
    calls++
    if (calls === 1) request.socket.destroy()
    else response.writeHead(calls === 2 ? 503 : 200).end()
  })
  const answer = await outbound(t).request(get(`http://127.0.0.1:${port}/`, { retries: 2 }))
  t.is(answer.status, 200)
  t.is(calls, 3)
})

test('neither body nor credentials nor the path of the URL stand in an error', async (t) => {
  const port = await serve(t, (request) => request.socket.destroy())
  const error = await failure(
    t,
    outbound(t).request(
      get(`http://127.0.0.1:${port}/hook/canary-path?k=canary-query`, {
        method: 'POST',
        body: 'canary-body',
        headers: { authorization: 'canary-header' },
      }),
    ),
  )
  t.false(inspect(error, { depth: 9 }).includes('canary'))
})

test('proxies of the environment are not used', async (t) => {
  let proxied = 0
  const proxy = await serve(t, (_, response) => {
    proxied++
    response.end('proxy')
  })
  const port = await serve(t, (_, response) => response.end('direct'))
  const script = `
    import { createOutbound } from './src/outbound/client.ts'
    import { systemClock } from './src/core/clock.ts'
    import { silentLog } from './src/core/log.ts'
    const client = createOutbound({ privateTargets: 'allow', clock: systemClock, log: silentLog })
    const call = { method: 'GET', url: 'http://127.0.0.1:${port}/', timeout: 60_000, maxBytes: 100, chosenBy: 'operator' }
    console.log((await client.request(call)).body)
    client.close()`
  const env = {
    ...process.env,
    HTTP_PROXY: `http://127.0.0.1:${proxy}`,
    http_proxy: `http://127.0.0.1:${proxy}`,
    NODE_USE_ENV_PROXY: '1',
    NO_PROXY: '',
  }
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const run = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script], { env })
  t.is(run.stdout.trim(), 'direct')
  t.is(proxied, 0)
})
