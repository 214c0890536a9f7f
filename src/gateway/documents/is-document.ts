const DOCUMENT_KEY = /(?:^|[\s{,"'])(?:openapi|swagger|x-gateway|x-tyk-api-gateway)["']?\s*:/

/**
 * Whether a text is meant as an API document, rather than as a part that documents refer to, or as something else
 * altogether. A glance, not a reading: a text that says so and is none gets its diagnostics from the compiler.
 */
export function isMeantAsDocument(text: string): boolean {
  return DOCUMENT_KEY.test(text)
}
