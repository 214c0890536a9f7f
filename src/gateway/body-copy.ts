/** Bytes of a body that are kept at most where nothing else is said. */
const LIMIT = 65_536

/** The beginning of a request body, kept so that the request can be sent again; the whole of it, as long as it is small. */
export class BodyCopy {
  readonly #limit: number
  #pieces: Buffer[] | undefined = []
  #bytes = 0
  /** The body has ended, and every piece of it is here. */
  complete = false

  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  /** Undefined when it was too long to be kept. */
  get pieces(): readonly Buffer[] | undefined {
    return this.#pieces
  }

  add(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > this.#limit) this.#pieces = undefined
    else this.#pieces?.push(piece)
  }
}
