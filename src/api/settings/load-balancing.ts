import { z } from 'zod'
import { duration, flag } from './field.ts'

/** Statuses that say that an upstream, or what is behind it, is not up to it. */
const statuses = (initial: readonly number[], description: string) =>
  z
    .array(z.int().min(100).max(599))
    .default([...initial])
    .meta({ title: 'Statuses', description, examples: [[...initial]] })

const count = (initial: number, title: string, description: string) =>
  z
    .int()
    .min(1)
    .max(10_000)
    .default(initial)
    .meta({ title, description, examples: [initial] })

const activeCheck = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[^\s#]*$/, 'a path that begins with "/"')
      .meta({
        title: 'Path',
        description: 'What is asked of each target with GET, from the root of its host.',
        examples: ['/health'],
      }),
    interval: duration({ title: 'Interval', description: 'Time between two checks of a target.', examples: ['10s'] })
      .refine((value) => value >= 100, 'a duration of at least 100ms')
      .prefault('10s'),
    timeout: duration({
      title: 'Timeout',
      description: 'Time until a target must have answered.',
      examples: ['2s'],
    }).prefault('2s'),
    statuses: z
      .array(z.int().min(100).max(599))
      .meta({
        title: 'Statuses',
        description: 'Answers of a target that is well; by default every 2xx and 3xx.',
        examples: [[200]],
      })
      .optional(),
    healthyAfter: count(2, 'Healthy after', 'So many good checks in a row bring a target back.'),
    unhealthyAfter: count(3, 'Unhealthy after', 'So many bad checks in a row take a target out.'),
  })
  .meta({
    title: 'Active checks',
    description: 'Asks each target whether it is well, whether there are requests or not.',
  })

const passiveCheck = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }),
    failures: count(5, 'Failures', 'So many failed requests in a row take a target out.'),
    statuses: statuses([502, 503, 504], 'Answers that count as failures, as lost connections and time-outs do.'),
    ejectFor: duration({
      title: 'Eject for',
      description:
        'For how long the target gets no requests; longer each time it happens again, up to ten times as long.',
      examples: ['10s'],
    }).prefault('10s'),
  })
  .meta({
    title: 'Passive checks',
    description: 'Learns from the requests themselves. The last target that is left is never taken out.',
    examples: [{ failures: 5, ejectFor: '10s' }],
  })

/** Several places that are one upstream. `url` is checked where upstream URLs are. */
export const loadBalancingSettings = (url: z.ZodType<string, string>) =>
  z
    .strictObject({
      targets: z
        .array(
          z.strictObject({
            url: url.meta({ title: 'URL', description: 'Where requests go.', examples: ['http://10.0.0.1:3000'] }),
            weight: z
              .int()
              .min(0)
              .max(1000)
              .default(1)
              .meta({
                title: 'Weight',
                description: 'Its share of the requests, in proportion to the others; 0 takes none.',
                examples: [2],
              }),
          }),
        )
        .min(1)
        .max(256)
        .refine((targets) => targets.some(({ weight }) => weight > 0), 'a target whose weight is not 0')
        .meta({
          title: 'Targets',
          description: 'Places that requests are shared among.',
          examples: [[{ url: 'http://10.0.0.1:3000', weight: 2 }, { url: 'http://10.0.0.2:3000' }]],
        }),
      healthCheck: z
        .strictObject({ active: activeCheck.optional(), passive: passiveCheck.prefault({}) })
        .prefault({})
        .meta({ title: 'Health checks', description: 'Which targets get requests.' }),
    })
    .meta({ title: 'Load balancing', description: 'Shares requests among several targets, instead of `url`.' })

/** Refuses at once what would only fail slowly. */
export const circuitBreakerSettings = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }),
    threshold: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .meta({
        title: 'Threshold',
        description: 'Share of failed requests at which the circuit opens.',
        examples: [0.5],
      }),
    sampleSize: count(20, 'Sample size', 'Requests within the window below which nothing is concluded.'),
    window: duration({ title: 'Window', description: 'Time over which requests are counted.', examples: ['10s'] })
      .refine((value) => value >= 100, 'a duration of at least 100ms')
      .prefault('10s'),
    coolDown: duration({
      title: 'Cool-down',
      description: 'Time until one request may try whether the target is back.',
      examples: ['30s'],
    }).prefault('30s'),
    statuses: statuses([500, 502, 503, 504], 'Answers that count as failures, as lost connections and time-outs do.'),
  })
  .meta({
    title: 'Circuit breaker',
    description: 'When too many requests to a target fail, the next ones get 503 at once (or go to another target).',
    examples: [{ threshold: 0.5, coolDown: '30s' }],
  })

/** How often, and when, a request is sent again. */
export const retriesSettings = z
  .strictObject({
    max: z
      .int()
      .min(0)
      .max(10)
      .default(2)
      .meta({ title: 'Maximum', description: 'How often a request is sent again at most.', examples: [2] }),
    statuses: statuses([502, 503, 504], 'Answers upon which a request is sent again, as upon lost connections.'),
    timeout: duration({
      title: 'Timeout of an attempt',
      description: 'Time until an attempt must have response headers; by default all that is left of the time limit.',
      examples: ['2s'],
    }).optional(),
    backoff: duration({
      title: 'Backoff',
      description:
        'Wait before the second attempt to one target, doubled each time, more or less by chance; none to another target.',
      examples: ['25ms'],
    }).prefault('25ms'),
  })
  .meta({
    title: 'Retries',
    description:
      'Sends idempotent requests again that failed, to another target if there is one. At most one request in five is a repetition when much fails.',
    examples: [{ max: 2 }],
  })

export type HealthCheckSettings = z.output<ReturnType<typeof loadBalancingSettings>>['healthCheck']
export type ActiveCheckSettings = z.output<typeof activeCheck>
export type PassiveCheckSettings = z.output<typeof passiveCheck>
export type CircuitBreakerSettings = z.output<typeof circuitBreakerSettings>
export type RetriesSettings = z.output<typeof retriesSettings>
