import { join } from 'node:path'
import { readPolicies } from '../admin/declared/read-policies.ts'
import type { Settings } from '../config/settings.ts'
import { identityOf, stampOf } from '../gateway/documents/find-files.ts'
import { POLICY_FILES } from '../gateway/documents/policy-files.ts'
import { settle } from '../gateway/documents/settle.ts'
import { watchFolders } from '../gateway/documents/watch-folders.ts'
import { syncPolicies } from '../oauth/policies/sync-policies.ts'
import type { Store } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'

export interface PolicyFileParts extends GatewayDeps {
  readonly settings: Settings
  readonly store: Store
}

const TIMES = { quiet: 30, longest: 300 }
/** Milliseconds: an editor may put a new file in the place of the old one meanwhile. */
const GRACE = 150
const POLL = 2000

/**
 * Keeps the policies of the store as the file `policies.yaml` beside the documents says, now and whenever it changes. A file
 * that makes no sense or cannot be read changes nothing, nor does a folder that is not there, as between two mounts.
 * Returns what ends it.
 */
export async function followPolicyFile(parts: PolicyFileParts): Promise<() => void> {
  const { settings, clock, log } = parts
  const folder = settings.documents
  /** Of what the store says. */
  let stamp: string | undefined
  let faults = ''
  let cancel = (): void => {}
  let ended = false
  let busy: Promise<void> = Promise.resolve()

  const look = async (): Promise<void> => {
    let found = await stampsIn(folder)
    if (found === '' && stamp !== undefined && stamp !== '') {
      await new Promise<void>((resolve) => clock.after(GRACE, resolve))
      found = await stampsIn(folder)
    }
    if (found === stamp || ended) return
    const { policies, diagnostics } = await readPolicies(folder)
    if ((await identityOf(folder)) === '') return
    // Looked at again and again, because it may have become readable without having been written; said once.
    const said = faults
    faults = JSON.stringify(diagnostics)
    for (const { file, line, column, message } of faults === said ? [] : diagnostics) {
      log.error({ file, line, column, error: message }, 'the policy file cannot be used; policies stay as they are')
    }
    if (!policies) return
    const changed = await syncPolicies(policies, parts)
    stamp = found
    if (changed.length > 0) log.info({ policies: changed }, 'policies are as the policy file says')
  }
  const rescan = (): Promise<void> => {
    busy = busy.then(look).catch((error: unknown) => {
      log.error({ error: String(error) }, 'the policies of the policy file cannot be stored; this is tried again')
    })
    return busy
  }
  const settler = settle(clock, TIMES, () => void rescan())
  const watcher = watchFolders((_, path) => {
    if (path === undefined || POLICY_FILES.some((name) => path.endsWith(name))) settler.add('all')
  }, log)
  const poll = async (): Promise<void> => {
    watcher.follow(new Map([[folder, await identityOf(folder)]]))
    await rescan()
    if (!ended) cancel = clock.after(POLL, () => void poll())
  }
  await poll()
  return () => {
    ended = true
    cancel()
    settler.cancel()
    watcher.close()
  }
}

/** Differs when one of the files was written; `''` when there is none. */
async function stampsIn(folder: string): Promise<string> {
  const stamps = await Promise.all(POLICY_FILES.map((name) => stampOf(join(folder, name))))
  return stamps.join('\n').trim()
}
