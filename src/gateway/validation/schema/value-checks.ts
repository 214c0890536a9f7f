import { isObject } from '../../../api/contract/place.ts'
import { equalJson } from '../../../core/equal-json.ts'
import type { Site } from './compile-schema.ts'
import { formatCheck } from './formats.ts'
import { patternTest } from './pattern-test.ts'
import type { Check, Run } from './run.ts'

type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'

/** What decides on a value as a whole: its type, its size as a number or text, and lists of what it may be. */
export function valueChecks(site: Site): (Check | undefined)[] {
  const { schema } = site
  return [
    typeCheck(schema['type']),
    Array.isArray(schema['enum']) ? enumCheck(schema['enum']) : undefined,
    'const' in schema ? constCheck(schema['const']) : undefined,
    ...numberChecks(schema),
    ...textChecks(schema),
  ]
}

const is: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  array: Array.isArray,
  object: isObject,
}

const isType = (name: unknown): name is JsonType => typeof name === 'string' && Object.hasOwn(is, name)

function typeCheck(written: unknown): Check | undefined {
  const names = (Array.isArray(written) ? (written as unknown[]) : [written]).filter(isType)
  if (names.length === 0) return undefined
  const tests = names.map((name) => is[name])
  const detail = `must be ${names.map(article).join(' or ')}`
  return (value, at, run) => tests.some((test) => test(value)) || run.fail(at, detail)
}

const article = (name: JsonType): string => (name === 'null' ? 'null' : `${/^[aio]/.test(name) ? 'an' : 'a'} ${name}`)

function enumCheck(allowed: readonly unknown[]): Check {
  const scalars = new Set(allowed.filter((one) => typeof one !== 'object' || one === null))
  const others = allowed.filter((one) => typeof one === 'object' && one !== null)
  return (value, at, run) => {
    run.spend(others.length)
    if (scalars.has(value) || others.some((one) => equalJson(one, value))) return true
    return run.fail(at, 'must be one of the listed values')
  }
}

function constCheck(only: unknown): Check {
  return (value, at, run) => equalJson(only, value) || run.fail(at, 'must be the one value that is allowed')
}

const asNumber = (written: unknown): number | undefined => (typeof written === 'number' ? written : undefined)

/** OpenAPI 3.0 has `exclusiveMinimum` as a flag beside `minimum`, 3.1 as a number of its own. */
function numberChecks(schema: Site['schema']): (Check | undefined)[] {
  const flag = (name: string): boolean => schema[name] === true
  const compared = (limit: number | undefined, words: string, test: (value: number, limit: number) => boolean) =>
    numberCheck(limit, `must be ${words} ${limit}`, test)
  return [
    flag('exclusiveMinimum')
      ? compared(asNumber(schema['minimum']), 'more than', (value, limit) => value > limit)
      : compared(asNumber(schema['minimum']), 'at least', (value, limit) => value >= limit),
    flag('exclusiveMaximum')
      ? compared(asNumber(schema['maximum']), 'less than', (value, limit) => value < limit)
      : compared(asNumber(schema['maximum']), 'at most', (value, limit) => value <= limit),
    compared(asNumber(schema['exclusiveMinimum']), 'more than', (value, limit) => value > limit),
    compared(asNumber(schema['exclusiveMaximum']), 'less than', (value, limit) => value < limit),
    compared(positive(schema['multipleOf']), 'a multiple of', isMultiple),
  ]
}

function numberCheck(
  limit: number | undefined,
  detail: string,
  test: (value: number, limit: number) => boolean,
): Check | undefined {
  if (limit === undefined) return undefined
  return (value, at, run) => typeof value !== 'number' || test(value, limit) || run.fail(at, detail)
}

const positive = (written: unknown): number | undefined =>
  typeof written === 'number' && written > 0 ? written : undefined

/** Times what one double differs from the next: the roundings of a value, of its divisor, and of their quotient. */
const ROUNDINGS = 4

/** 0.3 is a multiple of 0.1, whatever their binary fractions say; integers are compared exactly. */
function isMultiple(value: number, of: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(of)) return value % of === 0
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) <= ROUNDINGS * Number.EPSILON * Math.abs(quotient)
}

/** Code units that one step of the budget pays for. */
const UNITS_PER_STEP = 8

function textChecks(schema: Site['schema']): (Check | undefined)[] {
  const { minLength, maxLength, pattern, format } = schema
  const test = typeof pattern === 'string' ? patternTest(pattern) : undefined
  const textual = (decide: (text: string, run: Run) => boolean, detail: string): Check => {
    return (value, at, run) => {
      if (typeof value !== 'string') return true
      run.spend(value.length / UNITS_PER_STEP)
      return decide(value, run) || run.fail(at, detail)
    }
  }
  return [
    typeof minLength === 'number'
      ? textual((text) => lengthOf(text) >= minLength, `must have at least ${minLength} characters`)
      : undefined,
    typeof maxLength === 'number'
      ? textual(
          (text) => text.length <= maxLength || lengthOf(text) <= maxLength,
          `must have at most ${maxLength} characters`,
        )
      : undefined,
    test && textual((text, run) => test(run)?.(text) ?? true, `must match the pattern ${String(pattern)}`),
    typeof format === 'string' ? formatCheck(format) : undefined,
  ]
}

/** RFC 8259 §7 as JSON Schema counts: code points. */
function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
