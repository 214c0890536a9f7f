import type { ExecutionContext } from 'ava'
import { type OperationWish, planeBefore } from './data-plane.ts'
import { checkedPolicies } from './policies.ts'

type Headers = Readonly<Record<string, string | string[]>>

/** A gateway that keeps answers of public operations, and a count of what reaches the upstream. */
export async function caching(t: ExecutionContext, settings: object = {}, operation: OperationWish = {}) {
  const policies = checkedPolicies({ cache: settings })
  const plane = await planeBefore(t, { operations: [{ ...operation, policies }] })
  let version = 0
  const answers = (headers: Headers, status = 200) =>
    plane.upstream.answer((_, response) => {
      const date = new Date(plane.clock.now()).toUTCString()
      response.writeHead(status, { date, ...headers }).end(`answer ${++version}`)
    })
  const get = async (headers: Record<string, string> = {}, path = '/dogs', method = 'GET') => {
    const response = await fetch(`${plane.url}/pets${path}`, { method, headers })
    return {
      status: response.status,
      body: await response.text(),
      header: (name: string) => response.headers.get(name),
    }
  }
  return { ...plane, answers, get, asked: () => plane.upstream.requests.length }
}

export const FRESH = { 'cache-control': 'max-age=60' }
