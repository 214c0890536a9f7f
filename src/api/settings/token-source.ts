import { z } from 'zod'
import { flag, text } from './field.ts'

const source = (place: string, name: string) =>
  z
    .strictObject({
      enabled: flag(true, { title: 'Enabled', description: `Look for the credential in the ${place}.` }),
      name: text({ title: 'Name', description: `Name of the ${place}.` }).default(name),
    })
    .meta({
      title: `Credential in the ${place}`,
      description: `Whether and where in the ${place} the credential is looked for.`,
    })

/** Where on a request an access token is looked for. Without any of them: the `Authorization` header. */
export const tokenSources = {
  header: source('header', 'Authorization').optional(),
  query: source('query', 'access_token').optional(),
  cookie: source('cookie', 'access_token').optional(),
}

export type TokenSource = { readonly enabled: boolean; readonly name: string }
export interface TokenSources {
  readonly header?: TokenSource | undefined
  readonly query?: TokenSource | undefined
  readonly cookie?: TokenSource | undefined
}
