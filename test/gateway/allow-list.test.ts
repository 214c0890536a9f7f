import test from 'ava'
import { planeOf } from '../_kit/guarded.ts'
import { OK } from '../_kit/objections.ts'

const paths = {
  '/dogs': { get: OK, post: { ...OK, operationId: 'addDog' } },
  '/dogs/{id}': { get: OK },
}

test('without an allow list, what the document does not declare is forwarded', async (t) => {
  const plane = await planeOf(t, { paths, global: {} })
  const methods = ['GET', 'DELETE']
  const status = await Promise.all(
    methods.map(async (method) => (await fetch(`${plane.url}/pets/cats`, { method })).status),
  )
  t.deepEqual(status, [200, 200])
})

test('with `allowList`, what is not declared gets 404 or 405, in whatever spelling, and never reaches the upstream', async (t) => {
  const plane = await planeOf(t, { paths, global: { allowList: true } })
  const asked = async (target: string, method = 'GET') => {
    const response = await fetch(`${plane.url}/pets${target}`, { method })
    return [response.status, response.headers.get('allow')]
  }
  t.deepEqual(await asked('/dogs'), [200, null])
  t.deepEqual(await asked('/dogs/7'), [200, null])
  t.deepEqual(await asked('/dogs/', 'HEAD'), [200, null])
  t.is(plane.upstream.requests.length, 3)
  for (const target of ['/cats', '/', '', '/dogs/7/toys', '/dogs%2F7/toys', '/%64ogs/7/x'])
    t.deepEqual(await asked(target), [404, null], target)
  t.deepEqual(await asked('/dogs', 'DELETE'), [405, 'GET, HEAD, POST'])
  t.deepEqual(await asked('//%64ogs/', 'DELETE'), [405, 'GET, HEAD, POST'])
  t.is(plane.upstream.requests.length, 3)
})

test('operations opt in: as soon as one is allowed, only allowed ones are served; one may opt out of a whole list', async (t) => {
  const opted = await planeOf(t, {
    paths: { ...paths, '/dogs': { ...paths['/dogs'], get: { ...OK, 'x-gateway': { allow: {} } } } },
    global: {},
  })
  const asked = async (plane: { readonly url: string }, target: string, method = 'GET') =>
    (await fetch(`${plane.url}/pets${target}`, { method })).status
  t.is(await asked(opted, '/dogs'), 200)
  t.is(await asked(opted, '/dogs', 'POST'), 405)
  t.is(await asked(opted, '/dogs/7'), 404)
  t.is(await asked(opted, '/cats'), 404)
  const out = await planeOf(t, {
    paths: { ...paths, '/dogs/{id}': { 'x-gateway': { allow: { enabled: false } }, get: OK } },
    global: { allowList: true },
  })
  t.is(await asked(out, '/dogs', 'POST'), 200)
  t.is(await asked(out, '/dogs/7'), 404)
})
