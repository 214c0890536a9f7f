import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { isLoopback, loadSettings, parseAddress, SettingsError } from '../../src/config/load.ts'
import { loadMasterKey } from '../../src/config/master-key.ts'
import { Secret } from '../../src/core/secret.ts'

test('the access log writes what its rules name, and nothing when it is off', (t) => {
  const rules = (text: string) => loadSettings('apis', { accessLog: text }, {}).accessLog
  t.is(loadSettings('apis', {}, {}).accessLog, undefined)
  t.is(rules('off'), undefined)
  t.like(rules('all'), { share: 1 })
  t.like(rules('errors, slow:500ms, sample:0.5%'), { fromStatus: 500, slow: 500, share: 0.005 })
  t.deepEqual([...(rules('failures,api:pets,api:birds,client:shop')?.apis ?? [])], ['pets', 'birds'])
  for (const text of ['everything', 'slow:soon', 'sample:2', 'sample:200%', 'api:', 'errors,']) {
    t.throws(() => rules(text), { name: 'SettingsError', message: /--access-log/ })
  }
})

test('without flags and environment the gateway serves on loopback from the embedded store', (t) => {
  const settings = loadSettings('apis', {}, {})
  t.deepEqual(settings.listen, { host: '127.0.0.1', port: 8080 })
  t.deepEqual(settings.admin, { host: '127.0.0.1', port: 8081 })
  t.is(settings.store, 'sqlite:./data/gatehouse.db')
  t.is(settings.workers, 1)
  t.is(settings.privateTargets, 'allow')
  t.true(settings.adminSecretGenerated)
  t.true(settings.adminSecret.reveal().length >= 32)
  t.not(settings.adminSecret.reveal(), loadSettings('apis', {}, {}).adminSecret.reveal())
})

test('a flag goes before the environment, the environment before the default', (t) => {
  const env = {
    GATEHOUSE_LISTEN: '127.0.0.1:1',
    GATEHOUSE_ADMIN_SECRET: 'from-env',
    GATEHOUSE_PUBLIC_URL: 'https://api.example.com/',
  }
  t.is(loadSettings('apis', {}, env).listen.port, 1)
  t.is(loadSettings('apis', { listen: '127.0.0.1:2' }, env).listen.port, 2)
  t.is(loadSettings('apis', {}, env).adminSecret.reveal(), 'from-env')
  t.is(loadSettings('apis', {}, env).publicUrl, 'https://api.example.com')
})

test('trusted proxies are a list of addresses and ranges, none by default', (t) => {
  t.deepEqual(loadSettings('apis', {}, {}).trustedProxies, [])
  const env = { GATEHOUSE_TRUSTED_PROXIES: '10.0.0.0/8, ::1,' }
  t.deepEqual(loadSettings('apis', {}, env).trustedProxies, ['10.0.0.0/8', '::1'])
})

test('an admin address that is not loopback is refused without a secret', (t) => {
  t.throws(() => loadSettings('apis', { admin: '0.0.0.0:8081' }, {}), { instanceOf: SettingsError })
  t.notThrows(() => loadSettings('apis', { admin: '0.0.0.0:8081', adminSecret: 'chosen' }, {}))
})

test('a setting that makes no sense is named with what is expected', (t) => {
  for (const flags of [
    { listen: 'nonsense' },
    { listen: '127.0.0.1:99999' },
    { publicUrl: 'ftp://x' },
    { publicUrl: 'https://x/?a=b' },
    { workers: '0' },
    { workers: 'many' },
    { privateTargets: 'maybe' },
    { trustedProxies: '10.0.0.0/8, nobody' },
    { tlsCert: 'cert.pem' },
    { logLevel: 'loud' },
  ]) {
    t.throws(
      () => loadSettings('apis', flags, {}),
      { instanceOf: SettingsError, message: /expected|belong/ },
      JSON.stringify(flags),
    )
  }
})

test('addresses: host and port, bracketed IPv6, every interface', (t) => {
  t.deepEqual(parseAddress('--listen', '[::1]:80'), { host: '::1', port: 80 })
  t.deepEqual(parseAddress('--listen', ':8080'), { host: '0.0.0.0', port: 8080 })
  t.true(isLoopback('127.0.0.9'))
  t.true(isLoopback('::1'))
  t.false(isLoopback('127.0.0.1.example.com'))
  t.false(isLoopback('0.0.0.0'))
})

test('the master key beside the embedded store is made once, for its owner only, also when several start at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-key-'))
  const store = `sqlite:${join(folder, 'deep', 'gatehouse.db')}`
  const script = `import { loadMasterKey } from ${JSON.stringify(new URL('../../src/config/master-key.ts', import.meta.url).href)}
    console.log(loadMasterKey({ store: ${JSON.stringify(store)} }).toString('hex'))`
  const starts = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await once(child, 'close')
    return output.trim()
  })
  const keys = new Set(await Promise.all(starts))
  t.is(keys.size, 1)
  t.is([...keys][0], loadMasterKey({ store }).toString('hex'))
  t.deepEqual(readdirSync(join(folder, 'deep')), ['gatehouse.db.key'])
  t.is(statSync(join(folder, 'deep', 'gatehouse.db.key')).mode & 0o777, 0o600)
  t.true(readFileSync(join(folder, 'deep', 'gatehouse.db.key'), 'utf8').length > 43)
})

test('a shared store without a master key is refused, a short key as well', (t) => {
  t.throws(() => loadMasterKey({ store: 'sqlite:/proc/nowhere/gatehouse.db' }), { code: 'ENOENT' })
  t.throws(() => loadMasterKey({ store: 'redis://127.0.0.1' }), { instanceOf: SettingsError })
  t.throws(() => loadMasterKey({ store: 'redis://127.0.0.1', masterKey: new Secret('short') }), {
    instanceOf: SettingsError,
  })
  t.is(loadMasterKey({ store: 'redis://127.0.0.1', masterKey: new Secret('ab'.repeat(32)) }).length, 32)
})
