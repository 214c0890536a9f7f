import { valueAt } from '../../core/json-pointer.ts'
import { mergePatch } from '../../document/edit/merge-patch.ts'
import { isObject, type JsonObject } from '../../document/node.ts'

const SCHEMES = ['server', 'authentication', 'securitySchemes']

/**
 * An extension with what an import was asked for, a merge patch, in it. Settings that a scheme has already stay: it is
 * enabled, gets the login page that was asked for, and of all else only what it lacks.
 */
export function withAsked(extension: unknown, asked: unknown): unknown {
  const wishes = valueAt(asked, SCHEMES)
  if (!isObject(wishes)) return mergePatch(extension, asked)
  const limits = Object.entries(wishes).map(([name, wish]) => [
    name,
    limitsOf(objectAt(extension, [...SCHEMES, name]), isObject(wish) ? wish : {}),
  ])
  const limited = { server: { authentication: { securitySchemes: Object.fromEntries(limits) } } }
  return mergePatch(extension, mergePatch(asked, limited))
}

/** As a merge patch for a wish: null for what is set already. */
function limitsOf(present: JsonObject, wish: JsonObject): JsonObject {
  const explicit = ['enabled', 'authLoginRedirect']
  const known = Object.keys(wish).filter((key) => !explicit.includes(key) && Object.hasOwn(present, key))
  return { ...Object.fromEntries(known.map((key) => [key, null])), ...loginLimits(present, wish) }
}

/** A login page that is asked for is of use only with the code flow; without a page, a flow that has one goes on. */
function loginLimits(present: JsonObject, wish: JsonObject): JsonObject {
  const types = present['allowedAuthorizeTypes']
  if (Object.hasOwn(wish, 'authLoginRedirect')) {
    return Array.isArray(types) ? { allowedAuthorizeTypes: [...new Set([...types, 'code'])] } : {}
  }
  return Object.hasOwn(present, 'authLoginRedirect') ? { allowedAuthorizeTypes: null } : {}
}

function objectAt(extension: unknown, path: readonly string[]): JsonObject {
  const value = valueAt(extension, path)
  return isObject(value) ? value : {}
}
