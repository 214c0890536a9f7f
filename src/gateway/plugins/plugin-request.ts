import type { Call } from '../call.ts'
import type { ResponseHead } from '../head-edit.ts'
import { HEADER, headerClass } from '../header-class.ts'
import { type HeaderList, headerValues, removeHeaders } from '../header-list.ts'
import { isOwnResponseHeader } from '../response-headers.ts'
import type { PluginRequest, PluginResponse } from './plugin.ts'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^(?![ \t])[\t\x20-\x7e\x80-\xff]*(?<![ \t])$/
/** Not what says who calls, nor what belongs to the connection. */
const OPEN: ReadonlySet<number> = new Set([HEADER.keep, HEADER.authorization, HEADER.cookie])

/** What a plugin sees of a call; it can change nothing but headers. */
export function pluginRequest(call: Call): PluginRequest {
  const { principal } = call
  return {
    id: call.requestId,
    method: call.req.method ?? '',
    path: call.rest,
    query: call.target.query,
    parameters: call.parameters,
    api: call.api.id,
    operation: call.plan.operation.id,
    client: principal?.clientId ?? principal?.consumer?.id,
    user: principal?.subject,
    scopes: [...(principal?.scope ?? [])],
    metadata: principal?.metadata ?? {},
    ...headerAccess(
      () => call.headers,
      (name) => OPEN.has(headerClass(name)),
    ),
  }
}

export function pluginResponse(head: ResponseHead, request: PluginRequest): PluginResponse {
  return {
    status: head.status,
    ...headerAccess(
      () => head.headers,
      (name) => !isOwnResponseHeader(name),
    ),
    request,
  }
}

/** The headers of an answer that a plugin gives: what could not stand there, or frames the answer, is an error of the plugin. */
export function answerHeaders(headers: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  const given: string[] = []
  const { setHeader } = headerAccess(
    () => given,
    (name) => !isOwnResponseHeader(name),
  )
  for (const [name, value] of Object.entries(headers)) setHeader(name, value)
  return Object.entries(headers)
}

type Access = Pick<PluginRequest, 'header' | 'setHeader' | 'removeHeader'>

function headerAccess(headers: () => HeaderList, isOpen: (name: string) => boolean): Access {
  const mayChange = (name: string): void => {
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name`)
    if (!isOpen(name)) throw new TypeError(`the header ${name} is the gateway's own to say`)
  }
  const removeHeader = (name: string): void => {
    mayChange(name)
    const lower = name.toLowerCase()
    removeHeaders(headers(), (other) => other === lower)
  }
  return {
    header: (name) => headerValues(headers(), name.toLowerCase())[0],
    removeHeader,
    setHeader(name, value) {
      if (!VALUE.test(value)) throw new TypeError(`the value of ${name} cannot stand in a header`)
      removeHeader(name)
      headers().push(name, value)
    },
  }
}
