import type { z } from 'zod'
import { diagnose } from '../../document/diagnose.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, entriesOf, isObject, type JsonObject, type Node } from '../../document/node.ts'
import type { CompileContext, Report } from '../compile-context.ts'
import { allowListSetting } from '../settings/gateway.ts'
import { infoSettings } from '../settings/info.ts'
import { serverSettings } from '../settings/server.ts'
import { upstreamSettings } from '../settings/upstream.ts'
import { unknownKey } from './issues.ts'
import { readSettings } from './read-settings.ts'

/** The extension without what depends on the rest of the document: schemes and policies are read elsewhere. */
export interface Extension {
  readonly info: z.output<typeof infoSettings>
  readonly server: z.output<typeof serverSettings>
  readonly upstream: z.output<typeof upstreamSettings>
  readonly middleware: { readonly node: Node; readonly allowList: boolean }
}

/** Reads what stands at `x-gateway`. Where something is wrong it is reported, and the defaults stand in for it. */
export function readExtension(document: ApiDocument, context: CompileContext, report: Report): Extension {
  const node = childOf(document.root, 'x-gateway')
  checkKeys(node, ['info', 'server', 'upstream', 'middleware'], report)
  const read = <Schema extends z.ZodType>(schema: Schema, at: Node): z.output<Schema> =>
    readSettings(schema, at, context, report) ?? schema.parse({})
  return {
    info: read(infoSettings, childOf(node, 'info')),
    server: read(serverSettings, withoutSchemes(childOf(node, 'server'), report)),
    upstream: read(upstreamSettings, childOf(node, 'upstream')),
    middleware: readMiddleware(childOf(node, 'middleware'), context, report),
  }
}

/** The settings of schemes are checked one by one, each against what the document says the scheme is. */
function withoutSchemes(node: Node, report: Report): Node {
  const authentication = childOf(node, 'authentication')
  const schemes = childOf(authentication, 'securitySchemes')
  if (!isObject(node.value) || !isObject(authentication.value) || schemes.value === undefined) return node
  if (!isObject(schemes.value)) report(diagnose('GW2102', schemes, 'value', 'expected an object of schemes by name'))
  const { securitySchemes: _, ...rest } = authentication.value
  return { ...node, value: { ...node.value, authentication: rest } satisfies JsonObject }
}

function readMiddleware(node: Node, context: CompileContext, report: Report): Extension['middleware'] {
  checkKeys(node, ['global', 'operations', 'orphans'], report)
  reportOrphans(childOf(node, 'orphans'), report)
  const operations = childOf(node, 'operations')
  if (operations.value !== undefined && !isObject(operations.value)) {
    report(diagnose('GW2102', operations, 'value', 'expected an object of policies by operation'))
  }
  const allowList = childOf(node, 'global', 'allowList')
  if (allowList.value === undefined) return { node, allowList: false }
  return { node, allowList: readSettings(allowListSetting, allowList, context, report) ?? true }
}

/** What a re-import could not place any more. Nothing reads it; it must only not be forgotten. */
function reportOrphans(node: Node, report: Report): void {
  if (node.value !== undefined && !isObject(node.value)) {
    report(diagnose('GW2102', node, 'value', 'expected an object of policies by operation'))
  }
  for (const [key, member] of entriesOf(node)) {
    const hint = 'move them to an operation under middleware.operations, or remove them'
    report(
      diagnose('GW2110', member, 'key', `the document has no operation ${key}: these policies have no effect`, hint),
    )
  }
}

function checkKeys(node: Node, known: readonly string[], report: Report): void {
  if (node.value !== undefined && !isObject(node.value)) {
    report(diagnose('GW2102', node, 'value', `expected an object with ${known.join(', ')}`))
  }
  for (const [key, member] of entriesOf(node)) {
    if (!known.includes(key)) report(diagnose('GW2101', member, 'key', ...unknownKey(key, known)))
  }
}
