import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGateway } from '../../../src/app.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { stepOnDocument } from '../documents.ts'

/** Gatehouse before an upstream, on the store that is named, with its log at its default level going nowhere. */
const [place = '', upstream = '', store = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(place, 'gatehouse-'))
writeFileSync(join(folder, 'step-on.json'), JSON.stringify(stepOnDocument(upstream)))
const adminSecret = 'bench'
const flags = { listen: '127.0.0.1:0', admin: '127.0.0.1:0', adminSecret, store }
const environment = { GATEHOUSE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }
const gateway = await startGateway(loadSettings(folder, flags, environment))
process.once('SIGTERM', () => {
  gateway.close().finally(() => process.exit(0))
})
console.log(JSON.stringify({ url: gateway.url, adminUrl: gateway.adminUrl, adminSecret }))
