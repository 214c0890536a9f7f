import { z } from 'zod'
import { Problem } from '../../core/problem.ts'
import { USERS_INDEX, type UserRecord, userKey } from '../../oauth/records/user.ts'
import { revokePasswordGrants } from '../../oauth/revocation/revoke-password-grants.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { amend } from '../amend.ts'
import { isoTime } from '../clients/client-view.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, readBody } from '../http/read-body.ts'

const LIST = '/api/users'
const ONE = '/api/users/:username'

/** Resource owners that are registered with the gateway, for the password grant and for HTTP Basic. */
export function userRoutes(deps: AdminDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'user.create', handle: (request) => createUser(request, deps) },
    { method: 'GET', path: LIST, action: 'user.list', handle: (request) => listUsers(request, deps) },
    { method: 'GET', path: ONE, action: 'user.get', handle: (request) => getUser(request, deps) },
    { method: 'PUT', path: ONE, action: 'user.replace', handle: (request) => replaceUser(request, deps) },
    { method: 'DELETE', path: ONE, action: 'user.delete', handle: (request) => deleteUser(request, deps) },
  ]
}

/** RFC 6749 appendix A.15, and what can become a header upstream and the first half of Basic credentials. */
const username = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => !/[\p{C}:/]/u.test(name), 'no control characters, colons or slashes')
  .refine((name) => name.trim() === name, 'no blanks at its ends')
const password = z.string().min(1).max(1024)

const newUserBody = z.strictObject({ username, password })
const userBody = z.strictObject({ username: username.optional(), password })

async function createUser({ body }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const given = checked(newUserBody, readBody(body))
  const digest = await services.passwords.hash(given.password)
  const now = services.clock.now()
  const user: UserRecord = { username: given.username, password: digest, createdAt: now, updatedAt: now }
  const key = userKey(user.username)
  const outcome = await services.store.commit({
    partition: key.partition,
    guards: [{ key, version: 0 }],
    writes: [
      { op: 'put', key, value: user },
      { op: 'index', index: USERS_INDEX, member: user.username, sort: now },
    ],
  })
  if (!outcome.ok) throw new Problem(409, 'user_exists', 'A user of this name is registered already.')
  const location = `${LIST}/${encodeURIComponent(user.username)}`
  return { status: 201, headers: { location }, body: userView(user), audit: { user: user.username } }
}

async function listUsers({ query }: AdminRequest, { services: { store } }: AdminDeps): Promise<AdminAnswer> {
  const page = await store.list(USERS_INDEX, listPage(query))
  const entries = await store.get(page.members.map(({ member }) => userKey(member)))
  return pageAnswer(
    entries.flatMap((entry) => (entry ? [userView(entry.value)] : [])),
    page.next,
  )
}

async function getUser({ params }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const [entry] = await services.store.get([userKey(params['username'] ?? '')])
  if (!entry) throw noSuchUser()
  return { status: 200, body: userView(entry.value) }
}

/** A new password. What the user has allowed clients before goes on; it is ended by its own call. */
async function replaceUser({ params, body }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const key = userKey(params['username'] ?? '')
  const [entry] = await services.store.get([key])
  if (!entry) throw noSuchUser()
  const given = checked(userBody, readBody(body))
  if (given.username !== undefined && given.username !== entry.value.username) {
    const errors = [{ pointer: '/username', message: 'cannot be changed' }]
    throw new Problem(422, 'invalid_body', 'username: cannot be changed.', { members: { errors } })
  }
  const digest = await services.passwords.hash(given.password)
  const user = await amend(services.store, key, noSuchUser, ({ value }) => {
    const after: UserRecord = { ...value, password: digest, updatedAt: services.clock.now() }
    return { commit: { writes: [{ op: 'put', key, value: after }] }, result: after }
  })
  return { status: 200, body: userView(user), audit: { user: user.username } }
}

/**
 * The user goes first, so that nothing new comes while what there is ends; a password that is being checked just then is
 * looked at once more after its tokens are stored.
 */
async function deleteUser({ params }: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const name = params['username'] ?? ''
  const key = userKey(name)
  await amend(services.store, key, noSuchUser, () => ({
    commit: {
      writes: [
        { op: 'remove', key },
        { op: 'unindex', index: USERS_INDEX, member: name },
      ],
    },
    result: undefined,
  }))
  const apiIds = library.list().map(({ id }) => id)
  const revoked = await revokePasswordGrants(name, apiIds, services)
  return { status: 204, audit: { user: name, revoked } }
}

const userView = ({ username: name, createdAt, updatedAt }: UserRecord) => ({
  username: name,
  created_at: isoTime(createdAt),
  updated_at: isoTime(updatedAt),
})

const noSuchUser = (): Problem => new Problem(404, 'user_not_found', 'There is no such user.')
