import { z } from 'zod'
import { HEADER, headerClass } from '../header-class.ts'
import { type HeaderList, removeHeaders } from '../header-list.ts'
import { isOwnResponseHeader } from '../response-headers.ts'
import { definePolicy } from './policy.ts'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^(?![ \t])[\t\x20-\x7e\x80-\xff]*(?<![ \t])$/

/** Framing, connection, and what says who calls or by which way: not a document's to change. */
const OPEN_CLASSES: ReadonlySet<number> = new Set([HEADER.keep, HEADER.authorization, HEADER.cookie])
const requestName = z
  .string()
  .regex(NAME, 'a header name')
  .refine((name) => OPEN_CLASSES.has(headerClass(name)), 'a header that is not the gateway’s own to say')
  .meta({ examples: ['X-Partner'] })
const responseName = z
  .string()
  .regex(NAME, 'a header name')
  .refine((name) => !isOwnResponseHeader(name), 'a header that is not the gateway’s own to say')
  .meta({ examples: ['X-Frame-Options'] })

const changes = (
  whose: string,
  name: z.ZodType<string, string>,
  examples: Readonly<Record<'set' | 'add' | 'remove', unknown>>,
) => {
  const values = z.record(name, z.string().regex(VALUE, 'a header value, without line breaks or blanks around it'))
  return z
    .strictObject({
      remove: z
        .array(name)
        .default([])
        .meta({
          title: 'Remove',
          description: `${whose} headers that do not go on, in any case.`,
          examples: [examples.remove],
        }),
      set: values.default({}).meta({
        title: 'Set',
        description: `${whose} headers that have this value, whatever was there.`,
        examples: [examples.set],
      }),
      add: values.default({}).meta({
        title: 'Add',
        description: `${whose} headers that are added to what is there.`,
        examples: [examples.add],
      }),
    })
    .prefault({})
    .meta({ title: whose, description: `What changes in ${whose.toLowerCase()} headers: remove, then set, then add.` })
}

/** Changes headers on their way to the upstream and to the client; on refusals too, which never reach an upstream. */
export const headers = definePolicy({
  name: 'headers',
  settings: z
    .strictObject({
      request: changes('Request', requestName, {
        remove: ['X-Debug'],
        set: { 'X-Partner': 'acme' },
        add: { 'Accept-Language': 'en' },
      }),
      response: changes('Response', responseName, {
        remove: ['Server', 'X-Powered-By'],
        set: { 'Strict-Transport-Security': 'max-age=31536000' },
        add: { Vary: 'Accept-Language' },
      }),
    })
    .meta({
      title: 'Headers',
      description: 'Removes, sets and adds headers of requests and responses.',
      examples: [{ response: { remove: ['Server'] } }],
    }),
  create({ request, response }) {
    const onRequest = compileChanges(request)
    const onResponse = compileChanges(response)
    if (!onRequest && !onResponse) return undefined
    return (call) => {
      onRequest?.(call.headers)
      if (onResponse) call.edits.push((head) => onResponse(head.headers))
      return undefined
    }
  },
})

interface Changes {
  readonly remove: readonly string[]
  readonly set: Readonly<Record<string, string>>
  readonly add: Readonly<Record<string, string>>
}

function compileChanges({ remove, set, add }: Changes): ((headers: HeaderList) => void) | undefined {
  const last = new Map(Object.entries(set).map((entry) => [entry[0].toLowerCase(), entry])) // spellings of one name
  const gone = new Set([...remove.map((name) => name.toLowerCase()), ...last.keys()])
  const added = [...last.values(), ...Object.entries(add)].flat()
  if (gone.size === 0 && added.length === 0) return undefined
  const isGone = (name: string): boolean => gone.has(name)
  return (headers) => {
    if (gone.size > 0) removeHeaders(headers, isGone)
    for (const text of added) headers.push(text)
  }
}
