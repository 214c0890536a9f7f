import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import { Problem } from '../../core/problem.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { amend } from '../amend.ts'
import { isoTime } from '../clients/client-view.ts'
import { rotated, rotationBody } from '../http/grace.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, readBody } from '../http/read-body.ts'
import {
  ADMIN_KEYS_INDEX,
  type AdminKeyRecord,
  adminKeyKey,
  KEY_RATE,
  KEY_ROLES,
  mintKey,
  newKeyId,
} from '../keys/admin-key.ts'

const LIST = '/api/keys'
const ONE = '/api/keys/:keyId'

/** Credentials for one purpose: an identity server's key can call `authorize-client` of its APIs and nothing else. */
export function keyRoutes(deps: AdminDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'key.create', handle: (request) => createKey(request, deps) },
    { method: 'GET', path: LIST, action: 'key.list', handle: (request) => listKeys(request, deps) },
    { method: 'GET', path: ONE, action: 'key.get', handle: (request) => getKey(request, deps) },
    { method: 'POST', path: `${ONE}/rotate`, action: 'key.rotate', handle: (request) => rotateKey(request, deps) },
    { method: 'DELETE', path: ONE, action: 'key.delete', handle: (request) => deleteKey(request, deps) },
  ]
}

const newKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  role: z.enum(KEY_ROLES),
  apis: z.array(z.string().min(1)).min(1, 'at least one API').max(200),
  /** Calls in a minute. */
  rate_limit: z.int().min(1).max(1_000_000).default(KEY_RATE),
})

async function createKey({ body }: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const given = checked(newKeyBody, readBody(body))
  const errors = given.apis.flatMap((api, index) =>
    library.find(api) ? [] : [{ pointer: `/apis/${index}`, message: 'there is no such API' }],
  )
  if (errors.length > 0)
    throw new Problem(422, 'invalid_body', 'apis: names an API that does not exist.', { members: { errors } })
  const { store, clock, random } = services
  const id = newKeyId(random)
  const key = mintKey(id, random)
  const now = clock.now()
  const record: AdminKeyRecord = {
    id,
    name: given.name,
    role: given.role,
    apis: [...new Set(given.apis)],
    rateLimit: given.rate_limit,
    digests: [{ digest: sha256(key), createdAt: now }],
    createdAt: now,
    updatedAt: now,
  }
  const address = adminKeyKey(id)
  await store.commit({
    partition: address.partition,
    writes: [
      { op: 'put', key: address, value: record },
      { op: 'index', index: ADMIN_KEYS_INDEX, member: id, sort: now },
    ],
  })
  return {
    status: 201,
    headers: { location: `${LIST}/${id}` },
    body: { ...keyView(record, now), key },
    audit: { key: id, role: record.role, apis: record.apis },
  }
}

async function listKeys({ query }: AdminRequest, { services: { store, clock } }: AdminDeps): Promise<AdminAnswer> {
  const page = await store.list(ADMIN_KEYS_INDEX, listPage(query))
  const entries = await store.get(page.members.map(({ member }) => adminKeyKey(member)))
  const now = clock.now()
  return pageAnswer(
    entries.flatMap((entry) => (entry ? [keyView(entry.value, now)] : [])),
    page.next,
  )
}

async function getKey({ params }: AdminRequest, { services: { store, clock } }: AdminDeps): Promise<AdminAnswer> {
  const [entry] = await store.get([adminKeyKey(params['keyId'] ?? '')])
  if (!entry) throw noSuchKey()
  return { status: 200, body: keyView(entry.value, clock.now()) }
}

async function rotateKey({ params, body }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { store, clock, random } = services
  const { grace } = checked(rotationBody, readBody(body))
  const address = adminKeyKey(params['keyId'] ?? '')
  const key = mintKey(address.id, random)
  const now = clock.now()
  const record = await amend(store, address, noSuchKey, ({ value }) => {
    const digests = rotated({ digest: sha256(key), createdAt: now }, value.digests, grace, now)
    const after: AdminKeyRecord = { ...value, digests, updatedAt: now }
    return { commit: { writes: [{ op: 'put', key: address, value: after }] }, result: after }
  })
  return { status: 200, body: { ...keyView(record, now), key }, audit: { key: record.id, grace } }
}

async function deleteKey({ params }: AdminRequest, { services: { store } }: AdminDeps): Promise<AdminAnswer> {
  const address = adminKeyKey(params['keyId'] ?? '')
  await amend(store, address, noSuchKey, () => ({
    commit: {
      writes: [
        { op: 'remove', key: address },
        { op: 'unindex', index: ADMIN_KEYS_INDEX, member: address.id },
      ],
    },
    result: undefined,
  }))
  return { status: 204, audit: { key: address.id } }
}

function keyView(record: AdminKeyRecord, now: number): Readonly<Record<string, unknown>> {
  const live = record.digests.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
  return {
    id: record.id,
    name: record.name,
    role: record.role,
    apis: record.apis,
    rate_limit: record.rateLimit ?? KEY_RATE,
    keys: live.map(({ createdAt, expiresAt }) => ({
      created_at: isoTime(createdAt),
      ...(expiresAt === undefined ? {} : { expires_at: isoTime(expiresAt) }),
    })),
    created_at: isoTime(record.createdAt),
    updated_at: isoTime(record.updatedAt),
  }
}

const noSuchKey = (): Problem => new Problem(404, 'key_not_found', 'There is no such key.')
