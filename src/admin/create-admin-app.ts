import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import { koaBody } from 'koa-body'
import { Problem } from '../core/problem.ts'
import { parseForm } from '../oauth/http.ts'
import type { AdminDeps } from './admin-deps.ts'
import type { Actor, AdminAnswer, AdminRequest, AdminRoute } from './admin-route.ts'
import { auditLine } from './audit.ts'
import { type Authenticate, createAuthenticate } from './authenticate.ts'
import { isLocalHost, isLoopback } from './http/local.ts'
import { toProblem } from './http/to-problem.ts'
import { adminRoutes } from './routes.ts'

interface State {
  actor: Actor
  /** What the audit line of a call says; set by the call that was found. */
  audit?: { readonly action: string; readonly named?: Readonly<Record<string, unknown>> }
}

/** The admin API as a Koa application; hand its `callback()` to the server of the admin address. */
export function createAdminApp(deps: AdminDeps): Koa {
  const routes = adminRoutes(deps)
  const app = new Koa()
  app.silent = true // errors are answered and logged below, in one place
  app.use(answerErrors(deps))
  app.use(refuseForeignHost(deps))
  app.use(authenticate(createAuthenticate(deps), routes))
  app.use(refuseCompressed)
  app.use(readText(deps.bodyLimit))
  const router = routerOf(routes)
  app.use(router.routes())
  app.use(nothingFound(routes))
  return app
}

/** Everything that a call throws becomes a problem document; every call that changes something becomes an audit line. */
function answerErrors({ services: { log, random } }: AdminDeps): Middleware<State> {
  return async (ctx, next) => {
    ctx.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    try {
      await next()
    } catch (error) {
      const problem = toProblem(error, log, random)
      ctx.status = problem.status
      ctx.set(problem.headers)
      ctx.type = 'application/problem+json'
      ctx.body = JSON.stringify(problem.toBody())
    }
    const { audit, actor } = ctx.state
    if (audit)
      log.info(auditLine({ ...audit, actor, path: ctx.path, status: ctx.status, address: ctx.ip }), 'admin call')
  }
}

/** A page in a browser on this machine cannot reach this address by a name of its own. */
function refuseForeignHost({ hosts }: AdminDeps): Middleware {
  return async (ctx, next) => {
    if (isLoopback(ctx.socket.localAddress) && !isLocalHost(ctx.get('host'), hosts)) {
      throw new Problem(421, 'misdirected_request', 'This host name does not belong to the admin API.')
    }
    await next()
  }
}

function authenticate(check: Authenticate, routes: readonly AdminRoute[]): Middleware<State> {
  const open = new Set(routes.filter((route) => route.openLocally).map((route) => route.path))
  return async (ctx, next) => {
    const { remoteAddress } = ctx.socket
    const local = isLoopback(remoteAddress) && ctx.get('authorization') === '' && open.has(ctx.path.replace(/\/$/, ''))
    ctx.state.actor = local ? { kind: 'local' } : await check(ctx.get('authorization'), remoteAddress ?? '')
    await next()
  }
}

/** What is small on the wire may be huge unpacked, and nobody needs it here. */
const refuseCompressed: Middleware = async (ctx, next) => {
  const encoding = ctx.get('content-encoding').toLowerCase()
  if (encoding !== '' && encoding !== 'identity') {
    throw new Problem(415, 'unsupported_media_type', 'The body must not be compressed.')
  }
  await next()
}

/** Bodies are read as text, whatever they are, named or not: what they must be is for each call to say. */
function readText(limit: number): Middleware {
  const read = koaBody({
    text: true,
    textTypes: ['*/*'],
    textLimit: limit,
    json: false,
    urlencoded: false,
    multipart: false,
  }) as Middleware
  return (ctx, next) => {
    if (ctx.get('content-type') !== '') return read(ctx, next)
    ctx.req.headers['content-type'] = 'text/plain' // the reader skips what it has no name for
    return read(ctx, () => {
      delete ctx.req.headers['content-type']
      return next()
    })
  }
}

function routerOf(routes: readonly AdminRoute[]): Router<State> {
  const router = new Router<State>({ sensitive: true })
  for (const route of routes) {
    router.register(route.path, [route.method], async (ctx) => {
      mayCall(route, ctx.state.actor, ctx.params)
      if (route.method !== 'GET') ctx.state.audit = { action: route.action }
      const answer = await route.handle(requestOf(ctx, ctx.state.actor))
      if (ctx.state.audit && answer.audit) ctx.state.audit = { ...ctx.state.audit, named: answer.audit }
      send(ctx, answer)
    })
  }
  return router
}

/** A key may do what its role is for, at its APIs; the probes' callers may only probe. */
function mayCall(route: AdminRoute, actor: Actor, params: Readonly<Record<string, string>>): void {
  if (actor.kind === 'admin' || (actor.kind === 'local' && route.openLocally)) return
  const allowed = actor.kind === 'key' && route.keys === actor.role && actor.apis.includes(params['apiId'] ?? '')
  if (!allowed) throw new Problem(403, 'forbidden', 'This key may not make this call.')
}

function requestOf(ctx: Context & { readonly params: Record<string, string> }, actor: Actor): AdminRequest {
  const body: unknown = ctx.request.body
  return {
    params: ctx.params,
    query: parseForm(ctx.querystring),
    body: { type: ctx.request.type.toLowerCase(), text: typeof body === 'string' ? body : '' },
    headers: ctx.headers as Readonly<Record<string, string | undefined>>,
    actor,
  }
}

function send(ctx: Context, { status, body, headers = {} }: AdminAnswer): void {
  ctx.status = status
  if (body !== undefined) {
    ctx.type = 'application/json'
    ctx.body = typeof body === 'string' ? body : JSON.stringify(body)
  }
  ctx.set(headers)
}

/** RFC 9110 §15.5.6: a path that exists for other methods names them. */
function nothingFound(routes: readonly AdminRoute[]): Middleware {
  return (ctx) => {
    const matched: unknown = ctx['matched']
    const paths = Array.isArray(matched) ? matched.map((layer: { readonly path: string }) => layer.path) : []
    const methods = routes.filter((route) => paths.includes(route.path)).map((route) => route.method)
    if (methods.length === 0) throw new Problem(404, 'not_found', 'There is no such call.')
    throw new Problem(405, 'method_not_allowed', 'This call does not exist with this method.', {
      headers: { allow: [...new Set(methods)].join(', ') },
    })
  }
}
