import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type LanguageServer, yamlLanguageServer } from '../_kit/language-server.ts'

const APIS = resolve(import.meta.dirname, '../../apis')
const MODELINE = '# yaml-language-server: $schema=../schemas/openapi-x-gateway.schema.json\n'

/** A place in the text: `|` marks the cursor. */
interface Opened {
  readonly uri: string
  readonly at: { readonly line: number; readonly character: number }
}

function open(server: LanguageServer, name: string, marked: string): Opened {
  const uri = pathToFileURL(resolve(APIS, name)).href
  const cursor = marked.indexOf('|')
  const above = marked.slice(0, cursor).split('\n')
  const at = { line: above.length - 1, character: above.at(-1)?.length ?? 0 }
  const text = marked.replace('|', '')
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
  return { uri, at }
}

async function completions(server: LanguageServer, name: string, marked: string) {
  const { uri, at } = open(server, name, marked)
  const answer = (await server.request('textDocument/completion', { textDocument: { uri }, position: at })) as {
    items: readonly { label: string; documentation?: unknown }[]
  }
  return answer.items
}

async function hover(server: LanguageServer, name: string, marked: string): Promise<string> {
  const { uri, at } = open(server, name, marked)
  return JSON.stringify(await server.request('textDocument/hover', { textDocument: { uri }, position: at }))
}

const HEAD = `${MODELINE}openapi: 3.1.0\ninfo: { title: A, version: '1' }\npaths: {}\nx-gateway:\n`

const server = (t: ExecutionContext) => yamlLanguageServer(t)

test('an editor completes the keys of the extension at every depth, with what they mean', async (t) => {
  const editor = await server(t)
  const top = await completions(editor, 'a.yaml', `${HEAD}  |`)
  t.deepEqual(
    top
      .map(({ label }) => label)
      .filter((label) => /^[a-z]+$/.test(label))
      .sort(),
    ['info', 'middleware', 'server', 'upstream'],
  )
  t.regex(JSON.stringify(top.find(({ label }) => label === 'upstream')), /Where requests are forwarded/)
  const scheme = `${HEAD}  server:\n    authentication:\n      enabled: true\n      securitySchemes:\n        oauth:\n          enabled: true\n          |`
  const labels = (await completions(editor, 'b.yaml', scheme)).map(({ label }) => label)
  for (const key of ['authLoginRedirect', 'refreshToken', 'notifications', 'pkce']) t.true(labels.includes(key), key)
  const values = await completions(editor, 'c.yaml', `${scheme.replace('|', '')}pkce: |`)
  t.deepEqual(
    values.map(({ label }) => label).filter((label) => ['required', 'public', 'optional'].includes(label)).length,
    3,
  )
  const policies = (
    await completions(editor, 'd.yaml', `${HEAD}  middleware:\n    operations:\n      GET /a:\n        |`)
  ).map(({ label }) => label)
  for (const key of ['timeout', 'block', 'requestSizeLimit']) t.true(policies.includes(key), key)
})

test('an editor explains a setting under the cursor, inline policies of operations included', async (t) => {
  const editor = await server(t)
  t.regex(await hover(editor, 'a.yaml', `${HEAD}  server:\n    listen|Path: { value: /a/ }\n`), /Where the API listens/)
  const inline = `${MODELINE}openapi: 3.0.3\ninfo: { title: A, version: '1' }\npaths:\n  /a:\n    get:\n      x-gateway:\n        blo|ck: { enabled: true }\n      responses: {}\n`
  t.regex(await hover(editor, 'b.yaml', inline), /Answer 403 to every request/)
})

test('an editor marks what the gateway would refuse, and finds nothing to mark in the sample', async (t) => {
  const editor = await server(t)
  const marks = async (name: string, text: string): Promise<readonly { message: string; severity: number }[]> => {
    const { uri } = { uri: pathToFileURL(resolve(APIS, name)).href }
    const told = editor.received('textDocument/publishDiagnostics', (params) => params['uri'] === uri)
    open(editor, name, `${text}|`)
    return (await told)['diagnostics'] as readonly { message: string; severity: number }[]
  }
  const [wrong] = await marks('wrong.yaml', `${HEAD}  server:\n    listenPaht: { value: /a/ }\n`)
  t.regex(wrong?.message ?? '', /listenPaht/)
  t.deepEqual(await marks('step-on.yaml', readFileSync(resolve(APIS, 'step-on.yaml'), 'utf8')), [])
})
