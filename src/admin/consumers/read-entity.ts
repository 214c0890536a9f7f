import { Problem } from '../../core/problem.ts'
import { parseForm } from '../../oauth/http.ts'
import type { AdminBody } from '../admin-route.ts'
import { readBody } from '../http/read-body.ts'

/** Fields that are lists, and those that are switches: in a form everything is a text. */
const LISTS: ReadonlySet<string> = new Set(['redirect_uris', 'tags', 'apis', 'scopes', 'grant_types', 'policies'])
const SWITCHES: ReadonlySet<string> = new Set(['hash_secret'])

/**
 * The members of a JSON object or of a form. In a form a list is `tags=a&tags=b`, `tags[]=a` or `tags[1]=a`, and a member of
 * an object `consumer.id=…`. Throws 400 `malformed_body`, 415.
 */
export function readEntity(body: AdminBody): Readonly<Record<string, unknown>> {
  if (body.type === 'application/x-www-form-urlencoded') return formEntity(body.text)
  const value = readBody(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(400, 'malformed_body', 'The body must be a JSON object or a form.')
  }
  return value as Readonly<Record<string, unknown>>
}

const NAME = /^([a-z_]+)(?:\[\d*\]|\.([a-z_]+))?$/

function formEntity(text: string): Readonly<Record<string, unknown>> {
  const entity = new Map<string, unknown>()
  for (const [written, value] of parseForm(text).entries) {
    const [, name = written, below] = NAME.exec(written) ?? []
    if (below !== undefined) entity.set(name, { ...(entity.get(name) as object | undefined), [below]: value })
    else if (LISTS.has(name)) entity.set(name, [...((entity.get(name) as unknown[]) ?? []), value])
    else if (entity.has(name)) throw new Problem(400, 'malformed_body', 'A parameter was sent more than once.')
    else entity.set(name, SWITCHES.has(name) && /^(?:true|false)$/.test(value) ? value === 'true' : value)
  }
  return Object.fromEntries(entity)
}
