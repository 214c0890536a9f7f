import { linearPattern, type TextTest } from '../../../api/contract/linear-pattern.ts'
import { patternCost } from '../../../api/contract/pattern-pieces.ts'
import type { Run } from './run.ts'

/** Steps of the budget that compiling one written-out character of a pattern costs. */
const STEPS_PER_PIECE = 8

/** A pattern, compiled by the first request that needs it, and paid for by it. Undefined for one that cannot be checked. */
export function patternTest(source: string): (run: Run) => TextTest | undefined {
  let compiled: { readonly test: TextTest | undefined } | undefined
  return (run) => {
    if (!compiled) {
      run.spend(patternCost(source) * STEPS_PER_PIECE)
      compiled = { test: linearPattern(source) }
    }
    return compiled.test
  }
}
