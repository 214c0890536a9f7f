import type { OAuthResponse } from './http.ts'
import { NO_STORE } from './http.ts'

/** What a person sees when the authorization server cannot send them back to the application. */
export interface ErrorPage {
  readonly status: number
  readonly title: string
  /** One sentence. */
  readonly text: string
  /** The standard's name of the error, for whoever develops the application. */
  readonly code: string
  readonly headers?: Readonly<Record<string, string>>
}

/** RFC 9700 §4.16: no page of ours can be framed; nothing is loaded, and nothing of the request leaks on by `Referer`. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  ...NO_STORE,
} as const

/** An error page. Every text in it is escaped. */
export function errorPage(page: ErrorPage): OAuthResponse {
  return {
    status: page.status,
    headers: { ...PAGE_HEADERS, ...page.headers },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(page.title)}</title>
<h1>${escapeHtml(page.title)}</h1>
<p>${escapeHtml(page.text)}</p>
<p>Go back to the application and try again. If this happens again, tell the people who run it: <code>${escapeHtml(page.code)}</code></p>
</html>
`,
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand in markup and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
