import { posix } from 'node:path'
import { err, ok, type Result } from '../../core/result.ts'
import { type Outbound, OutboundError } from '../../outbound/outbound.ts'
import { isObject } from '../node.ts'
import { readSource } from '../read-source.ts'
import { decodeText, parseReference } from '../reference.ts'

/** A document from elsewhere, with the files beside and below it that it refers to. */
export interface FetchedDocument {
  /** Name of the file, from the last part of the URL. */
  readonly file: string
  readonly text: string
  /** By path from the document's folder. */
  readonly parts: ReadonlyMap<string, string>
  /** Where it was found after redirections. */
  readonly url: string
}

/** Bounds of one import: milliseconds for each file, bytes of each, files, redirections. */
const LIMITS = { timeout: 30_000, bytes: 64 * 1024 * 1024, files: 500, redirections: 5 } as const

/**
 * Fetches a document that an operator named by its URL, through the guarded client. What it refers to is fetched from its
 * own folder alone: other servers and other folders are left to the diagnostics. The error is a sentence for the operator.
 */
export async function fetchDocument(url: string, outbound: Outbound): Promise<Result<FetchedDocument, string>> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return err(`${url} is no http or https URL`)
  const main = await fetchText(url, outbound)
  if (!main.ok) return main
  const folder = new URL('.', main.value.url).href
  const parts = new Map<string, string>()
  const pending = referredFiles(main.value.text, '.')
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (parts.has(file) || parts.size >= LIMITS.files) continue
    const part = await fetchText(partUrl(file, folder), outbound, folder)
    if (!part.ok) continue // reading the document tells where it is missed
    parts.set(file, part.value.text)
    pending.push(...referredFiles(part.value.text, file))
  }
  return ok({ file: nameOf(main.value.url), text: main.value.text, parts, url: main.value.url })
}

/** The file by its decoded path; escaped anew, so that nothing in it is taken for a part of a URL. */
function partUrl(file: string, folder: string): string {
  const steps = file.split('/').map((step) => encodeURIComponent(step.toWellFormed()))
  return new URL(steps.join('/'), folder).href
}

/** From the last part of the URL; as it stands there where its escapes are no UTF-8. */
function nameOf(url: string): string {
  const raw = posix.basename(new URL(url).pathname)
  return (decodeText(raw) ?? raw).replaceAll(/[^\w.-]/g, '-') || 'openapi'
}

/** `within`: the folder, as a URL, that neither the file nor a redirection may lead out of; none: anywhere. */
async function fetchText(
  first: string,
  outbound: Outbound,
  within = '',
): Promise<Result<{ readonly text: string; readonly url: string }, string>> {
  let url = first
  for (let turn = 0; turn <= LIMITS.redirections; turn++) {
    if (!url.startsWith(within)) return err(`${url} lies outside of ${within}`)
    const answer = await get(url, outbound)
    if (!answer.ok) return answer
    const { status, headers, body, truncated } = answer.value
    const location = headers['location']
    if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, url)) {
      url = new URL(location, url).href
      continue
    }
    if (status !== 200) return err(`${url} answered ${status}`)
    if (truncated) return err(`${url} is larger than ${LIMITS.bytes / 1024 ** 2} MiB`)
    return ok({ text: body, url })
  }
  return err(`${first} is redirected too often`)
}

async function get(url: string, outbound: Outbound) {
  const headers = { accept: 'application/openapi+json, application/yaml, application/json, */*;q=0.5' }
  const { timeout, bytes: maxBytes } = LIMITS
  try {
    return ok(
      await outbound.request({ method: 'GET', url, headers, timeout, maxBytes, chosenBy: 'operator', retries: 1 }),
    )
  } catch (error) {
    if (error instanceof OutboundError) return err(`${url} cannot be fetched: ${error.message}`)
    throw error
  }
}

/** Files that the `$ref`s of a text name, as far as they lie in the document's folder or below. */
function referredFiles(text: string, from: string): string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isObject(value)) {
      if (typeof value['$ref'] === 'string') {
        const reference = parseReference(value['$ref'], from)
        if (reference.kind === 'local' && reference.file !== undefined) found.add(reference.file)
      }
      Object.values(value).forEach(visit)
    }
  }
  visit(readSource(from, text).source?.value)
  return [...found]
}
