/** What a table of routes says about the templates of a document. Paths are keys of `paths` as written. */
export type RouteConflict =
  /** Two templates match the same paths (OAS: "identical and invalid"). Methods only one of them has are served. */
  | {
      readonly kind: 'collision'
      readonly kept: string
      readonly other: string
      /** Methods that both declare: those of `other` never match. None: the two were merged without loss. */
      readonly dropped: readonly string[]
    }
  /** Some path matches both and neither is the more specific everywhere; `first` answers. */
  | {
      readonly kind: 'ambiguous'
      readonly first: string
      readonly second: string
      readonly methods: readonly string[]
      /** A path that both match. */
      readonly example: string
    }
