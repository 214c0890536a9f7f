/** A notification's body with only the beginnings of its code and tokens, enough to tell them apart. */
export function withoutCredentials(body: string): string {
  return body.replaceAll(
    /("(?:auth_code|new_oauth_token|refresh_token|old_refresh_token)":\s*")([^"]{0,8})[^"]*"/g,
    (_, name: string, start: string) => `${name}${start}${start.length === 8 ? '…' : ''}"`,
  )
}
