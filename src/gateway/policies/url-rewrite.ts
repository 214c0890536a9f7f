import { canonicalLiteral, canonicalPath, decodeOnce } from '../../api/routes/canonical-path.ts'
import { borrowedParameters, type UrlRewriteSettings, urlRewriteSettings } from '../../api/settings/url-rewrite.ts'
import { Problem } from '../../core/problem.ts'
import type { Call } from '../call.ts'
import { parseRequestTarget } from '../request-target.ts'
import { stripQuery } from '../strip-credential.ts'
import { definePolicy } from './policy.ts'

/** Values by parameter name, as they may stand in a path. */
type Values = ReadonlyMap<string, string>

/** Sends a request to another path of the upstream. What was asked for has been checked by then, and stays what counts. */
export const urlRewrite = definePolicy({
  name: 'urlRewrite',
  settings: urlRewriteSettings,
  create({ match, path, query }) {
    const find = match === undefined ? borrowed({ path, query }) : matcher(match)
    const newPath = path === undefined ? undefined : pathFiller(path)
    const changed = new Set([...query.remove, ...Object.keys(query.set)])
    const setQuery = queryFiller(query.set)
    if (newPath === undefined && changed.size === 0) return undefined
    return (call) => {
      const values = find(call)
      if (!values) return undefined
      if (newPath) call.path = (call.api.stripListenPath ? '' : call.api.listenPath) + newPath(values)
      if (changed.size === 0) return undefined
      const rest = stripQuery(call.query, changed)
      const added = setQuery(values)
      call.query = added === '' ? rest : rest.length > 1 ? `${rest}&${added}` : `?${added}`
      return undefined
    }
  },
})

const UNESCAPED = /%(?:3A|40|24|26|2B|2C|3B|3D)/g

/** RFC 3986 §3.3: a decoded value as one segment, with nothing escaped that need not be. */
const asSegment = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replace(UNESCAPED, decodeURIComponent)

const queryValue = (segment: string): string => encodeURIComponent(decodeOnce(segment).toWellFormed())

const NO_VALUES: Values = new Map()

/** The operation's own parameters, as far as they are used. */
function borrowed(rewrite: Pick<UrlRewriteSettings, 'path' | 'query'>): (call: Call) => Values {
  const names = [...new Set(borrowedParameters(rewrite))]
  if (names.length === 0) return () => NO_VALUES
  return ({ parameters }) => new Map(names.map((name) => [name, asSegment(parameters[name] ?? '')]))
}

/** Compares segment by segment, so that no pattern can take longer than the path is long. */
function matcher(template: string): (call: Call) => Values | undefined {
  const segments = template.split('/').map((segment) => {
    const name = /^\{(.*?)(\*?)\}$/.exec(segment)
    return name ? { name: name[1] ?? '', tail: name[2] === '*' } : { literal: canonicalLiteral(segment) }
  })
  return ({ rest }) => {
    const found = canonicalPath(rest).split('/')
    const values = new Map<string, string>()
    for (const [index, segment] of segments.entries()) {
      const value = found[index]
      if ('literal' in segment) {
        if (segment.literal !== value) return undefined
      } else if (segment.tail) {
        return values.set(segment.name, found.slice(index).join('/'))
      } else if (value === undefined || value === '') return undefined
      else values.set(segment.name, value)
    }
    return found.length === segments.length ? values : undefined
  }
}

/** Puts values in the place of names in braces; `literal` writes what stands around them, once. */
function filler(
  template: string,
  write: (value: string) => string,
  literal: (text: string) => string = canonicalLiteral,
): (values: Values) => string {
  if (!template.includes('{')) {
    const text = literal(template)
    return () => text
  }
  const pieces = template.split(/\{([^{}]*)\}/).map((piece, index) => (index % 2 === 0 ? literal(piece) : piece))
  return (values) => {
    let text = ''
    for (const [index, piece] of pieces.entries()) text += index % 2 === 0 ? piece : write(values.get(piece) ?? '')
    return text
  }
}

function queryFiller(set: Readonly<Record<string, string>>): (values: Values) => string {
  const parts = Object.entries(set).map(([name, value]) => {
    const fill = filler(value, queryValue, encodeURIComponent)
    return (values: Values) => `${encodeURIComponent(name)}=${fill(values)}`
  })
  const all = (values: Values): string => parts.map((part) => part(values)).join('&')
  if (Object.values(set).some((value) => value.includes('{'))) return all
  const text = all(NO_VALUES)
  return () => text
}

/** Values that are harmless apart may make a dot segment together; without values the path was checked at load. */
function pathFiller(template: string): (values: Values) => string {
  const fill = filler(template, (value) => value)
  if (!template.includes('{')) return fill
  return (values) => {
    const path = fill(values)
    if (parseRequestTarget(path)) return path
    throw new Problem(400, 'bad_request', 'The request target is not valid.')
  }
}
