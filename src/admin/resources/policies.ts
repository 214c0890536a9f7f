import type { Api } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import { type PolicyBody, policyBody, policyContent, policyText } from '../../oauth/policies/policy-body.ts'
import { type AccessRule, POLICIES_INDEX, type PolicyRecord, policyKey } from '../../oauth/records/policy.ts'
import { MARK } from '../../oauth/tokens/marks.ts'
import { covered } from '../../oauth/tokens/rights.ts'
import type { Mark } from '../../store/store.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { amend } from '../amend.ts'
import { isoTime } from '../clients/client-view.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, readBody } from '../http/read-body.ts'
import type { Library } from '../library.ts'

const LIST = '/api/policies'
const ONE = '/api/policies/:policyId'

/** What clients may do: every change reaches live tokens at once. Policies of the policy file are read only here. */
export function policyRoutes(deps: AdminDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'policy.create', handle: (request) => createPolicy(request, deps) },
    { method: 'GET', path: LIST, action: 'policy.list', handle: (request) => listPolicies(request, deps) },
    { method: 'GET', path: ONE, action: 'policy.get', handle: (request) => getPolicy(request, deps) },
    { method: 'PUT', path: ONE, action: 'policy.replace', handle: (request) => replacePolicy(request, deps) },
    { method: 'DELETE', path: ONE, action: 'policy.delete', handle: (request) => deletePolicy(request, deps) },
  ]
}

async function createPolicy({ body }: AdminRequest, { services, library }: AdminDeps): Promise<AdminAnswer> {
  const given = checked(policyBody, readBody(body))
  const { store, clock, random } = services
  const id = given.id ?? random(8).toString('hex')
  const now = clock.now()
  const policy: PolicyRecord = { id, ...policyContent(given), source: 'api', createdAt: now, updatedAt: now }
  const key = policyKey(id)
  const outcome = await store.commit({
    partition: key.partition,
    guards: [{ key, version: 0 }],
    writes: [
      { op: 'put', key, value: policy },
      { op: 'index', index: POLICIES_INDEX, member: id, sort: now },
    ],
    marks: [changed(id, now)], // clients may have it already: until now it closed them
  })
  if (!outcome.ok) throw new Problem(409, 'policy_exists', 'There is a policy of this id already.')
  return {
    status: 201,
    headers: { location: `${LIST}/${id}` },
    body: policyView(policy, library),
    audit: { policy: id },
  }
}

const changed = (id: string, at: number): Mark => ({ topic: MARK.policy, id, at })

async function listPolicies({ query }: AdminRequest, { services, library }: AdminDeps): Promise<AdminAnswer> {
  const page = await services.store.list(POLICIES_INDEX, listPage(query))
  const entries = await services.store.get(page.members.map(({ member }) => policyKey(member)))
  return pageAnswer(
    entries.flatMap((entry) => (entry ? [policyView(entry.value, library)] : [])),
    page.next,
  )
}

async function getPolicy({ params }: AdminRequest, { services, library }: AdminDeps): Promise<AdminAnswer> {
  const [entry] = await services.store.get([policyKey(params['policyId'] ?? '')])
  if (!entry) throw noSuchPolicy()
  return { status: 200, body: policyView(entry.value, library) }
}

async function replacePolicy({ params, body }: AdminRequest, { services, library }: AdminDeps): Promise<AdminAnswer> {
  const key = policyKey(params['policyId'] ?? '')
  const given = checked(policyBody, readBody(body))
  refuseOtherId(given, key.id)
  const now = services.clock.now()
  const policy = await amend(services.store, key, noSuchPolicy, ({ value }) => {
    refuseFromFile(value)
    const { id, source, createdAt } = value
    const after: PolicyRecord = { id, ...policyContent(given), source, createdAt, updatedAt: now }
    return { commit: { writes: [{ op: 'put', key, value: after }], marks: [changed(id, now)] }, result: after }
  })
  return { status: 200, body: policyView(policy, library), audit: { policy: policy.id } }
}

async function deletePolicy({ params }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const key = policyKey(params['policyId'] ?? '')
  await amend(services.store, key, noSuchPolicy, ({ value }) => {
    refuseFromFile(value)
    const unindex = { op: 'unindex', index: POLICIES_INDEX, member: key.id } as const
    const marks = [changed(key.id, services.clock.now())]
    return { commit: { writes: [{ op: 'remove', key }, unindex], marks }, result: undefined }
  })
  return { status: 204, audit: { policy: key.id } }
}

function refuseOtherId({ id }: PolicyBody, expected: string): void {
  if (id === undefined || id === expected) return
  const errors = [{ pointer: '/id', message: 'cannot be changed' }]
  throw new Problem(422, 'invalid_body', 'id: cannot be changed.', { members: { errors } })
}

function refuseFromFile({ source }: PolicyRecord): void {
  if (source === 'file')
    throw new Problem(409, 'policy_from_file', 'This policy stands in the policy file: change it there.')
}

const noSuchPolicy = (): Problem => new Problem(404, 'policy_not_found', 'There is no such policy.')

function policyView(policy: PolicyRecord, library: Library): Readonly<Record<string, unknown>> {
  const warnings = accessWarnings(policy.access ?? [], library)
  return {
    id: policy.id,
    ...policyText(policy),
    source: policy.source,
    created_at: isoTime(policy.createdAt),
    updated_at: isoTime(policy.updatedAt),
    ...(warnings.length === 0 ? {} : { warnings }),
  }
}

/** What gives access to nothing: a document may be on its way, or a name may be misspelt. */
function accessWarnings(access: readonly AccessRule[], library: Library): readonly string[] {
  return access.flatMap((rule, index) => {
    const entry = library.find(rule.api)
    if (!entry) return [`access/${index}: there is no API ${JSON.stringify(rule.api)}`]
    return entry.api ? unknownOperations(rule, entry.api).map((name) => `access/${index}: ${name}`) : []
  })
}

function unknownOperations({ api: id, operations = [], tags = [] }: AccessRule, api: Api): readonly string[] {
  const known = (rule: AccessRule): boolean => api.routes.operations.some((one) => covered([rule], id, one))
  return [
    ...operations
      .filter((name) => !known({ api: id, operations: [name] }))
      .map((name) => `no operation ${JSON.stringify(name)}`),
    ...tags
      .filter((tag) => !known({ api: id, tags: [tag] }))
      .map((tag) => `no operation has the tag ${JSON.stringify(tag)}`),
  ]
}
