import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** What zod says of a value that is none of several when the schema says nothing of its own. */
const UNSAID = 'Invalid input'

/** Of an issue with alternatives, those of the alternative that the value comes closest to, unless the schema says what it expects. */
export function meantIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0 || issue.message !== UNSAID) return [issue]
  const alternatives = issue.errors.map((errors) =>
    errors.map((error): Issue => ({ ...error, path: [...issue.path, ...error.path] })),
  )
  const wrongType = (issues: readonly Issue[]): number =>
    issues.filter((each) => each.code === 'invalid_type' && each.path.length === issue.path.length).length
  const [best] = alternatives.sort((a, b) => wrongType(a) - wrongType(b) || a.length - b.length)
  return (best ?? []).flatMap(meantIssues)
}
