import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import test from 'ava'
import { compileDocument } from '../../src/api/compile-document.ts'
import { noFolder } from '../../src/document/folder.ts'
import { readImport } from '../../src/document/import/read-import.ts'
import { CONTEXT } from '../api/compiled.ts'

const FOLDER = dirname(createRequire(import.meta.url).resolve('@readme/oas-examples/package.json'))

const filesOf = (...folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:json|ya?ml)$/.test(name))
      .map((name) => `${folder}/${name}`),
  )

const EXTENSION = { server: { listenPath: { value: '/example/' } }, upstream: { url: 'http://127.0.0.1:9' } }

/** The text with the default extension at its end, whatever stands before. */
function withExtension(text: string): string {
  const extension = JSON.stringify(EXTENSION)
  if (!text.trimStart().startsWith('{')) return `${text.trimEnd()}\nx-gateway: ${extension}\n`
  return `${text.slice(0, text.lastIndexOf('}'))},"x-gateway":${extension}}`
}

/** Errors of an API made from the text with the default extension. */
function errorsOf(file: string, text: string): string[] {
  const { diagnostics } = compileDocument(file, withExtension(text), noFolder, CONTEXT)
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code} ${message}`)
}

test('the examples of @readme/oas-examples become APIs with the default extension', (t) => {
  const files = filesOf('3.0/json', '3.0/yaml', '3.1/json', '3.1/yaml')
  t.true(files.length > 60)
  const refused = files.flatMap((file) => {
    const errors = errorsOf(file, readFileSync(join(FOLDER, file), 'utf8'))
    return errors.length > 0 ? [[file, ...errors]] : []
  })
  // Whoever protects an operation by a scheme that is not declared has forgotten to say how: that is never guessed.
  const undeclared = 'GW3001 the security scheme "api_key" is not declared'
  t.deepEqual(refused, [
    ['3.0/json/response-http-behavior.json', undeclared, undeclared, undeclared],
    ['3.0/yaml/response-http-behavior.yaml', undeclared, undeclared, undeclared],
  ])
})

test('those that are Swagger 2.0 do once they are converted', (t) => {
  const files = filesOf('2.0/json', '2.0/yaml')
  t.true(files.length > 0)
  const refused = files.flatMap((file) => {
    const { text } = readImport(file, readFileSync(join(FOLDER, file), 'utf8'))
    const errors = text === undefined ? ['not read'] : errorsOf(file, text)
    return errors.length > 0 ? [[file, ...errors]] : []
  })
  t.deepEqual(refused, [])
})
