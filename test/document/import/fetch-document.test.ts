import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log.ts'
import { fetchDocument } from '../../../src/document/import/fetch-document.ts'
import { createOutbound } from '../../../src/outbound/client.ts'

interface Files {
  readonly url: string
  /** Paths that were asked for, in their order. */
  readonly asked: readonly string[]
}

/** A server of files by their path; a text that begins with `->` redirects. */
async function serving(t: ExecutionContext, files: (path: string) => string | undefined): Promise<Files> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const text = files(path)
    if (text?.startsWith('->')) response.writeHead(302, { location: text.slice(2) }).end()
    else if (text === undefined) response.writeHead(404).end()
    else response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function outboundFor(t: ExecutionContext) {
  const outbound = createOutbound({ privateTargets: 'allow', clock: systemClock, log: silentLog })
  t.teardown(() => outbound.close())
  return outbound
}

const referring = (...references: readonly string[]): string =>
  JSON.stringify({ openapi: '3.0.3', 'x-parts': references.map(($ref) => ({ $ref })) })

test('a reference leads nowhere but into the folder of the document, however it is escaped', async (t) => {
  const other = await serving(t, () => 'secret: true')
  const { host } = new URL(other.url)
  const main = referring(
    '%252e%252e/%252e%252e/private/secret.yaml',
    `%68ttp://${host}/a.yaml`,
    `%2568ttp://${host}/b.yaml`,
    `.//${host}/c.yaml`,
    '%2e%2e/d.yaml',
    '\ud800.yaml',
  )
  const own = await serving(t, (path) => (path === '/specs/v1/openapi.yaml' ? main : 'secret: true'))
  const fetched = await fetchDocument(`${own.url}/specs/v1/openapi.yaml`, outboundFor(t))
  t.true(fetched.ok)
  t.deepEqual(other.asked, [])
  t.true(own.asked.length > 1)
  t.deepEqual(
    own.asked.filter((path) => !path.startsWith('/specs/v1/')),
    [],
  )
  t.deepEqual(
    own.asked.filter((path) => /%2e/i.test(path)),
    [],
    'an escape of the reference is not one of the URL',
  )
})

test('names with characters that mean something in URLs are found', async (t) => {
  const files: Readonly<Record<string, string>> = {
    '/openapi.yaml': referring('a%20b/c%23d%3Fe.yaml', 'f%25g.yaml'),
    '/a%20b/c%23d%3Fe.yaml': 'one: 1',
    '/f%25g.yaml': 'two: 2',
  }
  const { url } = await serving(t, (path) => files[path])
  const fetched = await fetchDocument(`${url}/openapi.yaml`, outboundFor(t))
  t.deepEqual(fetched.ok && [...fetched.value.parts].sort(), [
    ['a b/c#d?e.yaml', 'one: 1'],
    ['f%g.yaml', 'two: 2'],
  ])
})

test('a redirection of the document is followed; one of a part only within the folder where the document was', async (t) => {
  const other = await serving(t, () => 'secret: true')
  const files: Readonly<Record<string, string>> = {
    '/openapi.yaml': '->/specs/openapi.yaml',
    '/specs/openapi.yaml': referring('a.yaml', 'b.yaml', 'c.yaml'),
    '/specs/a.yaml': '->moved/a.yaml',
    '/specs/moved/a.yaml': 'here: true',
    '/specs/b.yaml': '->/private/secret.yaml',
    '/specs/c.yaml': `->${other.url}/specs/secret.yaml`,
    '/private/secret.yaml': 'secret: true',
  }
  const own = await serving(t, (path) => files[path])
  const fetched = await fetchDocument(`${own.url}/openapi.yaml`, outboundFor(t))
  t.deepEqual(fetched.ok && [...fetched.value.parts], [['a.yaml', 'here: true']])
  t.deepEqual(other.asked, [])
  t.false(own.asked.includes('/private/secret.yaml'))
})

test('a URL whose last part is no UTF-8 names the file as it stands there', async (t) => {
  const { url } = await serving(t, () => referring())
  for (const [last, file] of [
    ['%E9.yaml', '-E9.yaml'],
    ['%zz', '-zz'],
    ['', 'openapi'],
  ] as const) {
    const fetched = await fetchDocument(`${url}/${last}`, outboundFor(t))
    t.is(fetched.ok && fetched.value.file, file)
  }
})
