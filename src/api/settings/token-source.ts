import { z } from 'zod'
import { flag, text } from './field.ts'

const source = (place: string, name: string) =>
  z
    .strictObject({
      enabled: flag(true, {
        title: 'Enabled',
        description: `Look for the credential in the ${place}; without this object it is not, unless it is the header.`,
      }),
      name: text({ title: 'Name', description: `Name of the ${place}.` }).default(name),
    })
    .meta({
      title: `Credential in the ${place}`,
      description: `Whether and where in the ${place} the credential is looked for.`,
    })

const subprotocol = z
  .strictObject({
    enabled: flag(true, {
      title: 'Enabled',
      description: 'Look for the credential among the offered subprotocols; without this object it is not.',
    }),
    name: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the beginning of a subprotocol name')
      .meta({
        title: 'Prefix',
        description:
          'What the entry of `Sec-WebSocket-Protocol` begins with that the token follows; a prefix that begins with `base64url.` says that the token is encoded so.',
        examples: ['base64url.bearer.authorization.k8s.io.'],
      })
      .default('access_token.'),
  })
  .meta({
    title: 'Credential in the subprotocol',
    description:
      'For WebSockets of browsers, whose pages can set no header: the entry is taken out before the handshake is passed on.',
    examples: [{ enabled: true }],
  })

/** Where on a request an access token is looked for. Without any of them: the `Authorization` header. */
export const tokenSources = {
  header: source('header', 'Authorization').optional(),
  query: source('query', 'access_token').optional(),
  cookie: source('cookie', 'access_token').optional(),
  subprotocol: subprotocol.optional(),
}

export type TokenSource = { readonly enabled: boolean; readonly name: string }
export interface TokenSources {
  readonly header?: TokenSource | undefined
  readonly query?: TokenSource | undefined
  readonly cookie?: TokenSource | undefined
  readonly subprotocol?: TokenSource | undefined
}
