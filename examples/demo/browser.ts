/** An answer, read to its end. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** Where the answer redirects to, absolute. */
  readonly location?: string
}

export interface Submission {
  /** Value of the button that is pressed. */
  readonly button?: string
  readonly fields?: Readonly<Record<string, string>>
  /** Which form of the page, counted from 0. */
  readonly form?: number
}

/** As much of a browser as signing in takes: it keeps cookies per host and fills in forms; it follows nothing by itself. */
export interface Browser {
  open(url: string): Promise<Page>
  submit(page: Page, submission: Submission): Promise<Page>
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** `fetcher` makes the requests, so that they can be shown. */
export function newBrowser(fetcher: Fetch = fetch): Browser {
  const cookies = new Map<string, Map<string, string>>()
  const request = async (url: string, init: RequestInit): Promise<Page> => {
    const { host } = new URL(url)
    const jar = cookies.get(host) ?? new Map<string, string>()
    cookies.set(host, jar)
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetcher(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? []
      if (name !== undefined && value !== undefined) jar.set(name, value)
    }
    const location = response.headers.get('location')
    return {
      url,
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      ...(location !== null && { location: new URL(location, url).href }),
    }
  }
  return {
    open: (url) => request(url, {}),
    submit(page, submission) {
      const { action, fields } = formOf(page, submission.form ?? 0)
      const body = new URLSearchParams({ ...fields, ...submission.fields })
      if (submission.button !== undefined) {
        const name = /<button[^>]*\sname="([^"]+)"/.exec(page.body)?.[1]
        if (name !== undefined) body.set(name, submission.button)
      }
      return request(new URL(action, page.url).href, { method: 'POST', body })
    },
  }
}

/** Where a form of a page goes, and its hidden fields. */
function formOf(page: Page, index: number): { action: string; fields: Record<string, string> } {
  const forms = [...page.body.matchAll(/<form[^>]*\saction="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)]
  const [, action, content] = forms[index] ?? []
  if (action === undefined || content === undefined) throw new Error(`no form on ${page.url} (status ${page.status})`)
  const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  const fields = Object.fromEntries(
    hidden.map(([, name, value]) => [unescapeText(name ?? ''), unescapeText(value ?? '')]),
  )
  return { action: unescapeText(action), fields }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const unescapeText = (text: string): string => text.replace(/&([a-z]+|#39);/g, (all, name) => ENTITIES[name] ?? all)
