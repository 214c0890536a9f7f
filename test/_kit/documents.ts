import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

type Json = Record<string, unknown>

/** Where the sample's neighbours are in a test. */
export interface Neighbours {
  readonly upstream: string
  readonly login?: string
  readonly receiver?: string
}

/** The sample `apis/step-on.yaml` with other neighbours, and changes to the settings of its OAuth scheme. */
export function stepOnDocument({ upstream, login, receiver }: Neighbours, oauth: Json = {}): Json {
  const file = resolve(import.meta.dirname, '../../apis/step-on.yaml')
  const document = parse(readFileSync(file, 'utf8')) as {
    'x-gateway': { server: { authentication: { securitySchemes: { oauth: Json } } }; upstream: Json }
  }
  const gateway = document['x-gateway']
  const schemes = gateway.server.authentication.securitySchemes
  gateway.upstream = { url: upstream }
  const notifications = receiver && { onKeyChangeUrl: receiver, sharedSecret: RECEIVER_SECRET }
  schemes.oauth = { ...schemes.oauth, ...(login && { authLoginRedirect: login }), notifications, ...oauth }
  if (!notifications && !oauth['notifications']) delete schemes.oauth['notifications']
  return document
}

export const RECEIVER_SECRET = 'the-secret-of-the-receiver'

/** A document with one operation that needs a token, and clients that get one by their credentials. */
export const petsDocument = (upstream: string, paths: Json = {}): Json => ({
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  security: [{ oauth: [] }],
  paths: { '/pets': { get: { operationId: 'listPets', responses: { 200: { description: 'Pets' } } } }, ...paths },
  components: {
    securitySchemes: {
      oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: {} } } },
    },
  },
  'x-gateway': {
    server: {
      listenPath: { value: '/pets/' },
      authentication: { enabled: true, securitySchemes: { oauth: { enabled: true } } },
    },
    upstream: { url: upstream },
  },
})
