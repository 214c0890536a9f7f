import type { Contract } from './contract/contract.ts'
import type { ClaimSettings, IntrospectionSettings, JwtSettings } from './settings/external-tokens.ts'
import type { OAuthSchemeSettings } from './settings/oauth-scheme.ts'
import type { ApiKeySchemeSettings } from './settings/plain-scheme.ts'
import type { TokenSources } from './settings/token-source.ts'
import type { UpstreamSettings } from './settings/upstream.ts'
import type { UpstreamAuthentication } from './settings/upstream-authentication.ts'

/** A document, compiled: all that is needed to serve it, immutable, decided once. */
export interface Api {
  /** Stable key: `x-gateway.info.id`, else the slug of the title. */
  readonly id: string
  readonly name: string
  /** An inactive API answers 404; its document is kept. */
  readonly active: boolean
  /** Hash of what it was compiled from; equal revisions serve alike. */
  readonly revision: string
  readonly file: string
  /** Without trailing slash; `''` is the root. */
  readonly listenPath: string
  readonly stripListenPath: boolean
  /** Lower case; `*.example.com` is a wildcard; none means every host. */
  readonly hosts: readonly string[]
  /** RFC 8414 §2: public URL + listen path, without trailing slash. */
  readonly issuer: string
  readonly authentication: {
    readonly enabled: boolean
    readonly strip: boolean
    /** Whether credentials may come in the clear; `auto` when absent. */
    readonly requireHttps?: 'auto' | 'always' | 'never'
    /** How often the OAuth endpoints may be asked, within windows of `per` milliseconds. */
    readonly endpointLimits?: Readonly<Record<'client' | 'address', { readonly rate: number; readonly per: number }>>
    /** Name of the consumer that requests without valid credentials go on as. */
    readonly anonymous?: string
  }
  readonly securitySchemes: ReadonlyMap<string, SecurityScheme>
  /** OAuth endpoints by path below the listen path, without trailing slash (`/oauth/token`). */
  readonly endpoints: ReadonlyMap<string, OAuthEndpoint>
  /** Below the listen path: where clients see their limits. */
  readonly limitsPath?: string
  readonly routes: RouteTable
  /** What holds for requests that belong to no operation: unknown paths, and the OAuth endpoints. */
  readonly outside?: Operation
  readonly upstream: UpstreamSettings & { readonly url: string }
}

/** What a mounted path does. Several flows, and several schemes, may share one URL; names are those of schemes. */
export interface OAuthEndpoint {
  readonly path: string
  readonly authorize: readonly string[]
  readonly token: readonly string[]
  readonly refresh: readonly string[]
  /** Siblings of a token URL that the gateway adds itself. */
  readonly extra?: ExtraEndpoint
}

/** RFC 7009, RFC 7662, and the key set (RFC 7517) where access tokens are JWTs. */
export type ExtraEndpoint = 'revoke' | 'introspect' | 'jwks'

export type SecurityScheme =
  | IssuerScheme
  | ExternalScheme
  | {
      readonly kind: 'apiKey'
      readonly name: string
      readonly in: 'header' | 'query' | 'cookie'
      readonly key: string
      readonly settings: ApiKeySchemeSettings
    }
  | { readonly kind: 'basic'; readonly name: string }
  | { readonly kind: 'bearer'; readonly name: string; readonly sources: TokenSources }
  /** Cannot be checked: operations that need it answer 501 (fail closed). */
  | { readonly kind: 'unsupported'; readonly name: string; readonly reason: string }

/** `oauth2` with this gateway as the authorization server. */
export interface IssuerScheme {
  readonly kind: 'issuer'
  readonly name: string
  readonly settings: OAuthSchemeSettings
  readonly sources: TokenSources
  readonly flows: {
    readonly authorizationCode?: OAuthFlow
    readonly clientCredentials?: OAuthFlow
    readonly password?: OAuthFlow
    readonly implicit?: OAuthFlow
  }
  /** Union of the flows' scopes: name → description. */
  readonly scopes: ReadonlyMap<string, string>
}

/** `oauth2` or `openIdConnect` with another server as the authorization server: at least one way to check its tokens. */
export interface ExternalScheme {
  readonly kind: 'external'
  readonly name: string
  readonly sources: TokenSources
  readonly realm?: string
  /** For tokens that are JWTs of one of these issuers. */
  readonly jwt?: Omit<JwtSettings, 'issuers' | 'issuer' | 'jwksUri'> & { readonly issuers: readonly TokenIssuer[] }
  /** For all others. */
  readonly introspection?: IntrospectionSettings
  readonly claims: ClaimSettings
}

/** A server whose JWTs are accepted. What is missing stands in its metadata. */
export interface TokenIssuer {
  readonly issuer?: string
  readonly jwksUri?: string
  /** Where its metadata lies; by default below the issuer (RFC 8414 §3, OpenID Connect Discovery §4). */
  readonly metadataUrl?: string
}

/** Paths below the listen path, without trailing slash. */
export interface OAuthFlow {
  readonly authorizationPath?: string
  readonly tokenPath?: string
  readonly refreshPath?: string
}

/** OAS "Security Requirement Object": an OR of ANDs. No alternatives: public. An empty alternative: optional. */
export type Security = readonly SecurityRequirement[]
export type SecurityRequirement = readonly { readonly scheme: SecurityScheme; readonly scopes: readonly string[] }[]

/** An operation of the document, or the stand-in for paths that the document does not declare. */
export interface Operation {
  /** `operationId`, else `METHOD /path/{template}`; `*` for undeclared paths. */
  readonly id: string
  readonly method: string
  /** The template as written; `*` for undeclared paths. */
  readonly path: string
  readonly tags: readonly string[]
  readonly security: Security
  /** Effective settings of each policy that applies, by policy name. */
  readonly policies: ReadonlyMap<string, unknown>
  /** Those of them that it has just as the whole API has them. */
  readonly inherited?: ReadonlySet<string>
  /** `block`: every request gets 403. */
  readonly blocked?: true
  /** Where this operation goes when it does not go where the API goes. */
  readonly upstreamUrl?: string
  /** How the gateway authenticates there when it is not as the API says. */
  readonly upstreamAuthentication?: UpstreamAuthentication
  /** What the document says of requests and answers; there only where a policy asks. */
  readonly contract?: Contract
}

export interface RouteTable {
  /**
   * Matches a percent-encoded path below the listen path (`/pets/1`).
   * Never throws; bounded by the length of the path, not by the number of operations.
   */
  match(method: string, path: string): RouteMatch
  /** Every declared operation, in the order in which requests are matched. */
  readonly operations: readonly Operation[]
}

export type RouteMatch =
  | { readonly kind: 'operation'; readonly operation: Operation; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
