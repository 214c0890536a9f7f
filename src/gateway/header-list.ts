/** Headers as they are carried here: name, value, name, value. */
export type HeaderList = string[]

/** Removes from a list, in place, every header whose name (in any case) `drops` names. */
export function removeHeaders(headers: HeaderList, drops: (lowerCaseName: string) => boolean): void {
  let kept = 0
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    if (drops(lowerCase(name))) continue
    if (kept !== index) {
      headers[kept] = name
      headers[kept + 1] = headers[index + 1] as string
    }
    kept += 2
  }
  headers.length = kept
}

/** Every value of a header, in order; `name` is lower case. */
export function headerValues(headers: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (lowerCase(headers[index] as string) === name) values.push(headers[index + 1] as string)
  }
  return values
}

const known = new Map<string, string>()
const KNOWN_LIMIT = 2000

/** Spellings repeat from request to request: a look-up is cheaper than making the same text again. */
function lowerCase(name: string): string {
  const found = known.get(name)
  if (found !== undefined) return found
  const lower = name.toLowerCase()
  if (known.size < KNOWN_LIMIT && name.length <= 64) known.set(name, lower)
  return lower
}
