import type { JsonPath } from '../../core/json-pointer.ts'
import { columnOf } from '../edit/block-splices.ts'
import { jsonLayout } from '../edit/json-layout.ts'
import type { Layout, LayoutMember } from '../edit/layout.ts'
import { applySplices, lineEnd } from '../edit/splice.ts'
import { yamlLayout } from '../edit/yaml-layout.ts'
import { readSource } from '../read-source.ts'

/**
 * Writes the member at `toPath` of a text as the member at `fromPath` of another is written, comments included; undefined
 * when one of them is not there, or the two are written in different ways. Keys stay. The result still has to be read.
 */
export function graftMember(from: string, fromPath: JsonPath, to: string, toPath: JsonPath): string | undefined {
  const [giver, taker] = [layoutOf(from), layoutOf(to)]
  const given = giver && memberAt(giver, fromPath)
  const taken = taker && memberAt(taker, toPath)
  if (!giver || !taker || !given || !taken || giver.root.flow !== taker.root.flow) return undefined
  if (given.value.flow !== taken.value.flow && !giver.root.flow) return undefined
  const delta = columnOf(to, taken.start) - columnOf(from, given.start)
  const written = reindented(from.slice(given.keyEnd, withRemark(from, given)), delta).replaceAll('\n', taker.eol)
  return applySplices(to, [{ start: taken.keyEnd, end: taken.end, text: written }])
}

/** The end of a YAML member together with the comment that follows on its last line. */
function withRemark(text: string, { end }: LayoutMember): number {
  const rest = text.slice(end, lineEnd(text, end))
  return /^[ \t]+#/.test(rest) ? end + rest.length : end
}

function layoutOf(text: string): Layout | undefined {
  const { source } = readSource('text', text)
  if (!source || source.text !== text) return undefined // a byte order mark would shift every offset
  return source.format === 'json' ? jsonLayout(text) : yamlLayout(text)
}

function memberAt(layout: Layout, path: JsonPath): LayoutMember | undefined {
  let node = layout.root
  let member: LayoutMember | undefined
  for (const step of path) {
    member = node.members().find(({ name }) => name === String(step))
    if (!member) return undefined
    node = member.value
  }
  return member
}

function reindented(text: string, delta: number): string {
  const [first = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n')
  const moved = rest.map((line) => {
    if (line === '' || delta === 0) return line
    return delta > 0 ? ' '.repeat(delta) + line : line.replace(new RegExp(`^ {0,${-delta}}`), '')
  })
  return [first, ...moved].join('\n')
}
