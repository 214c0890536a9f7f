import type { z } from 'zod'
import type { Step } from '../call.ts'

/** Something that can be asked for in a document, for everything or for an operation: one file, one line in `index.ts`. */
export interface Policy<Schema extends z.ZodType = z.ZodType> {
  /** Its key under `middleware`. */
  readonly name: string
  /** Checks the settings, and describes them in the schema and the documentation. */
  readonly settings: Schema
  /** Called once for each operation that the policy applies to, when the operation is first used. */
  create(settings: z.output<Schema>): Step
}

/** Forgets the type of the settings: `settings` has checked them before `create` sees them. */
export function definePolicy<Schema extends z.ZodType>(policy: Policy<Schema>): Policy {
  return { ...policy, create: (settings) => policy.create(settings as z.output<Schema>) }
}
