import type { Api, IssuerScheme } from '../../api/api.ts'
import type { ResponseType } from './authorization-request.ts'

/** A scheme that may answer a response type. */
export interface Offer {
  readonly scheme: IssuerScheme
  readonly responseType: ResponseType
}

const FLOW = { code: 'authorizationCode', token: 'implicit' } as const

/** The grant that a response type leads to, as clients are allowed or denied it. */
export const GRANT_OF = { code: 'authorization_code', token: 'implicit' } as const satisfies Record<
  ResponseType,
  string
>

/**
 * What the authorization endpoint at `path` offers: response types that a scheme allows and whose flow it declares there.
 * Without a path, what the API offers anywhere.
 */
export function offersAt(api: Api, path?: string): readonly Offer[] {
  return [...api.securitySchemes.values()].flatMap((scheme) =>
    scheme.kind !== 'issuer'
      ? []
      : scheme.settings.allowedAuthorizeTypes.flatMap((responseType) => {
          const authorizationPath = scheme.flows[FLOW[responseType]]?.authorizationPath
          const here = authorizationPath !== undefined && (path === undefined || path === authorizationPath)
          return here ? [{ scheme, responseType }] : []
        }),
  )
}
