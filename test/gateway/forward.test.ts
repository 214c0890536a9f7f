import test from 'ava'
import { planeBefore } from '../_kit/data-plane.ts'
import { rawRequest } from '../_kit/raw-http.ts'

test('a request goes to the upstream without the listen path, with its bytes as they came', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const answer = await fetch(`${url}/pets/a%20b/%C3%A9;v=1?q=%zz&r=a+b&&`, { headers: { 'x-mine': 'yes' } })
  t.is(answer.status, 200)
  t.deepEqual(await answer.json(), { upstream: true })
  t.is(upstream.last().path, '/a%20b/%C3%A9;v=1?q=%zz&r=a+b&&')
  t.is(upstream.last().headers['x-mine'], 'yes')
})

test('a body is passed on', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const answer = await fetch(`${url}/pets/x`, { method: 'POST', body: 'hello' })
  t.is(answer.status, 200)
  t.is(upstream.last().body.toString(), 'hello')
})

test('absolute', async (t) => {
  const { url } = await planeBefore(t)
  const answer = await rawRequest(url, 'GET http://other.test/pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
  t.is(answer.status, 200)
  t.log(answer.headers)
})
