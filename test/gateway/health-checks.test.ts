import test from 'ava'
import { gatewayFor } from '../_kit/gateway.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const document = (targets: readonly string[]) => ({
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  paths: {},
  'x-gateway': {
    server: { listenPath: { value: '/pets/' } },
    upstream: {
      loadBalancing: {
        targets: targets.map((url) => ({ url })),
        healthCheck: { active: { path: '/health', interval: '100ms' } },
      },
    },
  },
})

test('targets of a document are checked before the first request, and other ones as soon as it is saved', async (t) => {
  const [one, other] = await Promise.all([forTest(t, startUpstream()), forTest(t, startUpstream())])
  const gateway = await gatewayFor(t, { documents: { 'pets.json': document([one.url]) } })
  const checked = async ({ requests }: typeof one) => {
    const before = requests.length
    await until(() => requests.slice(before).some(({ path }) => path === '/health'))
  }
  await checked(one)
  gateway.write('pets.json', document([other.url]))
  await checked(other)
  const after = one.requests.length
  t.is((await fetch(`${gateway.url}/pets/dogs`)).status, 200)
  await checked(other)
  await checked(other)
  t.true(one.requests.length - after <= 1) // one was under way
})
