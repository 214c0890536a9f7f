import { posix } from 'node:path'
import { type Diagnostic, hasErrors } from '../core/diagnostic.ts'
import { toPointer } from '../core/json-pointer.ts'
import type { DiagnosticCode } from './codes.ts'
import type { Folder } from './folder.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import { childOf, isObject, type Node, rootOf } from './node.ts'
import { readSource } from './read-source.ts'
import { parseReference } from './reference.ts'
import type { Source } from './source.ts'

/** Why a `$ref` leads nowhere. */
export interface ReferenceProblem {
  readonly code: DiagnosticCode
  readonly message: string
  readonly hint?: string
}

export type Resolved = { readonly node: Node } | { readonly problem: ReferenceProblem }

/** Follows `$ref`s, one at a time and only when asked; files are read once. Nothing is copied or expanded. */
export interface References {
  /** The value that a `$ref` at `node` leads to, through further `$ref`s if need be; `node` itself if it has none. */
  follow(node: Node): Resolved
  /** The value that the `$ref` at `node` itself leads to, which may be a `$ref` again; undefined if there is none. */
  target(node: Node): Node | undefined
  /** Every file that was read, the document first. */
  readonly sources: readonly Source[]
  /** Real paths of files that were asked for, whether or not they exist. */
  readonly files: readonly string[]
  /** What the referenced files themselves are diagnosed with. */
  readonly diagnostics: readonly Diagnostic[]
}

type Loaded = { readonly source: Source } | { readonly problem: ReferenceProblem }

/** `main` is the document; the files it refers to come from `folder`. */
export function openReferences(main: Source, folder: Folder): References {
  const home = posix.dirname(main.file.replaceAll('\\', '/'))
  const mainName = posix.basename(main.file.replaceAll('\\', '/'))
  const loaded = new Map<string, Loaded>([[mainName, { source: main }]])
  const names = new Map<Source, string>([[main, mainName]])
  const sources: Source[] = [main]
  const files: string[] = []
  const diagnostics: Diagnostic[] = []
  let length = 0

  const load = (name: string): Loaded => {
    if (loaded.size >= DOCUMENT_LIMITS.files) return { problem: TOO_MUCH }
    const answer = folder.read(name)
    if (answer.kind === 'outside') return { problem: OUTSIDE }
    files.push(answer.path)
    if (answer.kind === 'unreadable') return { problem: unreadable(name, answer.reason) }
    length += answer.text.length
    if (length > DOCUMENT_LIMITS.filesLength) return { problem: TOO_MUCH }
    const read = readSource(posix.join(home, name), answer.text)
    diagnostics.push(...read.diagnostics)
    if (!read.source || hasErrors(read.diagnostics)) return { problem: unreadable(name, 'it has errors of its own') }
    names.set(read.source, name)
    sources.push(read.source)
    return { source: read.source }
  }
  const step = (node: Node, text: string): Resolved => {
    const reference = parseReference(text, names.get(node.source) ?? mainName)
    if (reference.kind !== 'local') return { problem: refusal(reference.kind, text) }
    let target: Loaded = { source: node.source }
    if (reference.file !== undefined) {
      target = loaded.get(reference.file) ?? load(reference.file)
      loaded.set(reference.file, target)
    }
    if ('problem' in target) return target
    const found = childOf(rootOf(target.source), ...reference.path)
    return found.value === undefined ? { problem: dangling(text) } : { node: found }
  }
  const follow = (start: Node): Resolved => {
    const seen = new Set<string>()
    let node = start
    for (let text = refOf(node); text !== undefined; text = refOf(node)) {
      const here = `${node.source.file}#${toPointer(node.path)}`
      if (seen.has(here) || seen.size >= DOCUMENT_LIMITS.chain) return { problem: CYCLE }
      seen.add(here)
      const next = step(node, text)
      if ('problem' in next) return next
      node = next.node
    }
    return { node }
  }
  const target = (node: Node): Node | undefined => {
    const text = refOf(node)
    const resolved = text === undefined ? undefined : step(node, text)
    return resolved && 'node' in resolved ? resolved.node : undefined
  }
  return { follow, target, sources, files, diagnostics }
}

/** The text of a `$ref`, if the value is a reference. */
export function refOf(node: Node): string | undefined {
  if (!isObject(node.value) || !Object.hasOwn(node.value, '$ref')) return undefined
  return typeof node.value['$ref'] === 'string' ? node.value['$ref'] : undefined
}

const OUTSIDE: ReferenceProblem = {
  code: 'GW1202',
  message: 'this reference leads out of the folder of the document',
  hint: 'put the file into the folder of the document, or below it',
}
const TOO_MUCH: ReferenceProblem = { code: 'GW1206', message: 'the references of the document need too many files' }
const CYCLE: ReferenceProblem = { code: 'GW1205', message: 'this chain of references leads back to itself' }

const unreadable = (name: string, reason: string): ReferenceProblem => ({
  code: 'GW1203',
  message: `the file ${JSON.stringify(name)} cannot be used: ${reason}`,
})
const dangling = (text: string): ReferenceProblem => ({
  code: 'GW1204',
  message: `${JSON.stringify(text)} names something that does not exist`,
})

function refusal(kind: 'remote' | 'outside' | 'unknown', text: string): ReferenceProblem {
  if (kind === 'outside') return OUTSIDE
  if (kind === 'unknown') return { code: 'GW1204', message: `${JSON.stringify(text)} is not a JSON pointer` }
  return {
    code: 'GW1201',
    message: `${JSON.stringify(text)} leads to another server; such references are not followed`,
    hint: 'download the file next to the document and refer to it by its relative path',
  }
}
