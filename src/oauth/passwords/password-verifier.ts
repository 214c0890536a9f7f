import { z } from 'zod'
import type { OAuthSchemeSettings } from '../../api/settings/oauth-scheme.ts'
import { randomId } from '../../core/random.ts'
import { signedHeaders } from '../../notify/sign.ts'
import { OutboundError, type OutboundResponse } from '../../outbound/outbound.ts'
import { OAuthError } from '../errors.ts'
import type { OAuthServices } from '../services.ts'

export interface VerifiedUser {
  readonly user: string
  /** Space separated; what the verifier grants at most. */
  readonly scope?: string | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

export interface PasswordQuestion {
  readonly username: string
  readonly password: string
  readonly client_id: string
  readonly scope?: string
}

const TIMEOUT = 5000
const MAX_BYTES = 16 * 1024

const verifiedUser = z.object({
  user: z.string().min(1).max(256),
  scope: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

/**
 * Asks the team's own service who this is, by a POST that is signed like a notification. Undefined when it says 401;
 * throws `temporarily_unavailable` for anything but a 200 that makes sense and a 401: no answer is not a no.
 */
export async function askPasswordVerifier(
  verifier: NonNullable<OAuthSchemeSettings['passwordVerifier']>,
  question: PasswordQuestion,
  { outbound, clock, random }: Pick<OAuthServices, 'outbound' | 'clock' | 'random'>,
): Promise<VerifiedUser | undefined> {
  const body = JSON.stringify(question)
  const signers = { secrets: [verifier.sharedSecret.reveal()] }
  const signature = signedHeaders(randomId(random, 'pwd_'), clock.now(), body, signers)
  const response = await outbound
    .request({
      method: 'POST',
      url: verifier.url,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...signature },
      body,
      timeout: TIMEOUT,
      maxBytes: MAX_BYTES,
      chosenBy: 'operator',
    })
    .catch((error: unknown) => {
      if (error instanceof OutboundError) throw unavailable(`no answer (${error.code})`, error)
      throw error
    })
  if (response.status === 401) return undefined
  if (response.status !== 200) throw unavailable(`status ${response.status}`)
  return readAnswer(response)
}

function readAnswer({ body, truncated }: OutboundResponse): VerifiedUser {
  if (truncated) throw unavailable('the answer is too long')
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw unavailable('the answer is not JSON') // its text may hold personal data: it is not passed on
  }
  const answer = verifiedUser.safeParse(json)
  if (!answer.success) throw unavailable('the answer has not the members that it must have')
  return answer.data
}

const unavailable = (reason: string, cause?: unknown): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The user cannot be checked at the moment.', {
    headers: { 'retry-after': '5' },
    reason: `password verifier: ${reason}`,
    cause,
  })
