import test, { type TestFn } from 'ava'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { connectRedis } from '../../src/store/redis-client.ts'
import { parseRedisUrl } from '../../src/store/redis-url.ts'
import { recordKind, type Store, StoreUnavailable } from '../../src/store/store.ts'
import { available } from '../_kit/available.ts'
import { handClock } from '../_kit/clock.ts'
import { type RedisCluster, startCluster } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { storeContract } from './contract.ts'

// A cluster has one database, hence one test after the other, each on an empty one.
let cluster: RedisCluster | undefined
test.before(async () => {
  cluster = await startCluster()
})
test.after.always(() => cluster?.stop())

async function emptyCluster(): Promise<RedisCluster> {
  if (!cluster) throw new Error('the cluster did not start')
  await Promise.all(cluster.nodes.map((node) => node.admin().flushall()))
  return cluster
}

storeContract(
  test.serial as TestFn,
  'redis cluster',
  async (t) => {
    const clock = handClock()
    const { url } = await emptyCluster()
    const stores: Store[] = []
    const another = async () => {
      const store = await openRedisStore({ url, clock, log: silentLog })
      stores.push(store)
      return store
    }
    t.teardown(async () => void (await Promise.all(stores.map((store) => store.close()))))
    return { clock, store: await another(), another }
  },
  'shared',
)

const note = recordKind<unknown>('note')
const put = (store: Store, partition: number, value: unknown) =>
  store.commit({ partition, writes: [{ op: 'put', key: note(partition, 'a'), value }] })
const partitions = Array.from({ length: 32 }, (_, partition) => partition)

test.serial('redis cluster: slots that move to another node are followed', async (t) => {
  const { url, nodes } = await emptyCluster()
  const store = await openRedisStore({ url, clock: systemClock, log: silentLog })
  t.teardown(() => store.close())
  await Promise.all(partitions.map((partition) => put(store, partition, 'before')))
  const [from, to] = [nodes[0]?.admin(), nodes[1]?.admin()]
  if (!from || !to) return t.fail()
  const id = String(await to.cluster('MYID'))
  const others = await Promise.all(
    partitions.map((partition) => from.cluster('KEYSLOT', `{p${String(partition).padStart(2, '0')}}`)),
  )
  const moved = others.map(Number).filter((slot) => slot < 16384 / 3)
  t.true(moved.length > 0)
  for (const slot of moved) await moveSlot(from, to, slot, id, nodes[1]?.port ?? 0)
  await Promise.all(partitions.map(async (partition) => t.like(await put(store, partition, 'after'), { ok: true })))
  const entries = await store.get(partitions.map((partition) => note(partition, 'a')))
  t.true(entries.every((entry) => entry?.value === 'after' && entry.version === 2))
  return undefined
})

type Admin = ReturnType<RedisCluster['nodes'][number]['admin']>

async function moveSlot(from: Admin, to: Admin, slot: number, id: string, port: number): Promise<void> {
  await to.cluster('SETSLOT', slot, 'IMPORTING', String(await from.cluster('MYID')))
  await from.cluster('SETSLOT', slot, 'MIGRATING', id)
  for (const key of (await from.callBuffer('CLUSTER', 'GETKEYSINSLOT', String(slot), '100')) as Buffer[]) {
    await from.call('MIGRATE', '127.0.0.1', String(port), key, '0', '1000')
  }
  await to.cluster('SETSLOT', slot, 'NODE', id)
  await from.cluster('SETSLOT', slot, 'NODE', id)
}

// The last one on this cluster: it leaves the cluster as it was, but has it lose a node in between.
test.serial('redis cluster: a lost node makes its partitions unavailable, never empty, until it is back', async (t) => {
  const { url, nodes } = await emptyCluster()
  const impatient = url.replace(/timeout=.*/, 'timeout=1000')
  const store = await openRedisStore({ url: impatient, clock: systemClock, log: silentLog })
  t.teardown(() => store.close())
  const watch = store.watch(() => {})
  await Promise.all(partitions.map((partition) => available(() => put(store, partition, 'kept'))))
  await nodes[2]?.signal('SIGKILL')
  const read = (partition: number) => readOf(store, partition)
  const begun = performance.now()
  const during = await Promise.all(partitions.map(read))
  t.true(performance.now() - begun < 15_000)
  t.deepEqual(
    [...new Set(during)].filter((answer) => answer === 'wrong'),
    [],
  )
  t.true(during.includes('unavailable'))
  await nodes[2]?.restart()
  const back = performance.now()
  await until(async () => (await Promise.all(partitions.map(read))).every((answer) => answer === 'kept'))
  t.log(`usable ${Math.round(performance.now() - back)} ms after the node was back`)
  const then = systemClock.now()
  await until(async () => watch.freshAt() > then)
  await available(() => store.ping())
})

test.serial(
  'redis cluster: one that has given up a node is unavailable as a whole, never empty, until it is back',
  async (t) => {
    const { nodes, url, stop } = await startCluster(3, 1000)
    t.teardown(stop)
    const store = await openRedisStore({ url, clock: systemClock, log: silentLog })
    t.teardown(() => store.close())
    await Promise.all(partitions.map((partition) => available(() => put(store, partition, 'kept'))))
    await nodes[2]?.signal('SIGKILL')
    for (const admin of nodes.slice(0, 2).map((node) => node.admin())) {
      await until(async () => String(await admin.cluster('INFO')).includes('cluster_state:fail'))
    }
    const during = await Promise.all(partitions.map((partition) => readOf(store, partition)))
    t.deepEqual([...new Set(during)], ['unavailable'])
    await nodes[2]?.restart()
    await until(async () => {
      const answers = await Promise.all(partitions.map((partition) => readOf(store, partition)))
      return answers.every((answer) => answer === 'kept')
    })
    t.pass()
  },
)

test.serial(
  'redis cluster: one whose nodes no longer know of each other has no masters, and that is said',
  async (t) => {
    const { nodes, url, stop } = await startCluster(3, 1000)
    t.teardown(stop)
    const client = connectRedis(parseRedisUrl(url), silentLog)
    t.teardown(() => client.close())
    await client.ready()
    t.is((await client.onMasters('TIME')).length, 3)
    for (const admin of nodes.map((node) => node.admin())) await admin.cluster('RESET', 'HARD')
    const answers = () => client.onMasters('TIME').then(({ length }) => length, notAvailable)
    await until(async () => {
      await client.call('GET', 'a').catch(() => undefined) // finds out that nobody has the slot
      const answered = await answers()
      t.not(answered, 0)
      return answered === 'unavailable'
    })
  },
)

function notAvailable(error: unknown): 'unavailable' {
  if (error instanceof StoreUnavailable) return 'unavailable'
  throw error
}

/** What a store says of the record of a partition: what was put there, that it cannot answer, or something else. */
const readOf = (store: Store, partition: number): Promise<'kept' | 'unavailable' | 'wrong'> =>
  store.get([note(partition, 'a')]).then(
    ([entry]) => (entry?.value === 'kept' ? 'kept' : 'wrong'),
    (error: unknown) => (error instanceof StoreUnavailable ? 'unavailable' : 'wrong'),
  )
