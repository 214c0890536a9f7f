import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Plugin, PluginDefinition, PluginKit, PluginModule } from './plugin.ts'

const KIT: PluginKit = {
  z,
  definePlugin: <Schema extends z.ZodType>(plugin: PluginDefinition<Schema>): Plugin => plugin as unknown as Plugin,
}

/** A file of the plugin folder that cannot be used; the message says why. */
export class PluginUnusable extends Error {
  override readonly name = 'PluginUnusable'
}

/**
 * Runs a file and takes its plugin. `version` makes Node read the file again; what the file itself imports is not read
 * again. Throws `PluginUnusable`.
 */
export async function loadPlugin(file: string, version: number): Promise<Plugin> {
  const module: unknown = await import(`${pathToFileURL(file).href}?v=${version}`).catch((error: unknown) => {
    throw new PluginUnusable(messageOf(error), { cause: error })
  })
  const make = (module as { readonly plugin?: unknown }).plugin
  if (typeof make !== 'function') throw new PluginUnusable('it exports no function `plugin`')
  return checked(made(make as PluginModule))
}

function made(make: PluginModule): Plugin {
  try {
    return make(KIT)
  } catch (error) {
    throw new PluginUnusable(messageOf(error), { cause: error })
  }
}

/** What it says has been typed by somebody's editor, or by nobody. */
function checked(plugin: Plugin): Plugin {
  const { settings, request, response } = (plugin ?? {}) as Partial<Plugin>
  if (!(settings instanceof z.ZodType))
    throw new PluginUnusable('`settings` must be a schema made with the `z` of the kit')
  if (request === undefined && response === undefined)
    throw new PluginUnusable('it has neither `request` nor `response`')
  if (request !== undefined && typeof request !== 'function') throw new PluginUnusable('`request` must be a function')
  if (response !== undefined && typeof response !== 'function')
    throw new PluginUnusable('`response` must be a function')
  try {
    z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' })
  } catch (error) {
    throw new PluginUnusable(`its settings cannot be described: ${messageOf(error)}`, { cause: error })
  }
  return plugin
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
