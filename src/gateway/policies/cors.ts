import { z } from 'zod'
import type { Operation } from '../../api/api.ts'
import { duration, flag } from '../../api/settings/field.ts'
import type { Call } from '../call.ts'
import type { ResponseHead } from '../head-edit.ts'
import { removeHeaders } from '../header-list.ts'
import { corsOrigins, ORIGIN_PATTERN } from './cors-origins.ts'
import { definePolicy } from './policy.ts'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const settings = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }),
    allowedOrigins: z
      .array(
        z.string().regex(ORIGIN_PATTERN, 'an origin such as "https://app.example.com", "https://*.example.com" or "*"'),
      )
      .default([])
      .meta({
        title: 'Allowed origins',
        description:
          'Where the pages come from that may call: origins, `https://*.example.com` for whatever lies below, `*` for all.',
        examples: [['https://app.example.com']],
      }),
    allowedMethods: z
      .array(z.string().regex(TOKEN, 'an HTTP method').toUpperCase())
      .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .meta({
        title: 'Allowed methods',
        description: 'Methods that those pages may use.',
        examples: [['GET', 'POST']],
      }),
    allowedHeaders: z
      .array(z.string().regex(TOKEN, 'a header name'))
      .default(['*'])
      .meta({
        title: 'Allowed headers',
        description: 'Request headers that those pages may set; `*` for whatever they ask, `Authorization` included.',
        examples: [['Authorization', 'Content-Type']],
      }),
    exposedHeaders: z
      .array(z.string().regex(TOKEN, 'a header name'))
      .default([])
      .meta({
        title: 'Exposed headers',
        description: 'Response headers that scripts may read besides the few that they always may.',
        examples: [['X-Request-Id', 'RateLimit']],
      }),
    allowCredentials: flag(false, {
      title: 'Allow credentials',
      description: 'Let browsers send cookies and client certificates; needs origins that are named.',
    }),
    maxAge: duration({
      title: 'Maximum age',
      description: 'For how long a browser may remember the answer to its question.',
      examples: ['10m'],
    }).prefault('10m'),
  })
  .refine(({ allowCredentials, allowedOrigins }) => !(allowCredentials && allowedOrigins.includes('*')), {
    path: ['allowCredentials'],
    message: 'credentials cannot be allowed for every origin: name the origins',
  })
  .refine(({ enabled, allowedOrigins }) => !enabled || allowedOrigins.length > 0, {
    path: ['allowedOrigins'],
    message: 'a list of the origins whose pages may call, or "*"',
  })
  .meta({
    title: 'CORS',
    description: 'Lets pages of other origins call. A browser that asks first is answered before authentication.',
    examples: [{ allowedOrigins: ['https://app.example.com'] }],
  })

type CorsSettings = z.output<typeof settings>

/** Fetch §3.2: answers preflight requests, and says on every answer, refusals too, who may read it. */
export const cors = definePolicy({
  name: 'cors',
  settings,
  create(settings) {
    if (!settings.enabled) return undefined
    const grants = compileGrants(settings)
    return (call) => {
      const allowed = grants.origin(call.req.headers.origin)
      call.edits.push((head) => mark(head, allowed, grants))
      if (isPreflight(call)) answerPreflight(call, allowed, grants)
      return undefined
    }
  },
})

/** The method that a preflight request asks for; undefined for any other request. */
export function preflightMethod({ method, headers }: Call['req']): string | undefined {
  return method === 'OPTIONS' && headers.origin !== undefined ? headers['access-control-request-method'] : undefined
}

/** Whether preflight requests for this operation are answered here. */
export function answersPreflight(operation: Operation): boolean {
  const settings = operation.policies.get(cors.name) as CorsSettings | undefined
  return settings?.enabled === true
}

interface Grants {
  /** The value of `Access-Control-Allow-Origin` for an origin; undefined when it may not read. */
  origin(origin: string | undefined): string | undefined
  /** Whether the answer depends on the origin. */
  readonly varies: boolean
  readonly methods: readonly string[]
  /** Lower case; `*` for all. */
  readonly headers: ReadonlySet<string>
  /** What stands on the answer to a request, after the origin. */
  readonly onAnswer: readonly string[]
  /** What stands on the answer to a preflight request besides. */
  readonly onPreflight: readonly string[]
}

function compileGrants({ exposedHeaders, allowCredentials, maxAge, ...settings }: CorsSettings): Grants {
  const everyone = settings.allowedOrigins.includes('*')
  const allows = corsOrigins(settings.allowedOrigins)
  return {
    origin: (origin) => (everyone ? '*' : origin !== undefined && allows(origin) ? origin : undefined),
    varies: !everyone,
    methods: settings.allowedMethods,
    headers: new Set(settings.allowedHeaders.map((name) => name.toLowerCase())),
    onAnswer: [
      ...(allowCredentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
      ...(exposedHeaders.length > 0 ? ['Access-Control-Expose-Headers', exposedHeaders.join(', ')] : []),
    ],
    onPreflight: [
      'Access-Control-Allow-Methods',
      settings.allowedMethods.join(', '),
      'Access-Control-Max-Age',
      String(Math.floor(maxAge / 1000)),
    ],
  }
}

const isCorsHeader = (name: string): boolean => name.startsWith('access-control-')

/** What the upstream says of origins is replaced: browsers refuse an answer that says it twice. */
function mark({ headers }: ResponseHead, allowed: string | undefined, { varies, onAnswer }: Grants): void {
  removeHeaders(headers, isCorsHeader)
  if (varies) headers.push('Vary', 'Origin')
  if (allowed !== undefined) headers.push('Access-Control-Allow-Origin', allowed, ...onAnswer)
}

const isPreflight = (call: Call): boolean => preflightMethod(call.req) !== undefined

/** What is not allowed is not named, and the browser tells its user why; there is no secret in that. */
function answerPreflight(call: Call, allowed: string | undefined, grants: Grants): void {
  const { req, res, requestId } = call
  const head = [
    'X-Request-Id',
    requestId,
    'Vary',
    'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  ]
  const asked = namesIn(req.headers['access-control-request-headers'] ?? '')
  const fits =
    grants.methods.includes(req.headers['access-control-request-method'] ?? '') &&
    asked.every((name) => TOKEN.test(name) && (grants.headers.has('*') || grants.headers.has(name)))
  if (allowed !== undefined && fits) {
    head.push('Access-Control-Allow-Origin', allowed, ...grants.onAnswer, ...grants.onPreflight)
    if (asked.length > 0) head.push('Access-Control-Allow-Headers', asked.join(', '))
  }
  res.writeHead(204, head).end()
}

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
