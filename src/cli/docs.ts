import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { generatedFiles } from './docs/generated-files.ts'

/** `npm run docs`: writes what is generated, so that it says what the product does. */
const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8')
for (const [name, text] of await generatedFiles(read)) {
  const file = resolve(ROOT, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
