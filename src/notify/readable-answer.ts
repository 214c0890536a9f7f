/** Characters of an answer that are kept. */
const KEPT = 1024
/** Shorter members are no credentials, and would blot out half of an answer. */
const CREDENTIAL = 16

/** The beginning of an answer for an operator's eyes: without control characters, and without any token of `sent`. */
export function readableAnswer(answer: string, sent: string): string {
  if (answer === '') return ''
  const hidden = credentialsOf(sent).reduce((text, credential) => text.replaceAll(credential, '[token]'), answer)
  return hidden.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, '').slice(0, KEPT)
}

/** The seed's members of a body that hold codes and tokens. */
function credentialsOf(sent: string): string[] {
  const body: unknown = JSON.parse(sent)
  if (typeof body !== 'object' || body === null) return []
  return ['auth_code', 'new_oauth_token', 'refresh_token', 'old_refresh_token'].flatMap((name) => {
    const value = (body as Record<string, unknown>)[name]
    return typeof value === 'string' && value.length >= CREDENTIAL ? [value] : []
  })
}
