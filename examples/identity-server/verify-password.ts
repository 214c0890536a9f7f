import type { IncomingMessage, ServerResponse } from 'node:http'
import { jsonObject, readBody, sendJson } from '../body.ts'
import { verifySignature } from '../receiver/signature.ts'
import type { Members } from './members.ts'

/**
 * Answers a gateway that asks whether a user's password is right (the password grant of legacy clients): 200 `{user}` or
 * 401. The question must be signed, or anybody could guess passwords here.
 */
export async function verifyPassword(
  request: IncomingMessage,
  response: ServerResponse,
  members: Members,
  secret: string,
): Promise<void> {
  const raw = await readBody(request, 10_000)
  const verdict = raw && verifySignature(request.headers, raw, secret, Date.now())
  if (!raw || !verdict?.ok) return sendJson(response, 403, { error: 'the question is not signed as agreed' })
  const { username, password } = jsonObject(raw.toString()) ?? {}
  if (typeof username !== 'string' || typeof password !== 'string') {
    return sendJson(response, 400, { error: 'expected username and password' })
  }
  if (await members.verify(username, password)) sendJson(response, 200, { user: username })
  else sendJson(response, 401, { error: 'wrong user name or password' })
}
