import test from 'ava'
import { openSlots } from '../../src/notify/slots.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('attempts begin in groups while nothing is issued, and one in four turns while something is', async (t) => {
  const slots = openSlots(256)
  let begun = 0
  for (let attempt = 0; attempt < 40; attempt++) slots.turn().then(() => begun++)
  await turn()
  t.is(begun, 16)
  for (let busy = 0; busy < 8; busy++) {
    slots.issued()
    await turn()
  }
  t.is(begun, 18)
  await turn()
  await turn()
  t.is(begun, 40)
})
