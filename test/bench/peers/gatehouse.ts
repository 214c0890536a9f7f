import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '../../../src/app.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { stepOnDocument } from '../documents.ts'

/** Gatehouse as it is served, before an upstream or with a document of its own, on the embedded store, with its log at its default level going nowhere. */
const [place = '', upstream = '', receiver] = process.argv.slice(2)
const notifications =
  receiver === undefined ? undefined : { onKeyChangeUrl: receiver, sharedSecret: 'bench-secret', capacity: 10_000_000 }
const folder = mkdtempSync(join(place, 'gatehouse-'))
const document = upstream.startsWith('{') ? upstream : JSON.stringify(stepOnDocument(upstream, notifications))
writeFileSync(join(folder, 'step-on.json'), document)
const adminSecret = 'bench'
const flags = {
  listen: '127.0.0.1:0',
  admin: '127.0.0.1:0',
  adminSecret,
  store: `sqlite:${join(folder, 'gatehouse.db')}`,
}
const gateway = await startGateway(loadSettings(folder, flags, {}))
process.once('SIGTERM', () => {
  gateway.close().finally(() => process.exit(0))
})
console.log(JSON.stringify({ url: gateway.url, adminUrl: gateway.adminUrl, adminSecret }))
