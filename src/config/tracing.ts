/** Where spans go and which, as OpenTelemetry's environment variables say. */
export interface TracingSettings {
  /** Of the receiver of OTLP over HTTP. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds for one export. */
  readonly timeout: number
  readonly resource: Readonly<Record<string, string>>
  readonly sampler: {
    /** What the client's trace says counts. */
    readonly parentBased: boolean
    /** Share of traces that begin here, 0 to 1. */
    readonly ratio: number
  }
  readonly batch: { readonly delay: number; readonly queue: number; readonly size: number }
}

type Environment = (name: string) => string | undefined

/**
 * Tracing as it is asked for by `OTEL_TRACES_EXPORTER=otlp` or by an endpoint; undefined where it is not. Understands
 * `OTEL_SDK_DISABLED`, `OTEL_EXPORTER_OTLP[_TRACES]_{ENDPOINT,HEADERS,TIMEOUT}`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
 * `OTEL_TRACES_SAMPLER[_ARG]` and `OTEL_BSP_*`, with the defaults of the specification. What makes no sense counts as not set.
 */
export function tracingFrom(environment: Environment): TracingSettings | undefined {
  const get = (name: string): string | undefined => environment(name)?.trim() || undefined
  const ofTraces = (name: string): string | undefined =>
    get(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? get(`OTEL_EXPORTER_OTLP_${name}`)
  const exporter = get('OTEL_TRACES_EXPORTER') ?? (ofTraces('ENDPOINT') === undefined ? 'none' : 'otlp')
  if (get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || exporter !== 'otlp') return undefined
  const url = endpoint(get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'), get('OTEL_EXPORTER_OTLP_ENDPOINT'))
  if (!URL.canParse(url)) return undefined
  return {
    url,
    headers: pairs(ofTraces('HEADERS')),
    timeout: count(ofTraces('TIMEOUT'), 10_000),
    resource: {
      'service.name': 'gatehouse',
      ...pairs(get('OTEL_RESOURCE_ATTRIBUTES')),
      ...(get('OTEL_SERVICE_NAME') === undefined ? {} : { 'service.name': get('OTEL_SERVICE_NAME') ?? '' }),
    },
    sampler: samplerOf(get('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on', get('OTEL_TRACES_SAMPLER_ARG')),
    batch: {
      delay: count(get('OTEL_BSP_SCHEDULE_DELAY'), 5000),
      queue: count(get('OTEL_BSP_MAX_QUEUE_SIZE'), 2048),
      size: count(get('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'), 512),
    },
  }
}

/** The general endpoint is a base, that of traces is the whole URL. */
function endpoint(ofTraces: string | undefined, base = 'http://localhost:4318'): string {
  return ofTraces ?? `${base.replace(/\/+$/, '')}/v1/traces`
}

function samplerOf(name: string, argument: string | undefined): TracingSettings['sampler'] {
  const parentBased = name.startsWith('parentbased_')
  const own = parentBased ? name.slice('parentbased_'.length) : name
  const share = Number(argument ?? '1')
  const ratio = own === 'traceidratio' && share >= 0 && share <= 1 ? share : own === 'always_off' ? 0 : 1
  return { parentBased, ratio }
}

/** `a=1,b=2`, percent-encoded. */
function pairs(text = ''): Readonly<Record<string, string>> {
  const entries = text.split(',').flatMap((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
    return name === undefined || value === undefined ? [] : [[name, decoded(value)] as const]
  })
  return Object.fromEntries(entries)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign: it is what it is
  }
}

function count(text: string | undefined, initial: number): number {
  const value = Number(text)
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : initial
}
