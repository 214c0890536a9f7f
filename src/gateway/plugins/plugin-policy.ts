import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Call, Step } from '../call.ts'
import { edited } from '../head-edit.ts'
import type { Policy } from '../policies/policy.ts'
import type { Plugin, PluginAnswer, PluginRequest, PluginResult } from './plugin.ts'
import { answerHeaders, pluginRequest, pluginResponse } from './plugin-request.ts'
import { inPlugin } from './plugin-scope.ts'

/** Who hears of what a plugin threw. */
export interface PluginFailures {
  failed(error: unknown, call: Call): void
  /** What nobody caught, maybe after the request has been answered. */
  stray(error: unknown, call: Call): void
}

/** Milliseconds that a handler may take. */
const DEADLINE = 10_000

/** A plugin as a policy. Whatever it throws becomes a 500 for that request, and is told. */
export function pluginPolicy(name: string, plugin: Plugin, { failed, stray }: PluginFailures): Policy {
  const fail = (error: unknown, call: Call): Problem => {
    failed(error, call)
    return new Problem(500, 'plugin_failed', `The policy ${name} has failed.`, { cause: error })
  }
  return {
    name,
    settings: plugin.settings,
    create: (settings, { clock }) => {
      const onResponse = responseHook(plugin, settings as never, { failed, stray }, fail)
      return (call) => {
        const request = pluginRequest(call)
        onResponse?.(call, request)
        if (!plugin.request) return undefined
        const handle = () => plugin.request?.(request, settings as never)
        return run(() => inPlugin((error) => stray(error, call), handle), call, clock, fail)
      }
    },
  }
}

type Fail = (error: unknown, call: Call) => Problem

function responseHook(
  plugin: Plugin,
  settings: never,
  { stray }: PluginFailures,
  fail: Fail,
): ((call: Call, request: PluginRequest) => void) | undefined {
  const { response } = plugin
  if (!response) return undefined
  return (call, request) => {
    let broken = false
    call.edits.push((head) => {
      if (broken) return // this is the answer that says so
      try {
        inPlugin(
          (error) => stray(error, call),
          () => response(pluginResponse(head, request), settings),
        )
      } catch (error) {
        broken = true
        throw fail(error, call)
      }
    })
  }
}

function run(
  handler: () => PluginResult | Promise<PluginResult>,
  call: Call,
  clock: Clock,
  fail: Fail,
): ReturnType<Step> {
  try {
    const result = handler()
    if (!(result instanceof Promise)) {
      answer(result, call)
      return undefined
    }
    return inTime(result, clock).then(
      (late) => guarded(() => answer(late, call), call, fail),
      (error: unknown) => {
        throw fail(error, call)
      },
    )
  } catch (error) {
    throw fail(error, call)
  }
}

function guarded(work: () => void, call: Call, fail: Fail): void {
  try {
    work()
  } catch (error) {
    throw fail(error, call)
  }
}

function inTime(result: Promise<PluginResult>, clock: Clock): Promise<PluginResult> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DEADLINE, () => reject(new Error(`it took more than ${DEADLINE / 1000} seconds`)))
    result.then(resolve, reject).finally(cancel)
  })
}

/** Sends the answer of a plugin, if it gave one. */
function answer(result: PluginResult, call: Call): void {
  if (!result) return
  const { status, headers = {}, body } = result as PluginAnswer
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new RangeError(`${status} is no status of an answer`)
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const given = answerHeaders(headers)
  const isTyped = given.some(([name]) => name.toLowerCase() === 'content-type')
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  const head = [
    ...given.flat(),
    ...(isTyped || body === undefined ? [] : ['Content-Type', type]),
    ...(status === 204 || status === 304 ? [] : ['Content-Length', String(Buffer.byteLength(text))]),
    'X-Request-Id',
    call.requestId,
  ]
  call.res.writeHead(status, edited(status, head, call.edits)).end(call.req.method === 'HEAD' ? '' : text)
}
