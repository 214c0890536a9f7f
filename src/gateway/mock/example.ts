import type { Contract } from '../../api/contract/contract.ts'
import { childOf, entriesOf, type Node } from '../../api/contract/place.ts'
import { sampleOf } from './sample.ts'

/**
 * The example of a media type, parameter or header object: the named one, its only or first one, and else a sample of its
 * schema. Examples that lie elsewhere (`externalValue`) are not fetched.
 */
export function exampleOf(holder: Node, name: string | undefined, contract: Contract): unknown {
  const givenAt = (example: Node): unknown => {
    const followed = contract.follow(example)
    return followed && childOf(followed, 'value').value
  }
  const examples = childOf(holder, 'examples')
  const named = name === undefined ? undefined : givenAt(childOf(examples, name))
  if (named !== undefined) return named
  const { value: example } = childOf(holder, 'example')
  if (example !== undefined) return example
  for (const [, one] of entriesOf(examples)) {
    const value = givenAt(one)
    if (value !== undefined) return value
  }
  return sampleOf(childOf(holder, 'schema'), contract)
}
