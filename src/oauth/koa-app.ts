import type { IncomingMessage, ServerResponse } from 'node:http'
import Koa from 'koa'
import type { Api } from '../api/api.ts'
import { errorAnswer } from './answer.ts'
import { parseBody, readBytes, tooLarge } from './body.ts'
import { dispatch } from './dispatch.ts'
import { answerMetadata } from './endpoints/metadata.ts'
import { OAuthError } from './errors.ts'
import { NO_PARAMETERS, type OAuthRequest, type OAuthResponse, type Parameters, parseForm } from './http.ts'
import type { OAuthServices } from './services.ts'

/** What a request is for; the gateway has found it by its path. */
export type OAuthTarget =
  /** An endpoint of an API; `path` is a key of `api.endpoints`. */
  | {
      readonly api: Api
      readonly path: string
      readonly identified?: (clientId: string) => void
      /** Where the request comes from, when that is not where the connection comes from. */
      readonly address?: string
    }
  /** A metadata document. */
  | { readonly document: OAuthResponse }

/** Serves the OAuth endpoints. `serve` never throws and always answers. */
export interface OAuthApp {
  serve(request: IncomingMessage, response: ServerResponse, target: OAuthTarget): void
}

/** The authorization server on Koa. `bodyLimit`: bytes of a request body. */
export function createOAuthApp(services: OAuthServices, options: { readonly bodyLimit: number }): OAuthApp {
  const targets = new WeakMap<IncomingMessage, OAuthTarget>()
  const app = new Koa()
  app.silent = true
  app.use(async (context) => {
    const target = targets.get(context.req)
    if (!target) return // not handed over by `serve`: Koa says 404
    write(context, await answer(context.req, target, services, options.bodyLimit))
  })
  app.on('error', (error: Error) => services.log.warn({ err: error }, 'an answer could not be sent'))
  const handle = app.callback()
  return {
    serve(request, response, target) {
      targets.set(request, target)
      void handle(request, response)
    },
  }
}

async function answer(
  incoming: IncomingMessage,
  target: OAuthTarget,
  services: OAuthServices,
  bodyLimit: number,
): Promise<OAuthResponse> {
  if ('document' in target) return answerMetadata({ method: incoming.method ?? '' }, target.document)
  let request: OAuthRequest
  try {
    const { identified, address } = target
    const told = { ...(identified ? { identified } : {}), ...(address === undefined ? {} : { address }) }
    request = { ...(await read(incoming, bodyLimit)), ...told }
  } catch (error) {
    return errorAnswer(error, services)
  }
  return dispatch(request, target.api, target.path, services)
}

async function read(incoming: IncomingMessage, bodyLimit: number): Promise<OAuthRequest> {
  const headers = singleHeaders(incoming)
  if (authorizations(incoming) > 1) throw new OAuthError('invalid_request', 'There must be one Authorization header.')
  const url = incoming.url ?? ''
  const mark = url.indexOf('?')
  return {
    method: incoming.method ?? '',
    headers,
    query: mark === -1 ? NO_PARAMETERS : parseForm(url.slice(mark + 1)),
    body: incoming.method === 'POST' ? await bodyOf(incoming, headers, bodyLimit) : undefined,
    address: incoming.socket.remoteAddress ?? '',
  }
}

async function bodyOf(
  incoming: IncomingMessage,
  headers: OAuthRequest['headers'],
  bodyLimit: number,
): Promise<Parameters> {
  if (Number(headers['content-length'] ?? 0) > bodyLimit) throw tooLarge()
  // RFC 9112 §6.3: without either there is no body, and no end of it to wait for.
  const isEmpty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  if (isEmpty) return parseBody(headers, Buffer.alloc(0))
  return parseBody(headers, await readBytes(incoming, bodyLimit))
}

/** Of several, node:http keeps the first, and another party perhaps the last. */
const authorizations = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'authorization').length

/** Node has joined or dropped repeated headers already; only `set-cookie`, which no request has, is a list. */
function singleHeaders({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const { 'set-cookie': _, ...single } = headers
  return single as Record<string, string | undefined>
}

function write(context: Koa.Context, { status, headers, body }: OAuthResponse): void {
  context.status = status
  context.set({ ...headers })
  context.body = body ?? ''
}
