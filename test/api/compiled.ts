import type { z } from 'zod'
import { z as zod } from 'zod'
import type { CompileContext } from '../../src/api/compile-context.ts'
import { type CompiledDocument, compileDocument } from '../../src/api/compile-document.ts'
import { byteSize, duration, secret } from '../../src/api/settings/field.ts'
import { noFolder } from '../../src/document/folder.ts'

/** Policies as a gateway would register them, of every shape that settings have. */
export const POLICIES: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['timeout', duration({ title: 'Timeout', description: 'How long it may take.', examples: ['5s'] })],
  [
    'limit',
    zod
      .strictObject({
        rate: zod
          .int()
          .min(1)
          .meta({ title: 'Rate', description: 'Requests.', examples: [10] }),
        per: duration({ title: 'Per', description: 'Window.' }).prefault('1m'),
        by: zod
          .array(zod.enum(['client', 'ip']))
          .default(['ip'])
          .meta({ title: 'By', description: 'Counted by.' }),
        body: byteSize({ title: 'Body', description: 'Size.' }).optional(),
      })
      .meta({ title: 'Limit', description: 'How many requests.' }),
  ],
  [
    'signing',
    zod
      .strictObject({ key: secret({ title: 'Key', description: 'The key.' }) })
      .meta({ title: 'Signing', description: 'Signs.' }),
  ],
])

export const CONTEXT: CompileContext = {
  publicUrl: 'https://gateway.test',
  policies: POLICIES,
  environment: (name) => ({ SECRET: 'hidden-value', URL: 'http://127.0.0.1:4000', BAD: 'not a url' })[name],
  readFile: (path) => ({ '/run/secret': 'from-file\n' })[path],
}

/** Compiles a text, or a document written as an object (two blanks of indentation). */
export function compiled(document: string | object, changes: Partial<CompileContext> = {}): CompiledDocument {
  const text = typeof document === 'string' ? document : JSON.stringify(document, null, 2)
  return compileDocument('pets.yaml', text, noFolder, { ...CONTEXT, ...changes })
}

/** The codes of what is not merely worth knowing. */
export function problems(document: string | object, changes: Partial<CompileContext> = {}): string[] {
  const { diagnostics } = compiled(document, changes)
  return diagnostics.filter(({ severity }) => severity === 'error' || severity === 'warning').map(({ code }) => code)
}

export interface Wish {
  readonly flows?: object
  readonly scheme?: object
  readonly schemes?: object
  readonly declared?: object
  readonly authentication?: object
  readonly server?: object
  readonly extension?: object
  readonly root?: object
  readonly paths?: object
  readonly middleware?: object
}

export const CODE_FLOW = {
  authorizationCode: { authorizationUrl: '/oauth/authorize', tokenUrl: '/oauth/token', scopes: { read: 'Read' } },
}

/** A document with an OAuth scheme that works, changed as wished. */
export function petStore(wish: Wish = {}): object {
  return {
    openapi: '3.0.3',
    info: { title: 'Pet Store', version: '1' },
    security: [{ oauth: [] }],
    paths: wish.paths ?? {},
    components: {
      securitySchemes: { oauth: { type: 'oauth2', flows: wish.flows ?? CODE_FLOW }, ...wish.declared },
    },
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: {
          enabled: true,
          securitySchemes: {
            oauth: { enabled: true, authLoginRedirect: 'https://login.test/', ...wish.scheme },
            ...wish.schemes,
          },
          ...wish.authentication,
        },
        ...wish.server,
      },
      upstream: { url: 'http://127.0.0.1:3000' },
      ...(wish.middleware ? { middleware: wish.middleware } : {}),
      ...wish.extension,
    },
    ...wish.root,
  }
}
