import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolders } from '../core/make-folders.ts'
import { pooledRandom } from '../core/random.ts'
import { SettingsError } from './load.ts'
import type { Settings } from './settings.ts'

/**
 * The key under which refresh tokens are authenticated and pending notifications, signing keys and third-party
 * credentials are encrypted. `GATEHOUSE_MASTER_KEY` (base64 or hex of at least 32 bytes, or a text of at least 43
 * characters); else a file beside the embedded store, made at the first start and readable by its owner only.
 * Throws `SettingsError` when a shared store is used without one.
 */
export function loadMasterKey(settings: Pick<Settings, 'masterKey' | 'store'>): Buffer {
  if (settings.masterKey) return decodeKey(settings.masterKey.reveal(), 'GATEHOUSE_MASTER_KEY')
  if (settings.store.startsWith('memory:')) return pooledRandom()(32)
  if (!settings.store.startsWith('sqlite:')) {
    throw new SettingsError(
      'GATEHOUSE_MASTER_KEY is needed with a shared store: every gateway must have the same one (openssl rand -base64 32)',
    )
  }
  return keyFile(`${sqlitePath(settings.store)}.key`)
}

/** The file that a `sqlite:` URL names. */
function sqlitePath(url: string): string {
  const path = decodeURI(url.replace(/^sqlite:(?:\/\/(?=\/))?/, '').replace(/\?.*$/, ''))
  if (path === '') throw new SettingsError('--store sqlite: needs a path, such as sqlite:./data/gatehouse.db')
  return path
}

function keyFile(path: string): Buffer {
  makeFolders(dirname(path))
  if (!existsSync(path)) createOnce(path)
  return decodeKey(readFileSync(path, 'utf8').trim(), path)
}

/** Of several processes that start at once exactly one creates the file, and nobody sees it half written. */
function createOnce(path: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${pooledRandom()(32).toString('base64')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

function decodeKey(text: string, origin: string): Buffer {
  const bytes = /^[0-9a-fA-F]{64,}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (bytes.length < 32)
    throw new SettingsError(`${origin}: expected at least 32 bytes as base64 (openssl rand -base64 32)`)
  return bytes
}
