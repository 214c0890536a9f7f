import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { DIAGNOSTIC_CODES } from '../../src/document/codes.ts'

const SRC = new URL('../../src/', import.meta.url)
const texts = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('codes.ts'))
  .map((name) => readFileSync(new URL(name, SRC), 'utf8'))
const used = new Set(texts.flatMap((text) => [...text.matchAll(/'(GW\d{4})'/g)].map((match) => match[1])))

test('every code of the table is reported somewhere', (t) => {
  t.deepEqual(
    Object.keys(DIAGNOSTIC_CODES).filter((code) => !used.has(code)),
    [],
  )
})

test('every code that is reported stands in the table', (t) => {
  t.deepEqual(
    [...used].filter((code) => code !== undefined && !(code in DIAGNOSTIC_CODES)),
    [],
  )
})

test('the table is in order', (t) => {
  t.deepEqual(Object.keys(DIAGNOSTIC_CODES), Object.keys(DIAGNOSTIC_CODES).sort())
})
