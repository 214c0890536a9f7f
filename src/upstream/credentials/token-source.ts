import type { ClientCredentialsSettings } from '../../api/settings/client-credentials.ts'
import type { Clock, Instant } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { Problem } from '../../core/problem.ts'
import type { Random } from '../../core/random.ts'
import { type Outbound, OutboundError } from '../../outbound/outbound.ts'
import type { SharedTokens } from './shared-tokens.ts'
import { TokenRefused, tokenOf, type UpstreamToken } from './token-answer.ts'
import { tokenRequest } from './token-request.ts'
import type { UpstreamCredential } from './upstream-credential.ts'

/** What came of a request to a token server. */
export type TokenOutcome = 'obtained' | 'failed'

export interface TokenSourceDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly outbound: Outbound
  readonly shared: SharedTokens
  /** Whether the gateway is ending: nothing is refreshed any more. */
  readonly ended: () => boolean
  /** Hears of every request to the token server. */
  readonly asked: (outcome: TokenOutcome) => void
}

/** After a token was thrown away, the next one is kept for so long at least: an upstream that refuses every token costs little. */
const PURGE_PAUSE = 30_000
/** A token server is left alone at its own wish for so long at most. */
const LONGEST_PAUSE = 60_000

interface Held extends UpstreamToken {
  readonly refreshAt: Instant
}

/**
 * An access token for an upstream: asked for when it is first needed, refreshed in the background before it expires as long
 * as it is used, shared by all who have equal settings. A class, because it is one thing that changes as time goes by.
 */
export class TokenSource implements UpstreamCredential {
  readonly header: string
  readonly #settings: ClientCredentialsSettings
  readonly #name: string
  readonly #deps: TokenSourceDeps
  #held: Held | undefined
  #loading: Promise<Held> | undefined
  #failure: { readonly until: Instant; readonly problem: Problem } | undefined
  /** Whether anyone has asked since the token was obtained: what nobody needs is not refreshed. */
  #used = false
  /** The last value that the upstream refused: wherever it turns up, it is not used again. */
  #refused: string | undefined
  #keepUntil: Instant = 0
  #cancelRefresh: (() => void) | undefined

  constructor(settings: ClientCredentialsSettings, name: string, deps: TokenSourceDeps) {
    this.header = settings.header.name
    this.#settings = settings
    this.#name = name
    this.#deps = deps
  }

  peek(): string | undefined {
    const held = this.#held
    if (!held) return undefined
    const now = this.#deps.clock.now()
    if (now >= held.expiresAt) return undefined
    this.#used = true
    if (now >= held.refreshAt) this.#refresh()
    return held.value
  }

  async obtain(): Promise<string> {
    const known = this.peek()
    if (known !== undefined) return known
    this.#used = true
    return (await this.#load()).value
  }

  refused(value: string, status: number): boolean {
    if (!this.#settings.purgeOn.includes(status)) return false
    if (this.#held && this.#held.value !== value) return true // another one has come in the meantime
    if (!this.#held) return true
    const now = this.#deps.clock.now()
    if (now < this.#keepUntil) return false
    this.#keepUntil = now + PURGE_PAUSE
    this.#refused = value
    this.#held = undefined
    this.#cancelRefresh?.()
    this.#deps.log.info(this.#about({ status }), 'the upstream refused its access token: another one is asked for')
    return true
  }

  /** Gets the next token while the present one is still good; failing is no harm until it expires. */
  #refresh(): void {
    if (this.#loading || this.#deps.ended() || this.#deps.clock.now() < (this.#failure?.until ?? 0)) return
    this.#load().catch(() => {}) // logged where it failed
  }

  #load(): Promise<Held> {
    if (this.#loading) return this.#loading
    const failure = this.#failure
    if (failure && this.#deps.clock.now() < failure.until) return Promise.reject(failure.problem)
    this.#loading = this.#next().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #next(): Promise<Held> {
    const { shared, clock } = this.#deps
    const stored = await shared.read(this.#name)
    const known = stored && stored.value !== this.#refused ? this.#hold(stored) : undefined
    if (known && clock.now() < known.refreshAt) return this.#adopt(known)
    if (stored && stored.value === this.#refused) await shared.forget(this.#name, stored.value)
    try {
      const token = await this.#ask()
      void shared.write(this.#name, token).catch((error: unknown) => this.#warn(error))
      return this.#adopt(this.#hold(token))
    } catch (error) {
      if (known && clock.now() < known.expiresAt) return this.#adopt(known)
      throw error
    }
  }

  #adopt(held: Held): Held {
    this.#held = held
    this.#used = false
    this.#cancelRefresh?.()
    const { clock } = this.#deps
    this.#cancelRefresh = clock.after(Math.max(0, held.refreshAt - clock.now()), () => {
      if (this.#used) this.#refresh()
    })
    return held
  }

  /** Gateways that share a token do not refresh it at the same instant: the first one does it for all. */
  #hold(token: UpstreamToken): Held {
    const margin = Math.min(this.#settings.margin, (token.expiresAt - token.askedAt) / 2)
    const spread = (margin / 5) * ((this.#deps.random(1)[0] ?? 0) / 256)
    return { ...token, refreshAt: token.expiresAt - margin + spread }
  }

  async #ask(): Promise<UpstreamToken> {
    const { clock, outbound, asked } = this.#deps
    const askedAt = clock.now()
    try {
      const response = await outbound.request(await tokenRequest(this.#settings, this.#deps))
      const token = tokenOf(response, this.#settings, askedAt)
      this.#failure = undefined
      asked('obtained')
      return token
    } catch (error) {
      if (!(error instanceof OutboundError) && !(error instanceof TokenRefused)) throw error
      asked('failed')
      throw this.#failed(error)
    }
  }

  /** Whoever asks in the next moments hears the same, and the token server is not asked. */
  #failed(error: OutboundError | TokenRefused): Problem {
    const { clock, log } = this.#deps
    const wish = error instanceof TokenRefused ? Math.min(error.retryAfter, LONGEST_PAUSE) : 0
    const pause = Math.max(this.#settings.negativeTtl, wish)
    log.warn(this.#about({ error: error.message, pause_ms: pause }), 'no access token for the upstream')
    const problem = new Problem(502, 'upstream_token_unavailable', 'The gateway has no access to the upstream now.', {
      cause: new Error(`the token server ${hostOf(this.#settings.tokenUrl)} gave no token: ${error.message}`),
    })
    this.#failure = { until: clock.now() + pause, problem }
    return problem
  }

  #warn(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#deps.log.warn(this.#about({ error: reason }), 'an upstream token could not be shared')
  }

  #about(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return { token_server: hostOf(this.#settings.tokenUrl), client_id: this.#settings.clientId, ...fields }
  }
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'at a URL that cannot be read'
