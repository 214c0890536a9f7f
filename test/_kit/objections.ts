import type { ExecutionContext } from 'ava'
import { type GuardedWish, planeOf } from './guarded.ts'

export type Body = NonNullable<RequestInit['body']>

export const OK = { responses: { 200: { description: '' } } }
export const parameter = (name: string, place: string, schema: object, more: object = {}) => ({
  name,
  in: place,
  schema,
  ...(place === 'path' ? { required: true } : {}),
  ...more,
})
export const integer = { type: 'integer' }
export const integers = { type: 'array', items: integer, maxItems: 3 }
export const point = {
  type: 'object',
  properties: { x: integer, y: integer },
  required: ['x'],
  additionalProperties: false,
}

export const guarding = (t: ExecutionContext, paths: object, more: Partial<GuardedWish> = {}) =>
  planeOf(t, { paths, global: { validateRequest: {} }, ...more })

export type Guarded = Awaited<ReturnType<typeof guarding>>

/** What the gateway objects to, as `place name pointer: detail`; undefined when the request was forwarded. */
export async function objections(
  { url, upstream }: Guarded,
  path: string,
  init: RequestInit = {},
): Promise<string[] | undefined> {
  const before = upstream.requests.length
  const response = await fetch(`${url}/pets${path}`, init)
  const body = (await response.json()) as {
    violations?: { in: string; name?: string; pointer: string; detail: string }[]
  }
  if (response.status === 200) return upstream.requests.length === before + 1 ? undefined : ['not forwarded']
  if (upstream.requests.length !== before) return ['forwarded all the same']
  if (response.status !== 422 || !body.violations) return [`${response.status} ${JSON.stringify(body)}`]
  return body.violations.map(({ in: place, name, pointer, detail }) =>
    `${place}${name === undefined ? '' : ` ${name}`} ${pointer}: ${detail}`.replace(' : ', ': '),
  )
}

export const post = (body: Body, type: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'Content-Type': type, ...headers },
})
export const json = (value: unknown): RequestInit => post(JSON.stringify(value), 'application/json')

export const bodyOf = (content: object, more: object = {}) => ({
  '/in': { post: { requestBody: { content, ...more }, ...OK } },
})
