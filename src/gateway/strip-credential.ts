/** The places on a request from which credentials are removed before it is forwarded. */
export interface CredentialPlaces {
  /** Lower case. */
  readonly headers: ReadonlySet<string>
  readonly queries: ReadonlySet<string>
  readonly cookies: ReadonlySet<string>
}

/** A `Cookie` value without the cookies of these names; the others keep their bytes. `''` when none is left. */
export function stripCookie(header: string, names: ReadonlySet<string>): string {
  const pairs = header.split(';')
  const kept = pairs.filter((pair) => !names.has(cookieName(pair)))
  return kept.length === pairs.length ? header : kept.join(';').trim()
}

const cookieName = (pair: string): string => pair.slice(0, pair.includes('=') ? pair.indexOf('=') : undefined).trim()

/** A query (`?…` or `''`) without the parameters of these names, however they are escaped; the others keep their bytes. */
export function stripQuery(query: string, names: ReadonlySet<string>): string {
  if (query === '') return query
  const pairs = query.slice(1).split('&')
  const kept = pairs.filter((pair) => !names.has(parameterName(pair)))
  if (kept.length === pairs.length) return query
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** Every value that a query gives a parameter, decoded as forms are. */
export function queryValues(query: string, name: string): string[] {
  if (query === '') return []
  const values: string[] = []
  for (const pair of query.slice(1).split('&')) {
    if (parameterName(pair) === name)
      values.push(pair.includes('=') ? decodeForm(pair.slice(pair.indexOf('=') + 1)) : '')
  }
  return values
}

/** Every value that a `Cookie` header gives a name, without surrounding quotes. */
export function cookieValues(header: string | undefined, name: string): string[] {
  if (header === undefined) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    if (pair.includes('=') && cookieName(pair) === name) values.push(unquote(pair.slice(pair.indexOf('=') + 1).trim()))
  }
  return values
}

const unquote = (value: string): string => (/^".*"$/.test(value) ? value.slice(1, -1) : value)

const parameterName = (pair: string): string =>
  decodeForm(pair.slice(0, pair.includes('=') ? pair.indexOf('=') : undefined))

/** What does not decode counts as it stands. */
function decodeForm(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
