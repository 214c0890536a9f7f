/** What the tests use of two client libraries that bring no types. */
declare module 'simple-oauth2' {
  export interface AccessToken {
    readonly token: Readonly<Record<string, unknown>>
    expired(): boolean
    refresh(params?: object): Promise<AccessToken>
    revokeAll(): Promise<void>
  }
  export interface Config {
    readonly client: { readonly id: string; readonly secret: string }
    readonly auth: {
      readonly tokenHost: string
      readonly tokenPath: string
      readonly authorizePath?: string
      readonly revokePath?: string
    }
    readonly options?: { readonly authorizationMethod: 'header' | 'body' }
  }
  export class AuthorizationCode {
    constructor(config: Config)
    authorizeURL(params: object): string
    getToken(params: object): Promise<AccessToken>
  }
  export class ClientCredentials {
    constructor(config: Config)
    getToken(params: object): Promise<AccessToken>
  }
}

declare module 'passport-oauth2' {
  type Verified = (error: Error | null, user?: object) => void
  export class Strategy {
    constructor(
      options: object,
      verify: (accessToken: string, refreshToken: string, profile: object, done: Verified) => void,
    )
    authenticate(request: object, options?: object): void
  }
}
