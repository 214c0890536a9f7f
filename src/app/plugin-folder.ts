import { join } from 'node:path'
import type { Api } from '../api/api.ts'
import { operationSwitches } from '../api/settings/operation-switches.ts'
import type { Settings } from '../config/settings.ts'
import type { DocumentStatus } from '../gateway/documents/document.ts'
import type { Library } from '../gateway/library.ts'
import { openPlugins, type Plugins } from '../gateway/plugins/plugins.ts'
import { policySettings } from '../gateway/policies/index.ts'
import type { GatewayDeps } from './deps.ts'

/** The plugins of the folder that the settings name, else of `plugins` beside the documents. */
export function pluginFolder({ plugins, documents }: Settings, { clock, log }: GatewayDeps): Promise<Plugins> {
  const folder = plugins ?? join(documents, 'plugins')
  const reserved = [...Object.keys(operationSwitches), 'allowList']
  return openPlugins({ folder, settings: policySettings, reserved, clock, log })
}

/** From now on a plugin that changes is loaded, and documents that ask for it are compiled anew. Returns what ends that. */
export function followPlugins(plugins: Plugins, library: Library, { log }: GatewayDeps): () => void {
  const recompile = async (names: ReadonlySet<string>): Promise<void> => {
    const concerned = library.documents().filter((document) => mayAskFor(document, names))
    for (const { file } of concerned) await library.reload(file)
  }
  const ends = [
    plugins.onChange((names) => {
      recompile(names).catch((error: unknown) => log.error({ err: error }, 'documents cannot be compiled for a plugin'))
    }),
    plugins.watch(),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** What is not live may be so for want of the plugin. */
const mayAskFor = ({ status, api }: DocumentStatus, names: ReadonlySet<string>): boolean =>
  status !== 'live' || (api !== undefined && asksFor(api, names))

const asksFor = (api: Api, names: ReadonlySet<string>): boolean =>
  api.routes.operations.some(({ policies }) => [...names].some((name) => policies.has(name)))
