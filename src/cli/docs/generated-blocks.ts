/** Raised when a text has no place for a block, or a place for an unknown one. */
export class BlockError extends Error {
  override readonly name = 'BlockError'
}

/**
 * Replaces what stands between `<!-- generated:NAME -->` and `<!-- /generated -->` by the block of that name.
 * Throws `BlockError` when a mark names no block, or a block has no mark.
 */
export function withGeneratedBlocks(text: string, blocks: ReadonlyMap<string, string>): string {
  const placed = new Set<string>()
  const result = text.replace(
    /(<!-- generated:([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_, open: string, name: string, close: string) => {
      const block = blocks.get(name)
      if (block === undefined) throw new BlockError(`no block is called ${name}`)
      placed.add(name)
      return `${open}\n${block}\n\n${close}`
    },
  )
  for (const name of blocks.keys()) {
    if (!placed.has(name)) throw new BlockError(`the text has no place for the block ${name}`)
  }
  return result
}
