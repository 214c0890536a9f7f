/** Bounds of what is read as a document. They end what is hostile; the largest real ones known stay far below. */
export const DOCUMENT_LIMITS = {
  /** UTF-16 code units of one JSON text: the largest known real document has 47 million. */
  jsonLength: 64 * 1024 * 1024,
  /** Of one YAML text, whose parser is a hundred times slower. */
  yamlLength: 12 * 1024 * 1024,
  /** Line breaks, commas and opening brackets of one YAML text: half a million stand in the largest real ones. */
  yamlMarks: 750_000,
  /** Objects and arrays within each other. */
  depth: 256,
  /** Values, aliases counted as often as they are used. */
  values: 6_000_000,
  /** How far YAML aliases may blow a text up, in the measure of the `yaml` package. */
  aliases: 20_000,
  /** Files that one document may refer to. */
  files: 4000,
  /** UTF-16 code units of all of them. */
  filesLength: 128 * 1024 * 1024,
  /** `$ref`s that lead to `$ref`s. */
  chain: 64,
  /** Diagnostics of one code in one document. */
  sameCode: 100,
} as const
