import { z } from 'zod'

const PARAMETER = /\{([^{}]*)\}/g
const NAME = /^[A-Za-z0-9_.-]+$/

/** Names in braces, in order. */
export const namesInBraces = (text: string): string[] => [...text.matchAll(PARAMETER)].map(([, name = '']) => name)

const hasDotSegment = (path: string): boolean => path.split('/').some((segment) => segment === '.' || segment === '..')

const path = z
  .string()
  .regex(/^\/[^\s?#\\]*$/, 'a path that begins with "/" and has no query, fragment, blank or backslash')
  .refine((value) => !hasDotSegment(value), 'a path without dot segments')

const match = path
  .refine(
    (value) =>
      value.split('/').every((segment, at, all) => {
        const [name] = namesInBraces(segment)
        if (name === undefined) return !/[{}]/.test(segment)
        const tail = name.endsWith('*') && at === all.length - 1
        return segment === `{${name}}` && NAME.test(tail ? name.slice(0, -1) : name)
      }),
    'a path whose parameters fill whole segments; `{name*}` at its end stands for whatever follows',
  )
  .meta({
    title: 'Match',
    description:
      'Only paths of this form are rewritten, and its parameters can be used: `{name}` is one segment, `{name*}` at the end the rest, slashes and all. By default the operation’s own path.',
    examples: ['/v1/{rest*}'],
  })

/** Where a request goes within its upstream, when not where it came. Paths are below the listen path. */
export const urlRewriteSettings = z
  .strictObject({
    match: match.optional(),
    path: path
      .meta({
        title: 'Path',
        description: 'Path to send instead; `{name}` stands for a path parameter.',
        examples: ['/v2/animals/{petId}'],
      })
      .optional(),
    query: z
      .strictObject({
        remove: z
          .array(z.string().min(1))
          .default([])
          .meta({ title: 'Remove', description: 'Query parameters that do not go on.', examples: [['debug']] }),
        set: z
          .record(
            z
              .string()
              .min(1)
              .meta({ examples: ['version'] }),
            z.string(),
          )
          .default({})
          .meta({
            title: 'Set',
            description:
              'Query parameters that have this value, whatever was there; `{name}` stands for a path parameter.',
            examples: [{ version: '2' }],
          }),
      })
      .prefault({})
      .meta({ title: 'Query', description: 'What changes in the query: remove, then set.' }),
  })
  .meta({
    title: 'URL rewrite',
    description:
      'Sends requests to another path of the upstream. Security and policies follow the path that was asked for.',
    examples: [{ path: '/v2/animals/{petId}' }],
  })

export type UrlRewriteSettings = z.output<typeof urlRewriteSettings>

/** The parameters that a rewrite takes from the operation's own path. */
export function borrowedParameters({
  match,
  path = '',
  query,
}: Pick<UrlRewriteSettings, 'path' | 'query'> & { readonly match?: string | undefined }): string[] {
  return match === undefined ? [path, ...Object.values(query.set)].flatMap(namesInBraces) : []
}

/** The parameters that a rewrite uses though its own `match` has none of that name. */
export function unknownParameters({ match, path = '', query }: UrlRewriteSettings): string[] {
  if (match === undefined) return []
  const known = new Set(namesInBraces(match).map((name) => name.replace(/\*$/, '')))
  return [path, ...Object.values(query.set)].flatMap(namesInBraces).filter((name) => !known.has(name))
}
