import { type JsonPath, valueAt } from '../../core/json-pointer.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { Api, Operation, Security } from '../api.ts'
import type { CompileContext } from '../compile-context.ts'
import { inputSchema } from '../extension/input-schema.ts'
import type { Layer } from '../extension/layers.ts'
import { effectiveOf } from '../operations/build-operations.ts'
import { NOTHING, policyCompiler } from '../operations/effective-policies.ts'
import { operationsByKey, placeName, settingsByOperation } from '../operations/operation-keys.ts'
import { operationSwitches } from '../settings/operation-switches.ts'
import { type EffectiveSetting, type Written, walkSettings } from './walk-settings.ts'

export interface EffectiveOperation {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly settings: readonly EffectiveSetting[]
}

/** Everything that holds for the operation of that `operationId`, or `METHOD /path`; undefined when there is none. */
export function effectiveOperation(
  document: ApiDocument,
  api: Api,
  key: string,
  context: CompileContext,
): EffectiveOperation | undefined {
  const [declared] = operationsByKey(document.operations)(key)
  if (!declared) return undefined
  const { method, path } = declared
  const operation = api.routes.operations.find((each) => each.method === method && each.path === path)
  const settings = [...securityOf(document, declared, operation), ...policiesOf(document, declared, context)]
  return { name: operation?.id ?? placeName(declared), method, path, settings }
}

/** The policies that hold for every request, and the allow list. */
export function effectiveGlobal(document: ApiDocument, context: CompileContext): readonly EffectiveSetting[] {
  const place = childOf(document.root, 'x-gateway', 'middleware', 'global')
  const { layers } = policyCompiler(context, ignore).add(NOTHING, place, ['allowList'])
  const allowList = childOf(place, 'allowList').value
  const { source, path } = childOf(place, 'allowList')
  const from = allowList === undefined ? 'default' : `${source.file}:${source.locate(path, 'key').line}`
  const settings = [{ path: 'allowList', value: allowList ?? false, from }, ...layerSettings(layers, context)]
  return settings.map((setting) => ({ ...setting, path: `middleware.global.${setting.path}` }))
}

/** `check` tells what is wrong. */
const ignore = (): void => undefined

function policiesOf(document: ApiDocument, declared: DeclaredOperation, context: CompileContext): EffectiveSetting[] {
  const policies = policyCompiler(context, ignore)
  const middleware = childOf(document.root, 'x-gateway', 'middleware')
  const global = policies.add(NOTHING, childOf(middleware, 'global'), ['allowList'])
  const settings = settingsByOperation(childOf(middleware, 'operations'), document.operations, ignore)
  return layerSettings(effectiveOf(declared, global, settings.get(declared), policies).layers, context)
}

function layerSettings(layers: ReadonlyMap<string, Layer>, context: CompileContext): EffectiveSetting[] {
  const schemas = new Map([...Object.entries(operationSwitches), ...context.policies])
  return [...layers].flatMap(([name, layer]) => {
    const schema = schemas.get(name)
    if (!schema) return []
    return walkSettings(inputSchema(schema), writtenIn(layer)).map((setting) => ({
      ...setting,
      path: setting.path === '' ? name : `${name}.${setting.path}`,
    }))
  })
}

/** As it stands in the texts: what references stand for is not shown. */
function writtenIn(root: Layer): Written {
  return (path) => {
    const layer = path.reduce<Layer | undefined>((at, step) => at?.members?.get(String(step)), root)
    if (!layer) return undefined
    const { source, path: place } = layer.place
    const value = layer.members ? layer.value : valueAt(source.value, place)
    return { value, from: `${source.file}:${source.locate(place, 'key').line} (${layerName(place)})` }
  }
}

/** Which of the four places a policy may stand in this is. */
function layerName(place: JsonPath): string {
  if (place[0] !== 'x-gateway') return place.indexOf('x-gateway') <= 2 ? 'path item' : 'operation'
  return place[2] === 'global' ? 'global' : 'operations'
}

function securityOf(
  document: ApiDocument,
  declared: DeclaredOperation,
  operation: Operation | undefined,
): EffectiveSetting[] {
  if (!operation) return [{ path: 'served', value: false, from: 'the allow list' }]
  const own = childOf(declared.node, 'security')
  const root = childOf(document.root, 'security')
  const written = Array.isArray(own.value) ? own : Array.isArray(root.value) ? root : undefined
  const line = written && `${written.source.file}:${written.source.locate(written.path, 'key').line}`
  const from = line ?? (operation.security.length === 0 ? 'authentication is off' : 'every enabled scheme')
  const upstream = operation.upstreamUrl
  return [
    { path: 'security', value: requirementsOf(operation.security), from },
    ...(upstream === undefined ? [] : [{ path: 'upstream', value: upstream, from: 'its own' }]),
  ]
}

const requirementsOf = (security: Security): unknown =>
  security.map((requirement) => Object.fromEntries(requirement.map(({ scheme, scopes }) => [scheme.name, scopes])))
