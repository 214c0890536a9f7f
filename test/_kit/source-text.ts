/** An `import` or `export … from`, or an `import()` of a literal. */
export interface ImportedModule {
  readonly specifier: string
  /** Vanishes when types are stripped. */
  readonly typeOnly: boolean
}

/** Modules that a TypeScript source imports, as far as the formatter's layout lets statements be told apart. */
export function importsOf(text: string): readonly ImportedModule[] {
  const statements = text.matchAll(/^(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?'([^']+)'/gm)
  const dynamic = text.matchAll(/\bimport\('([^']+)'\)/g)
  return [
    ...[...statements].map(([statement, specifier = '']) => ({
      specifier,
      // `import { type A }` is not enough: with `verbatimModuleSyntax` the module is still loaded.
      typeOnly: /^(?:import|export) type\b/.test(statement),
    })),
    ...[...dynamic].map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ]
}

/** A way from a node back to itself, or undefined. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    path.push(node)
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next)
      if (cycle) return cycle
    }
    path.pop()
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const cycle = visit(node)
    if (cycle) return cycle
  }
  return undefined
}

export interface FunctionLength {
  readonly name: string
  /** Where it begins, 1-based. */
  readonly line: number
  readonly lines: number
}

const OPENS = [
  /\bfunction\b.*\{$/,
  /=> [{(]$/,
  /^\s*(?!if|for|while|switch|catch|else|return|do\b)(?:(?:async|get|set|static|override) )*[#*]?\w+(?:<.*>)?\(.*\)(?:: .+)? \{$/,
]

/**
 * Lengths of all functions, nested ones too. In formatted code a function ends at the first later line that is indented
 * like its first one and begins with a closing brace; a signature of several lines counts.
 */
export function functionLengths(text: string): readonly FunctionLength[] {
  const lines = text.split('\n')
  const indentation = (line: string): number => line.length - line.trimStart().length
  const sameAs = (first: string, line: string): boolean => line !== '' && indentation(line) === indentation(first)
  return lines.flatMap((line, index) => {
    const isSignatureEnd = /^\s*\)(?:: .+)? (?:=> )?\{$/.test(line)
    if (!isSignatureEnd && !OPENS.some((pattern) => pattern.test(line))) return []
    const begin = isSignatureEnd ? lines.findLastIndex((above, at) => at < index && sameAs(line, above)) : index
    const end = lines.findIndex((below, at) => at > index && sameAs(line, below) && /^\s*[})]/.test(below))
    if (begin < 0 || end < 0) return []
    return [{ name: lines[begin]?.trim().slice(0, 60) ?? '', line: begin + 1, lines: end - begin + 1 }]
  })
}
