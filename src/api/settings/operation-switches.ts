import { z } from 'zod'
import { flag } from './field.ts'
import { upstreamSettings } from './upstream.ts'

const switchOf = (title: string, description: string) =>
  z
    .strictObject({ enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }) })
    .meta({ title, description, examples: [{ enabled: true }] })

/** What may be said of an operation besides policies. The compiler acts on these itself. */
export const operationSwitches = {
  allow: switchOf(
    'Allow',
    'As soon as one operation is allowed, only allowed ones are served. Off: leave it out of the allow list.',
  ),
  block: switchOf('Block', 'Answer 403 to every request of this operation.'),
  ignoreAuthentication: switchOf('Ignore authentication', 'Let everyone call this operation.'),
  upstream: z
    .strictObject({ url: upstreamSettings.shape.url, authentication: upstreamSettings.shape.authentication })
    .meta({
      title: 'Upstream',
      description: 'Where requests of this operation go instead, and how the gateway authenticates there.',
    }),
} as const

export type SwitchName = keyof typeof operationSwitches
