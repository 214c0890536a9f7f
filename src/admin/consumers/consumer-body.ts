import { z } from 'zod'
import { isUuid } from '../../oauth/records/consumer.ts'

/** It becomes a header upstream, and a part of paths. */
const plain = z
  .string()
  .min(1, 'length must be at least 1')
  .max(255, 'length must be at most 255')
  .refine((name) => !/\p{C}/u.test(name), 'no control characters')
  .refine((name) => name.trim() === name, 'no blanks at its ends')

const username = plain.refine((name) => !isUuid(name), 'must not have the form of an id')

export const tagList = z
  .array(
    z
      .string()
      .min(1, 'length must be at least 1')
      .max(128, 'length must be at most 128')
      .refine((tag) => !/[\p{C},/]/u.test(tag), 'no control characters, commas or slashes'),
  )
  .max(64, 'at most 64 tags')

/** The fields that name a consumer, for whoever declares one. */
export const consumerFields = { username, customId: plain } as const

/** Tools send `null` for "nothing". */
export const nullable = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => value ?? undefined, schema.optional())

/** A consumer as `POST`, `PUT` and, merged with what it was, `PATCH` send it. */
export const consumerBody = z
  .strictObject({
    username: nullable(username),
    custom_id: nullable(plain),
    tags: nullable(tagList),
    /** Only ever repeated: the gateway chooses ids, unless the path of a PUT names one. */
    id: nullable(z.string()),
    created_at: nullable(z.unknown()),
    updated_at: nullable(z.unknown()),
  })
  .refine(
    ({ username: name, custom_id }) => name !== undefined || custom_id !== undefined,
    "at least one of these fields must be non-empty: 'custom_id', 'username'",
  )

export type ConsumerBody = z.output<typeof consumerBody>
