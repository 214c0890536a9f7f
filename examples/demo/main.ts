import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startGateway } from '../../src/app.ts'
import { loadSettings } from '../../src/config/load.ts'
import { closeOnSignal } from '../listen.ts'
import type { Client } from './client.ts'
import { journey } from './journey.ts'
import { type Neighbourhood, startNeighbourhood } from './neighbourhood.ts'
import { printerTo } from './printer.ts'
import { type Stage, stageFor } from './stage.ts'

/**
 * `npm run demo`: the gateway with the documents in `apis/`, beside the three servers they name, and a walk through the
 * whole OAuth journey. Afterwards everything stays up. `--once` ends instead, with 1 when something was not as expected.
 */
const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
const printer = printerTo(
  (text) => process.stdout.write(text),
  process.stdout.isTTY === true && !process.env['NO_COLOR'],
)

const adminSecret = randomBytes(18).toString('base64url')
const neighbours = await startNeighbourhood()
const gateway = await startGateway(
  loadSettings(
    neighbours.documents,
    {
      listen: `127.0.0.1:${neighbours.port}`,
      admin: `127.0.0.1:${neighbours.adminPort}`,
      adminSecret,
      store: `sqlite:${join(neighbours.folder, 'gatehouse.db')}`,
      logLevel: 'warn',
    },
    {},
  ),
)
const close = async (): Promise<void> => {
  await gateway.close()
  await neighbours.close()
}
closeOnSignal(close)
process.stdout.once('error', () => void close().finally(() => process.exit(1))) // whoever read along has gone

const stage = stageFor({ gateway: gateway.url, admin: gateway.adminUrl, adminSecret, ...neighbours }, printer)
introduce(neighbours, gateway)
try {
  const client = await journey(stage)
  conclude(stage, client)
} catch (error) {
  stage.expect(false, saidBy(error))
}
if (values.once) {
  await close()
  process.exitCode = stage.failures.length === 0 ? 0 : 1
}

/** `fetch` keeps what went wrong in the cause. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${saidBy(error.cause)}`
}

function introduce(
  around: Neighbourhood,
  { url, adminUrl }: { readonly url: string; readonly adminUrl: string },
): void {
  printer.line('Gatehouse, and what stands around it:')
  printer.line(`   the gateway          ${url}  (serves ${around.documents})`)
  printer.line(`   its admin address    ${adminUrl}`)
  printer.line(`   Step On (upstream)   ${around.stepOnUrl}`)
  printer.line(`   identity server      ${around.identityUrl}`)
  printer.line(`   webhook receiver     ${around.receiver.url}`)
}

function conclude({ failures, api, gateway: url, admin, receiver }: Stage, client: Client): void {
  printer.line()
  printer.verdict(
    failures.length === 0,
    failures.length === 0 ? 'Everything was as it should be.' : failures.join('; '),
  )
  if (values.once) return
  const [user, secret] = [client.id, client.secret]
  const authorize = new URLSearchParams({
    response_type: 'code',
    client_id: user,
    redirect_uri: client.redirectUri,
    scope: 'step_counts',
    state: 'by-hand',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  for (const text of [
    '',
    'Go on by hand. A token for the client itself, and a call with it:',
    '',
    `   TOKEN=$(curl -s -u '${user}:${secret}' -d grant_type=client_credentials -d scope=statistics \\`,
    `     ${api}/oauth/token | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')`,
    `   curl -i -H "Authorization: Bearer $TOKEN" ${api}/statistics`,
    '',
    'Sign in with a browser as clark (password clark-walks); the code is in the address that you end up at:',
    '',
    `   ${api}/oauth/authorize?${authorize}`,
    '',
    `   curl -s -u '${user}:${secret}' -d grant_type=authorization_code -d code=CODE \\`,
    `     -d redirect_uri=${client.redirectUri} -d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk \\`,
    `     ${api}/oauth/token`,
    '',
    'Look around:',
    '',
    `   curl -s ${url}/.well-known/oauth-authorization-server/stepon`,
    `   curl -s -H 'Authorization: ${adminSecret}' ${admin}/api/apis/oauth/step-on`,
    `   curl -s ${receiver.url}/received`,
    `   curl -N -H "Authorization: Bearer A_TOKEN_OF_CLARK" ${api}/stepcounts/live`,
    '',
    'Ctrl-C ends everything.',
  ]) {
    printer.line(text)
  }
}
