import test from 'ava'
import { startStepOn } from '../../examples/step-on/main.ts'
import { forTest } from '../_kit/world.ts'

test('Step On knows its users from the gateway’s header only', async (t) => {
  const stepOn = await forTest(t, startStepOn())
  t.is((await fetch(`${stepOn.url}/stepcounts`)).status, 401)
  const answer = await fetch(`${stepOn.url}/stepcounts?from=2026-03-04`, { headers: clark })
  t.deepEqual(await answer.json(), {
    user: 'clark',
    days: [
      { date: '2026-03-04', count: 3102 },
      { date: '2026-03-05', count: 12755 },
    ],
  })
})

test('a day that was added is there, and what is not a day is refused', async (t) => {
  const stepOn = await forTest(t, startStepOn())
  const post = (body: string) => fetch(`${stepOn.url}/stepcounts`, { method: 'POST', body, headers: clark })
  t.is((await post('{"date":"2026-03-06","count":4000}')).status, 201)
  for (const wrong of ['', '[]', '{"date":"yesterday","count":1}', '{"date":"2026-03-06","count":-1}']) {
    t.is((await post(wrong)).status, 422, wrong)
  }
  const { days } = (await (await fetch(`${stepOn.url}/stepcounts`, { headers: clark })).json()) as { days: object[] }
  t.deepEqual(days.at(-1), { date: '2026-03-06', count: 4000 })
})

test('the live feed sends events with ids and resumes after the last one', async (t) => {
  const stepOn = await forTest(t, startStepOn({ liveInterval: 5 }))
  const headers = { ...clark, 'last-event-id': '7' }
  const feed = await (await fetch(`${stepOn.url}/stepcounts/live?limit=2`, { headers })).text()
  t.deepEqual(feed.match(/^id: .*/gm), ['id: 8', 'id: 9'])
})

const clark = { 'x-authenticated-userid': 'clark' }
