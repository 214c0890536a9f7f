import { equalJson } from '../../core/equal-json.ts'
import { fromPointer, valueAt } from '../../core/json-pointer.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { isMap } from './layout.ts'

/** Why a patch does not fit: nothing of it is applied then. */
export interface PatchProblem {
  /** `test`: a test of the patch failed. `path`: it names a place that is not there. `malformed`: it is no JSON Patch. */
  readonly kind: 'test' | 'path' | 'malformed'
  /** Index of the operation in the patch. */
  readonly index: number
  readonly message: string
}

type Applied = Result<unknown, Omit<PatchProblem, 'index'>>
type Operation = Readonly<Record<string, unknown>>

/** Operations of one patch; more is refused before anything is tried. */
const MOST = 10_000

/** RFC 6902: what a JSON Patch makes of `target`, which stays as it is. All operations, or none. */
export function jsonPatch(target: unknown, patch: unknown): Result<unknown, PatchProblem> {
  if (!Array.isArray(patch))
    return err({ kind: 'malformed', index: 0, message: 'a JSON Patch is an array of operations' })
  if (patch.length > MOST) return err({ kind: 'malformed', index: MOST, message: `at most ${MOST} operations` })
  let value = target
  for (const [index, operation] of patch.entries()) {
    const applied: Applied = isMap(operation) ? applyOne(value, operation) : malformed('an operation is an object')
    if (!applied.ok) return err({ ...applied.error, index })
    value = applied.value
  }
  return ok(value)
}

function applyOne(root: unknown, operation: Operation): Applied {
  const { op, path, from } = operation
  if (typeof path !== 'string' || !isPointer(path)) return malformed('"path" must be a JSON pointer')
  const at = fromPointer(path)
  switch (op) {
    case 'add':
      return hasValue(operation) ? add(root, at, operation['value']) : malformed('"value" is missing')
    case 'remove':
      return remove(root, at)
    case 'replace':
      if (!hasValue(operation)) return malformed('"value" is missing')
      return exists(root, at) ? put(root, at, operation['value']) : nothingAt(path)
    case 'test':
      if (!hasValue(operation)) return malformed('"value" is missing')
      if (!exists(root, at)) return nothingAt(path)
      return equalJson(valueAt(root, at), operation['value'])
        ? ok(root)
        : err({ kind: 'test', message: `the value at ${JSON.stringify(path)} is another one` })
    case 'move':
    case 'copy':
      if (typeof from !== 'string' || !isPointer(from)) return malformed('"from" must be a JSON pointer')
      return transfer(root, fromPointer(from), at, op === 'move', from)
    default:
      return malformed('"op" must be add, remove, replace, move, copy or test')
  }
}

function transfer(
  root: unknown,
  from: readonly string[],
  to: readonly string[],
  isMove: boolean,
  text: string,
): Applied {
  if (!exists(root, from)) return nothingAt(text)
  const value = valueAt(root, from)
  if (!isMove) return add(root, to, value)
  if (to.length > from.length && from.every((step, index) => step === to[index])) {
    return malformed('a value cannot be moved into itself')
  }
  const without = remove(root, from)
  return without.ok ? add(without.value, to, value) : without
}

const hasValue = (operation: Operation): boolean => Object.hasOwn(operation, 'value')
const isPointer = (text: string): boolean => text === '' || text.startsWith('/')
const exists = (root: unknown, path: readonly string[]): boolean => {
  const last = path.at(-1)
  if (last === undefined) return true
  const parent = valueAt(root, path.slice(0, -1))
  if (Array.isArray(parent)) return /^(?:0|[1-9]\d*)$/.test(last) && Number(last) < parent.length
  return isMap(parent) && Object.hasOwn(parent, last)
}
const malformed = (message: string): Applied => err({ kind: 'malformed', message })
const nothingAt = (pointer: string): Applied =>
  err({ kind: 'path', message: `nothing stands at ${JSON.stringify(pointer)}` })

function add(root: unknown, path: readonly string[], value: unknown): Applied {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last === undefined || isMap(parent)) return put(root, path, value)
  if (!Array.isArray(parent)) return nothingAt(`/${path.slice(0, -1).join('/')}`)
  const index = last === '-' ? parent.length : /^(?:0|[1-9]\d*)$/.test(last) ? Number(last) : Number.POSITIVE_INFINITY
  if (index > parent.length) return err({ kind: 'path', message: `the array has no place ${JSON.stringify(last)}` })
  return put(root, path.slice(0, -1), parent.toSpliced(index, 0, value))
}

function remove(root: unknown, path: readonly string[]): Applied {
  const last = path.at(-1)
  if (last === undefined) return malformed('the whole document cannot be removed')
  if (!exists(root, path)) return nothingAt(`/${path.join('/')}`)
  const parent = valueAt(root, path.slice(0, -1))
  if (Array.isArray(parent)) return put(root, path.slice(0, -1), parent.toSpliced(Number(last), 1))
  const rest = Object.entries(isMap(parent) ? parent : {}).filter(([key]) => key !== last)
  return put(root, path.slice(0, -1), Object.fromEntries(rest))
}

/** The same value with another one at `path`, whose parent exists. */
function put(root: unknown, path: readonly string[], value: unknown): Applied {
  const [step, ...rest] = path
  if (step === undefined) return ok(value)
  const inner = put(valueAt(root, [step]), rest, value)
  if (!inner.ok) return inner
  if (Array.isArray(root)) return ok(root.with(Number(step), inner.value))
  const members = new Map(isMap(root) ? Object.entries(root) : [])
  members.set(step, inner.value)
  return ok(Object.fromEntries(members))
}
