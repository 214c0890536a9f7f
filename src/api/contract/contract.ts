import type { Node } from './place.ts'

/** What a document says of an operation's requests and answers, as it stands there: nothing is copied or expanded. */
export interface Contract {
  readonly version: '3.0' | '3.1' | '3.2'
  /** Parameters of the operation and, where it has no such parameter itself, of its path item. */
  readonly parameters: readonly Node[]
  readonly body: Node | undefined
  /** The `responses` object. */
  readonly responses: Node
  /** What the `$ref` of a node leads to, through further ones if need be; the node itself where it has none. */
  follow(node: Node): Node | undefined
  /** The same, one `$ref` at a time: what stands beside one counts in schemas of OpenAPI 3.1. */
  target(node: Node): Node | undefined
}
