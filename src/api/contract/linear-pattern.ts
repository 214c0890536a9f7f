import { RE2JS } from 're2js'
import { asRe2, patternCost, piecesOf } from './pattern-pieces.ts'

/** Decides on a text in time linear in its length, whatever the pattern. */
export type TextTest = (text: string) => boolean

/** UTF-16 code units of a pattern at most. */
const LONGEST = 4096
/** Characters of a pattern at most when every `{n}` is written out. */
const DEAREST = 5_000

/**
 * ECMA-262 regular expressions as JSON Schema has them (unanchored), run by RE2, which never backtracks. Undefined for what
 * is no regular expression, and for what RE2 cannot do: back references, and lookarounds except those that a pattern begins
 * with (`^(?=.*\d)(?!.* ).{8,}$`), which become patterns of their own.
 */
export function linearPattern(source: string): TextTest | undefined {
  if (source.length > LONGEST || !isRegularExpression(source) || patternCost(source) > DEAREST) return undefined
  try {
    const { conditions, rest } = withoutLeadingLookaheads(source)
    const tests = [...conditions, { source: rest, holds: true }].map(({ source, holds }) => {
      const pattern = RE2JS.compile(RE2JS.translateRegExp(asRe2(source)))
      return (text: string): boolean => pattern.matcher(text).find() === holds
    })
    const [only] = tests
    return tests.length === 1 ? only : (text) => tests.every((test) => test(text))
  } catch {
    return undefined // RE2JS says so by throwing
  }
}

/** Only parsed, never run. */
function isRegularExpression(source: string): boolean {
  for (const flags of ['u', '']) {
    try {
      new RegExp(source, flags)
      return true
    } catch {
      // perhaps without the flag: many patterns escape what need not be escaped
    }
  }
  return false
}

interface Condition {
  readonly source: string
  readonly holds: boolean
}

const LOOKAHEAD = /^\^\(\?([=!])/

/** A lookahead right behind `^` looks at the whole text from its beginning: a condition of its own. */
function withoutLeadingLookaheads(source: string): { conditions: Condition[]; rest: string } {
  const conditions: Condition[] = []
  let rest = source
  for (let found = LOOKAHEAD.exec(rest); found && !hasTopLevelBar(rest); found = LOOKAHEAD.exec(rest)) {
    const end = closingParenthesis(rest, 1)
    if (end === undefined || /^[*+?{]/.test(rest.slice(end + 1))) break
    conditions.push({ source: `^(?:${rest.slice(4, end)})`, holds: found[1] === '=' })
    rest = `^${rest.slice(end + 1)}`
  }
  return { conditions, rest }
}

function hasTopLevelBar(source: string): boolean {
  let depth = 0
  return piecesOf(source).some((piece) => {
    if (piece === '(') depth++
    if (piece === ')') depth--
    return piece === '|' && depth === 0
  })
}

function closingParenthesis(source: string, from: number): number | undefined {
  let depth = 0
  let at = from
  for (const piece of piecesOf(source.slice(from))) {
    if (piece === '(') depth++
    if (piece === ')') depth--
    if (depth === 0) return at
    at += piece.length
  }
  return undefined
}
