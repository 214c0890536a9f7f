import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import test from 'ava'
import { editText } from '../../../src/document/edit/edit-text.ts'
import { isObject, type JsonObject } from '../../../src/document/node.ts'
import { readSource } from '../../../src/document/read-source.ts'

const examples = dirname(createRequire(import.meta.url).resolve('@readme/oas-examples/package.json'))
const apis = resolve(import.meta.dirname, '../../../apis')

/** Every document of the corpora that tests may use, JSON and YAML. */
const documents = [examples, apis].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:json|ya?ml)$/.test(name) && !/(?:^|\/)(?:node_modules|package(?:-lock)?\.json)/.test(name))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
)
const values = documents.flatMap(({ name, text }) => {
  const value = readSource(name, text).source?.value
  return isObject(value) ? [{ name, text, value }] : []
})
/** The largest take seconds where the machine is busy, and say nothing new. */
const small = values.filter(({ text }) => text.length < 100_000)
const EXTENSION = { server: { listenPath: { value: '/a/' } }, upstream: { url: 'http://127.0.0.1:1' } }

/** The text after an edit; fails where it cannot be made. */
function edited(text: string, value: JsonObject): string {
  const result = editText(text, value)
  if (!result.ok) throw new Error(result.error.kind)
  return result.value
}

test('a save that changes nothing is byte-identical on every document of the corpora', (t) => {
  t.true(values.length > 100)
  t.true(values.some(({ name }) => name.endsWith('.yaml')) && values.some(({ name }) => name.endsWith('.json')))
  for (const { name, text, value } of values) t.is(edited(text, structuredClone(value)), text, name)
})

test('adding the extension keeps every line of every document, and removing it gives back the same bytes', (t) => {
  for (const { name, text, value } of small) {
    if ('x-gateway' in value) continue
    const added = edited(text, { ...value, 'x-gateway': EXTENSION })
    const body = text.trimEnd().replace(/\s*\}$/, '')
    t.true(added.startsWith(body), `${name}: what was there changed`)
    t.is(edited(added, value), text, name)
  }
})

test('a change deep inside touches one line', (t) => {
  for (const { name, text, value } of small) {
    const { info } = value
    if (!isObject(info) || typeof info['title'] !== 'string' || !text.includes(info['title'])) continue // in one line
    const after = edited(text, { ...value, info: { ...info, title: 'Another title' } })
    const [before, now] = [text.split('\n'), after.split('\n')]
    t.is(now.length, before.length, name)
    const changed = before.filter((line, index) => line !== now[index]).length
    t.is(changed, 1, name)
  }
})
