import test from 'ava'
import type { Operation } from '../../../src/api/api.ts'
import { narrowed, rightsOf } from '../../../src/oauth/policies/rights-of.ts'
import type { PolicyRecord } from '../../../src/oauth/records/policy.ts'
import { limitsFor, mayCall, reaches } from '../../../src/oauth/tokens/rights.ts'

const policy = (id: string, changes: Partial<PolicyRecord> = {}): PolicyRecord => ({
  id,
  active: true,
  metadata: {},
  source: 'api',
  createdAt: 0,
  updatedAt: 0,
  ...changes,
})

const operation = (id: string, method: string, path: string, tags: readonly string[] = []): Operation => ({
  id,
  method,
  path,
  tags,
  security: [],
  policies: new Map(),
})
const list = operation('listPets', 'GET', '/pets', ['read'])
const one = operation('GET /pets/{id}', 'GET', '/pets/{id}', ['read'])
const remove = operation('removePet', 'DELETE', '/pets/{id}')

const merged = (...policies: readonly PolicyRecord[]) =>
  rightsOf(
    policies.map(({ id }) => id),
    policies,
  )

test('access to operations is given by id, by method and path whatever its parameters are called, and by tag', (t) => {
  const allowed = (rule: object) =>
    [list, one, remove].map((each) =>
      mayCall(merged(policy('p', { access: [{ api: 'pets', ...rule }] })), 'pets', each),
    )
  t.deepEqual(allowed({}), [true, true, true])
  t.deepEqual(allowed({ operations: ['listPets'] }), [true, false, false])
  t.deepEqual(allowed({ operations: ['delete /pets/{petId}'] }), [false, false, true])
  t.deepEqual(allowed({ tags: ['read'] }), [true, true, false])
  t.deepEqual(allowed({ tags: ['read'], operations: ['removePet'] }), [true, true, true])
})

test('access rights of several policies add up; a policy that says nothing of access takes none', (t) => {
  const a = policy('a', { access: [{ api: 'pets', operations: ['listPets'] }] })
  const b = policy('b', { access: [{ api: 'pets', tags: ['none'] }, { api: 'birds' }] })
  const rights = merged(a, b, policy('c'))
  t.true(mayCall(rights, 'pets', list))
  t.false(mayCall(rights, 'pets', remove))
  t.true(mayCall(rights, 'birds', remove))
  t.true(mayCall(merged(policy('c')), 'pets', remove))
  t.false(mayCall(merged(policy('d', { access: [] })), 'pets', list), 'an empty list gives nothing')
})

test('a missing or inactive policy closes everything, whatever the others give', (t) => {
  const open = policy('a', { access: [{ api: 'pets' }] })
  t.false(mayCall(rightsOf(['a', 'gone'], [open, undefined]), 'pets', list))
  t.is(rightsOf(['a', 'gone'], [open, undefined]).closedBy, 'gone')
  t.false(mayCall(merged(open, policy('b', { active: false })), 'pets', list))
})

test('the APIs of a client count where no policy says anything of access, and only there', (t) => {
  t.true(reaches(undefined, ['pets'], 'pets'))
  t.true(reaches(merged(policy('a')), ['pets'], 'pets'))
  t.false(reaches(merged(policy('a', { access: [{ api: 'birds' }] })), ['pets'], 'pets'))
  t.true(reaches(merged(policy('a', { access: [{ api: 'birds' }] })), ['pets'], 'birds'))
})

test('of several policies that cover a request, the most generous rate limit and the most generous quota count', (t) => {
  const slow = policy('slow', {
    rateLimits: [{ rate: 10, per: 60_000, by: 'client' }],
    quotas: [{ max: 99, per: 'day', by: 'client' }],
  })
  const fast = policy('fast', {
    access: [{ api: 'pets', operations: ['listPets'] }],
    rateLimits: [
      { rate: 100, per: 1000, by: 'client' },
      { rate: 600, per: 60_000, by: 'client' },
    ],
  })
  const rights = merged(slow, fast)
  t.deepEqual(
    limitsFor(rights, 'pets', list).rateLimits.map(({ name, rate }) => `${name} ${rate}`),
    ['fast 100', 'fast 600'],
  )
  t.deepEqual(
    limitsFor(rights, 'pets', remove).rateLimits.map(({ name }) => name),
    ['slow'],
  )
  t.deepEqual(
    limitsFor(rights, 'pets', list).quotas.map(({ name }) => name),
    ['slow'],
  )
})

test('scopes add up, lifetimes are the shortest, metadata of later policies wins', (t) => {
  const rights = merged(
    policy('a', { scopes: ['read'], accessTokenLifetime: 600_000, metadata: { plan: 'a', team: 1 } }),
    policy('b', { scopes: ['write'], accessTokenLifetime: 60_000, metadata: { plan: 'b' } }),
  )
  t.deepEqual([...(rights.scopes ?? [])], ['read', 'write'])
  t.is(rights.accessTokenLifetime, 60_000)
  t.deepEqual(rights.metadata, { plan: 'b', team: 1 })
})

test('a session narrows: what it names beyond the policies is not given by it', (t) => {
  const rights = merged(
    policy('a', { access: [{ api: 'pets', tags: ['read'] }], scopes: ['read'], accessTokenLifetime: 60_000 }),
  )
  const session = {
    access: [{ api: 'pets' }, { api: 'birds' }],
    scopes: ['read', 'write'],
    accessTokenLifetime: 3_600_000,
  }
  const narrow = narrowed(rights, session)
  t.true(mayCall(narrow, 'pets', list))
  t.false(mayCall(narrow, 'pets', remove))
  t.false(mayCall(narrow, 'birds', list))
  t.deepEqual([...(narrow.scopes ?? [])], ['read'])
  t.is(narrow.accessTokenLifetime, 60_000)
  t.false(mayCall(narrowed(rights, { access: [{ api: 'pets', operations: ['listPets'] }] }), 'pets', one))
})
