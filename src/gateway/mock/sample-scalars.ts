import type { JsonObject } from '../../api/contract/place.ts'

const TEXTS: Readonly<Record<string, string>> = {
  date: '2024-01-31',
  'date-time': '2024-01-31T12:00:00Z',
  time: '12:00:00Z',
  duration: 'PT1H',
  uuid: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  byte: 'dGV4dA==',
}

/** Characters of a text that a minimum asks for, at most. */
const LONGEST = 1_000

/** A text of the format, or the word `string`, as long as it has to be. Patterns are not looked at. */
export function sampleText(schema: JsonObject): string {
  const { format, minLength, maxLength } = schema
  const text = typeof format === 'string' && Object.hasOwn(TEXTS, format) ? (TEXTS[format] ?? '') : 'string'
  const least = typeof minLength === 'number' ? Math.min(minLength, LONGEST) : 0
  const padded = text.length < least ? text.padEnd(least, 'x') : text
  return typeof maxLength === 'number' && maxLength >= least ? padded.slice(0, maxLength) : padded
}

/** Zero, or the nearest that the bounds allow. */
export function sampleNumber(schema: JsonObject): number {
  const { type, multipleOf } = schema
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : type === 'integer' ? 1 : undefined
  const [least, isOpenBelow] = bound(schema['minimum'], schema['exclusiveMinimum'])
  const [most, isOpenAbove] = bound(schema['maximum'], schema['exclusiveMaximum'])
  const fits = (value: number): boolean =>
    (least === undefined || (isOpenBelow ? value > least : value >= least)) &&
    (most === undefined || (isOpenAbove ? value < most : value <= most))
  const candidates = [0, least, most, ...(step === undefined ? between(least, most) : around(least, most, step))]
  return candidates.find((value) => value !== undefined && fits(value) && isStep(value, step)) ?? 0
}

/** OpenAPI 3.0 has the exclusive one as a flag, 3.1 as a number. */
function bound(inclusive: unknown, exclusive: unknown): [number | undefined, boolean] {
  if (typeof exclusive === 'number') return [exclusive, true]
  return [typeof inclusive === 'number' ? inclusive : undefined, exclusive === true]
}

const around = (least: number | undefined, most: number | undefined, step: number): number[] => [
  ...(least === undefined ? [] : [(Math.floor(least / step) + 1) * step]),
  ...(most === undefined ? [] : [(Math.ceil(most / step) - 1) * step]),
]

const between = (least: number | undefined, most: number | undefined): number[] =>
  least !== undefined && most !== undefined ? [(least + most) / 2] : [(least ?? 0) + 1, (most ?? 0) - 1]

const isStep = (value: number, step: number | undefined): boolean =>
  step === undefined || Math.abs(value / step - Math.round(value / step)) < 1e-9
