import { closeSync, openSync, renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { adminCall } from '../_kit/admin-call.ts'
import { handClock } from '../_kit/clock.ts'
import { startTestGateway } from '../_kit/gateway.ts'
import { until } from '../_kit/until.ts'

// A gateway whose process can open no more files for a while; it is started with a low limit. Prints how often it complained
// meanwhile, and what it serves afterwards.

const document = (name: string) => ({
  openapi: '3.1.0',
  info: { title: name, version: '1' },
  paths: {},
  'x-gateway': {
    info: { id: 'pets' },
    server: { listenPath: { value: '/pets/' } },
    upstream: { url: 'http://127.0.0.1:1' },
  },
})
const consumers = (name: string) => `consumers: [{ username: ${name} }]`

const clock = handClock()
const gateway = await startTestGateway({
  documents: { 'pets.json': document('Before'), 'consumers.yaml': consumers('before') },
  deps: { clock },
})
const said = (level: string, text: string) =>
  gateway.log.filter((line) => line.level === level && line.message.startsWith(text)).length
/** Goes on in time until it holds. */
const comes = (holds: () => boolean | Promise<boolean>) =>
  until(
    async () => {
      await clock.advance(100)
      return holds()
    },
    () => JSON.stringify(gateway.log.filter(({ level }) => level !== 'debug').slice(-9)),
  )

const changes = {
  'pets.json': document('After'),
  'later.json': { ...document('Later'), 'x-gateway': undefined },
  'notes.json': { notes: 'no document' },
  'consumers.yaml': consumers('after'),
}
for (const [name, content] of Object.entries(changes)) gateway.write(`.prepared/${name}`, content)
// The folder is watched from the first look on.
gateway.write('pets.json', document('Between'))
await comes(() => said('info', 'a document is served') === 2)

const spent: number[] = []
try {
  for (;;) spent.push(openSync('/dev/null', 'r'))
} catch {} // there are no more

for (const name of Object.keys(changes)) renameSync(join(gateway.folder, '.prepared', name), join(gateway.folder, name))
await comes(() => {
  // Told again and again, because a look at the whole folder, which cannot be listed now, says nothing of single files.
  for (const name of Object.keys(changes)) utimesSync(join(gateway.folder, name), new Date(), new Date())
  return said('error', 'a document cannot be served') >= 3 && said('error', 'the file of consumers') >= 1
})
const seen = clock.now()
await comes(() => clock.now() > seen + 12_000)
console.log('documents', said('error', 'a document cannot be served'))
console.log('consumers', said('error', 'the file of consumers'))

for (const descriptor of spent.splice(0)) closeSync(descriptor)
await comes(async () => (await adminCall(gateway, 'GET', '/consumers/after')).status === 200)
await comes(async () => (await adminCall(gateway, 'GET', '/api/apis/pets/status')).json['name'] === 'After')
const { data } = (await adminCall(gateway, 'GET', '/api/apis')).json as { data: { name: string; state: string }[] }
for (const { name, state } of data) console.log(name, state)
await gateway.close()
