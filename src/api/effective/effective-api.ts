import type { z } from 'zod'
import { type JsonPath, valueAt } from '../../core/json-pointer.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, isObject } from '../../document/node.ts'
import type { Api, SecurityScheme } from '../api.ts'
import { inputSchema } from '../extension/input-schema.ts'
import { openIdConnectSchemeSettings } from '../settings/external-tokens.ts'
import { infoSettings } from '../settings/info.ts'
import { oauthSchemeSettings } from '../settings/oauth-scheme.ts'
import { apiKeySchemeSettings, basicSchemeSettings, bearerSchemeSettings } from '../settings/plain-scheme.ts'
import { serverSettings } from '../settings/server.ts'
import { upstreamSettings } from '../settings/upstream.ts'
import { type EffectiveSetting, type Written, walkSettings } from './walk-settings.ts'

const SCHEMES: Readonly<Partial<Record<SecurityScheme['kind'], z.ZodType>>> = {
  issuer: oauthSchemeSettings,
  apiKey: apiKeySchemeSettings,
  basic: basicSchemeSettings,
  bearer: bearerSchemeSettings,
}

/** Every setting that holds for an API as a whole, with the line that it comes from, `default`, or what it derives from. */
export function effectiveApi(document: ApiDocument, api: Api): readonly EffectiveSetting[] {
  const part = (name: string, schema: z.ZodType): EffectiveSetting[] =>
    under(name, walkSettings(inputSchema(schema), writtenAt(document, ['x-gateway', name])))
  const schemes = [...api.securitySchemes.values()].flatMap((scheme) => schemeSettings(document, scheme))
  const found = [
    ...part('info', infoSettings),
    ...part('server', serverSettings).filter(({ path }) => !path.startsWith('server.authentication.securitySchemes')),
    ...schemes,
    ...part('upstream', upstreamSettings),
  ]
  const known = new Set(found.map(({ path }) => path))
  return [...found, ...derived(document, api).filter(({ path }) => !known.has(path))].sort(
    (a, b) => order(a) - order(b),
  )
}

const PARTS = ['info', 'server', 'upstream']
const order = ({ path }: EffectiveSetting): number => PARTS.indexOf(path.split('.')[0] ?? '')

const under = (name: string, settings: readonly EffectiveSetting[]): EffectiveSetting[] =>
  settings.map((setting) => ({ ...setting, path: `${name}.${setting.path}` }))

function schemeSettings(document: ApiDocument, { name, kind }: SecurityScheme): EffectiveSetting[] {
  const way = ['server', 'authentication', 'securitySchemes', name]
  const type = childOf(document.root, 'components', 'securitySchemes', name, 'type').value
  const schema = type === 'openIdConnect' ? openIdConnectSchemeSettings : (SCHEMES[kind] ?? oauthSchemeSettings)
  return under(way.join('.'), walkSettings(inputSchema(schema), writtenAt(document, ['x-gateway', ...way])))
}

/** What is written below a path of the document, with file and line. */
function writtenAt(document: ApiDocument, base: JsonPath): Written {
  const { source } = document.root
  return (path) => {
    const value = valueAt(document.root.value, [...base, ...path])
    if (value === undefined) return undefined
    return { value, from: `${source.file}:${source.locate([...base, ...path], 'key').line}` }
  }
}

/** What the document itself decides where the extension says nothing. */
function derived(document: ApiDocument, api: Api): EffectiveSetting[] {
  const servers = childOf(document.root, 'servers')
  const line = servers.value === undefined ? 1 : document.root.source.locate(servers.path, 'key').line
  const title = isObject(childOf(document.root, 'info').value) ? 'info.title' : 'the name of the file'
  return [
    { path: 'info.id', value: api.id, from: title },
    { path: 'info.name', value: api.name, from: title },
    { path: 'server.listenPath.value', value: `${api.listenPath}/`, from: title },
    { path: 'upstream.url', value: api.upstream.url, from: `${document.file}:${line} (servers)` },
  ]
}
