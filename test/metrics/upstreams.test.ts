import test from 'ava'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

test('targets that are down, requests that were sent again and answers that are kept are seen at /metrics', async (t) => {
  const upstream = await forTest(t, startUpstream())
  upstream.answer({ headers: { 'cache-control': 'max-age=60' }, body: 'kept' })
  upstream.answerOnce({ status: 503 })
  const document = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    paths: {},
    'x-gateway': {
      server: { listenPath: { value: '/pets/' } },
      upstream: {
        loadBalancing: {
          targets: [{ url: upstream.url }, { url: 'http://127.0.0.1:1' }],
          healthCheck: { passive: { failures: 1, statuses: [500] } },
        },
        retries: { max: 1, backoff: 0 },
      },
      middleware: { global: { cache: {} } },
    },
  }
  const { url, adminUrl, adminSecret } = await gatewayFor(t, { documents: { 'pets.json': document } })
  t.is((await fetch(`${url}/pets/a`)).status, 502)
  t.is((await fetch(`${url}/pets/a`)).status, 200)
  t.is((await fetch(`${url}/pets/a`)).status, 200)
  const page = await (await fetch(`${adminUrl}/metrics`, { headers: { authorization: adminSecret } })).text()
  t.regex(page, new RegExp(`gatehouse_upstream_target_up\\{target="${upstream.url}"\\} 1`))
  t.regex(page, /gatehouse_upstream_target_up\{target="http:\/\/127\.0\.0\.1:1"\} 0/)
  t.regex(page, /gatehouse_upstream_retries_total 1/)
  t.regex(page, /gatehouse_cache_lookups_total\{cache="responses",outcome="hit"\} 1/)
  t.regex(page, /gatehouse_response_cache_bytes [1-9]/)
})
