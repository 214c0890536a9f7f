/** How a text is written: where everything stands, and how new parts are to look. */
export interface Layout {
  readonly text: string
  readonly root: LayoutNode
  /** What ends a line. */
  readonly eol: string
  readonly style: Style
  /** Whether places that share what is written elsewhere get a value of their own. */
  readonly unshare: boolean
  /**
   * Splices that must accompany the removal of a stretch of text: aliases elsewhere that refer to an anchor in it become
   * copies.
   */
  readonly rescue: (start: number, end: number) => readonly { start: number; end: number; text: string }[]
}

/** One value as it is written. */
export interface LayoutNode {
  /** `alias`: written elsewhere; it has no members of its own. */
  readonly kind: 'scalar' | 'map' | 'seq' | 'alias'
  /** Whether its members stand between brackets. */
  readonly flow: boolean
  /** Of the value itself, without anchor and tag; the end is that of its last character. */
  readonly start: number
  readonly end: number
  readonly quote?: 'single' | 'double' | 'plain' | 'block'
  members(): readonly LayoutMember[]
}

/** A member of an object, or an item of an array. */
export interface LayoutMember {
  /** The key, or the index as a text. */
  readonly name: string
  /** Of the key; of an item, its dash or its first character. */
  readonly start: number
  /** Where the key ends; of an item, its start. */
  readonly keyEnd: number
  /** Where the member ends: with its value, or with its key when it has none. */
  readonly end: number
  readonly value: LayoutNode
}

/** Writes values. Texts of several lines are indented as if they began at column one, with `\n` between the lines. */
export interface Style {
  /** Blanks of one level. */
  readonly unit: string
  /** Whether blanks follow colons and commas in one line. */
  readonly spaced: boolean
  /** Opens a comment. */
  readonly comment: RegExp
  /** A value between brackets: in one line, or (when `lines`) in several. */
  flowValue(value: unknown, lines: boolean): string
  flowKey(key: string): string
  /** `key: value` in block style. */
  blockPair(key: string, value: unknown): string
  /** `- value` in block style. */
  blockItem(value: unknown): string
  /** A scalar in the place of another; undefined when it needs more than one line. */
  scalar(value: unknown, quote: LayoutNode['quote'], flow: boolean): string | undefined
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
