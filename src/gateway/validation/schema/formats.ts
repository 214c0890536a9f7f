import { isIPv4, isIPv6 } from 'node:net'
import type { Check } from './run.ts'

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const HOST =
  /^(?=.{1,253}\.?$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const UUID = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/
const LONGEST = 4096

function isDate(text: string): boolean {
  const found = DATE.exec(text)
  if (!found) return false
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const february = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  const days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (days[month - 1] ?? 0)
}

const isDateTime = (text: string): boolean =>
  /^[Tt ]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && TIME.test(text.slice(11))

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  return at > 0 && at <= 64 && !/[\s"(),:;<>[\\\]]/.test(text.slice(0, at)) && HOST.test(text.slice(at + 1))
}

/** Texts. What is not here is not checked: a format that nobody knows is a remark, not a rule (JSON Schema §7.2.3). */
const TEXTS: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  'date-time': isDateTime,
  time: (text) => TIME.test(text),
  uuid: (text) => UUID.test(text),
  email: isEmail,
  hostname: (text) => HOST.test(text),
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (text) =>
    /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*$/.test(text) && (!/^https?:/i.test(text) || URL.canParse(text)),
  byte: (text) => text.length % 4 === 0 && BASE64.test(text),
}

/** OAS "Data Type Format": numbers. */
const NUMBERS: Readonly<Record<string, (value: number) => boolean>> = {
  int32: (value) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31,
  int64: (value) => Number.isInteger(value) && value >= -(2 ** 63) && value <= 2 ** 63,
}

/** The check of a format that is known here. Every one of them is linear in the length of the text. */
export function formatCheck(format: string): Check | undefined {
  const detail = `must be a valid ${format}`
  const ofText = Object.hasOwn(TEXTS, format) ? TEXTS[format] : undefined
  const limit = format === 'byte' ? Number.POSITIVE_INFINITY : LONGEST
  if (ofText) {
    return (value, at, run) =>
      typeof value !== 'string' || (value.length <= limit && ofText(value)) || run.fail(at, detail)
  }
  const ofNumber = Object.hasOwn(NUMBERS, format) ? NUMBERS[format] : undefined
  if (ofNumber) return (value, at, run) => typeof value !== 'number' || ofNumber(value) || run.fail(at, detail)
  return undefined
}
