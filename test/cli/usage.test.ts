import test, { type ExecutionContext } from 'ava'
import { commands } from '../../src/cli/commands/index.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import { bar, sparkline } from '../../src/cli/usage/bars.ts'
import { registerAgent } from '../_kit/agent.ts'
import { petsDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const OPEN = { '/open': { get: { operationId: 'open', security: [], responses: { 200: { description: 'Open' } } } } }

/** A gateway that was used: 3 good calls and a refused one by a client, one by nobody, two tokens. */
async function used(t: ExecutionContext) {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: { 'pets.json': petsDocument(upstream.url, OPEN) } })
  const agent = await registerAgent(gateway.api('pets', '/pets'), { client_id: 'shop' })
  const { accessToken } = await agent.clientCredentials()
  await agent.clientCredentials()
  for (let call = 0; call < 3; call++) await agent.call('/pets', accessToken)
  await agent.call('/pets', 'garbage')
  await agent.call('/open')
  await fetch(`${gateway.url}/nowhere`)
  const cli = async (...argv: readonly string[]) => {
    let [out, err] = ['', '']
    const code = await runCli(
      ['usage', ...argv, '--admin', gateway.adminUrl, '--admin-secret', gateway.adminSecret],
      commands,
      {
        stdout: (text) => {
          out += text
        },
        stderr: (text) => {
          err += text
        },
        colors: false,
        cwd: '/',
        environment: () => undefined,
        stopped: () => new Promise(() => {}),
      },
    )
    return { code, out, err }
  }
  return { cli, gateway }
}

test('usage shows bars and a sparkline, OAuth endpoints included', async (t) => {
  const { cli } = await used(t)
  const { code, out, err } = await cli('--by', 'api,operation,client')
  t.is(code, 0, err)
  t.regex(out, /8 requests, 25\.0 % errors, 0 of them ours or the upstream's, 2 tokens issued/)
  t.regex(out, /pets +listPets +shop +█{24} +3 +0\.0 %/)
  t.regex(out, /pets +\/oauth\/token +shop +█{16} +2 +0\.0 %/)
  t.regex(out, /pets +listPets +– +█{8} +1 +100\.0 %/)
  t.regex(out, /– +– +– +█{8} +1 +100\.0 %/)
})

test('usage as CSV and as lines of JSON', async (t) => {
  const { cli } = await used(t)
  const csv = (await cli('--by', 'status', '--api', 'pets', '--csv')).out.split('\r\n')
  t.is(csv[0], 'status,requests,errors,server_errors,tokens_issued,mean,p50,p95,p99')
  t.deepEqual(
    csv.slice(1, 3).map((line) => line.split(',').slice(0, 2)),
    [
      ['200', '6'],
      ['401', '1'],
    ],
  )
  const lines = (await cli('--by', 'client', '--json')).out.trim().split('\n')
  t.like(JSON.parse(lines.at(-1) ?? ''), { client: 'shop', requests: 5, tokens_issued: 2 })
})

test('a question that makes no sense is an error with its reason', async (t) => {
  const { cli } = await used(t)
  const { code, err } = await cli('--from', 'yesterday')
  t.is(code, 1)
  t.regex(err, /from: an instant such as .*, or how long ago: 24h/)
  t.is((await cli('more')).code, 2)
})

test('what was used is in /metrics as well, by client and by operation', async (t) => {
  const { gateway } = await used(t)
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  t.regex(text, /gatehouse_client_requests_total\{api="pets",client="shop",status="200"\} 5/)
  t.regex(text, /gatehouse_client_tokens_issued_total\{api="pets",client="shop"\} 2/)
  t.regex(text, /gatehouse_operation_duration_seconds_count\{api="pets",operation="listPets"\} 4/)
})

test('bars and sparklines show what is little, and nothing where there is nothing', (t) => {
  t.is(bar(1, 1000, 10), '▏')
  t.is(bar(0, 10, 10), '')
  t.is(bar(5, 10, 10), '█████')
  t.is(sparkline([0, 1, 5, 10]), ' ▁▅█')
})
