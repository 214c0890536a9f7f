import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CompileContext } from '../../api/compile-context.ts'
import type { PolicySchemas } from '../../api/settings/gateway.ts'
import { operationSwitches } from '../../api/settings/operation-switches.ts'
import { systemClock } from '../../core/clock.ts'
import { silentLog } from '../../core/log.ts'
import { openPlugins } from '../../gateway/plugins/plugins.ts'
import { policySettings } from '../../gateway/policies/index.ts'
import { compileContext } from './compile-context.ts'

/** Schemas of all policies that documents in these places may ask for: the gateway's own and those of their plugins. */
async function pluginSettings(
  paths: readonly string[],
  environment: (name: string) => string | undefined,
): Promise<PolicySchemas> {
  const all = new Map(policySettings)
  const given = environment('GATEHOUSE_PLUGINS')
  const folders = given === undefined ? await Promise.all(paths.map(folderOf)) : [given]
  for (const folder of new Set(folders)) {
    const reserved = [...Object.keys(operationSwitches), 'allowList']
    const plugins = await openPlugins({
      folder,
      settings: policySettings,
      reserved,
      clock: systemClock,
      log: silentLog,
    })
    for (const [name, schema] of plugins.settings) all.set(name, schema)
  }
  return all
}

/** What documents in these places are compiled with: the same as by a gateway that is started here. */
export async function contextFor(
  paths: readonly string[],
  environment: (name: string) => string | undefined,
): Promise<CompileContext> {
  return compileContext(environment, await pluginSettings(paths, environment))
}

async function folderOf(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined)
  return join(status?.isDirectory() ? path : dirname(path), 'plugins')
}
