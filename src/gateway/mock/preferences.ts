/** RFC 7240: what a client asks of a mocked answer. */
export interface Preferences {
  readonly code?: number
  readonly example?: string
}

/** Reads `Prefer: code=404, example="no dogs"`. What is not understood is not asked for. */
export function preferencesOf(header: string | undefined): Preferences {
  const named = new Map<string, string>()
  for (const found of (header ?? '').matchAll(/(?:^|[,;])\s*([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^\s,;"]*))/g)) {
    const name = found[1]?.toLowerCase() ?? ''
    if (!named.has(name)) named.set(name, found[2] ?? found[3] ?? '')
  }
  const code = Number(named.get('code'))
  const example = named.get('example')
  return {
    ...(Number.isInteger(code) && code >= 200 && code <= 599 ? { code } : {}),
    ...(example === undefined ? {} : { example }),
  }
}

/** RFC 9110 §12.5.1: how much a client wants a media type, from 0 to 1. */
export function acceptance(accept: string | undefined): (mediaType: string) => number {
  if (accept === undefined || accept.trim() === '') return () => 1
  const ranges = accept.split(',').map((piece) => {
    const [range = '', ...parameters] = piece.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((part) => part.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 }
  })
  return (mediaType) => {
    const essence = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    const wider = `${essence.slice(0, essence.indexOf('/'))}/*`
    const found = [essence, wider, '*/*'].map((one) => ranges.find(({ range }) => range === one))
    return found.find((one) => one !== undefined)?.quality ?? 0
  }
}
