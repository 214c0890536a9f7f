/** What an import adds to a document, besides what the document says itself. */
export interface ImportOptions {
  /** By default the slug of the title. */
  readonly listenPath?: string
  /** By default the first absolute server of the document. */
  readonly upstream?: string
  readonly id?: string
  /** Whether requests must authenticate as the document says. */
  readonly authentication?: boolean
  /** The identity server's login page, for OAuth flows that need one. */
  readonly login?: string
  readonly allowList?: boolean
  readonly validateRequest?: boolean
  readonly mockResponse?: boolean
  /** Where the document was fetched from: relative servers are meant from there (OAS "Server Object"). */
  readonly url?: string
}
