import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml'
import type { JsonPath } from '../core/json-pointer.ts'
import type { MemberOffsets } from './json-offsets.ts'

/** Finds values in a YAML text by its syntax tree; aliases and merge keys lead to where the value is written. */
export function yamlOffsets(document: Document.Parsed): (path: JsonPath) => MemberOffsets {
  return (path) => {
    let node: unknown = document.contents
    let found = whole(document)
    for (const step of path) {
      const member = memberOf(document, node, String(step))
      if (!member) break
      found = member.offsets
      node = member.value
    }
    return found
  }
}

interface Member {
  readonly offsets: MemberOffsets
  readonly value: unknown
}

function whole(document: Document.Parsed): MemberOffsets {
  const [start, end] = rangeOf(document.contents) ?? [0, 0]
  return { keyStart: start, keyEnd: start + 1, start, end }
}

function memberOf(document: Document.Parsed, container: unknown, name: string): Member | undefined {
  const node = isAlias(container) ? container.resolve(document) : container
  if (isSeq(node)) {
    const item = node.items[Number(name)]
    const range = rangeOf(item)
    return range && { value: item, offsets: { keyStart: range[0], keyEnd: range[1], start: range[0], end: range[1] } }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.findLast((item) => keyName(item) === name)
  if (pair) return { value: pair.value, offsets: offsetsOf(pair) }
  return mergedMember(document, node.items, name)
}

/** YAML 1.1 `<<`: what a mapping takes over from others. */
function mergedMember(document: Document.Parsed, pairs: readonly Pair[], name: string): Member | undefined {
  const merge = pairs.find((item) => keyName(item) === '<<')
  if (!merge) return undefined
  const from = isSeq(merge.value) ? merge.value.items : [merge.value]
  for (const other of from) {
    const member = memberOf(document, other, name)
    if (member) return member
  }
  return undefined
}

function offsetsOf(pair: Pair): MemberOffsets {
  const key = rangeOf(pair.key) ?? [0, 0]
  const value = rangeOf(pair.value) ?? key
  return { keyStart: key[0], keyEnd: key[1], start: value[0], end: value[1] }
}

/** The package gives merge keys a symbol for a value. */
function keyName({ key }: Pair): string {
  if (!isScalar(key)) return String(key)
  return typeof key.value === 'symbol' ? '<<' : String(key.value)
}

/** Start and end of what is written, without the blanks that follow. */
function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as Node | null | undefined)?.range
  return range ? [range[0], range[1]] : undefined
}
