import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Clock, type Instant, systemClock } from '../../src/core/clock.ts'
import { sha256 } from '../../src/core/digest.ts'
import { withFileLock } from '../../src/gateway/documents/file-lock.ts'
import { fileTexts } from '../../src/gateway/documents/file-texts.ts'
import { until } from '../_kit/until.ts'

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'texts-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a text is exchanged only for exactly the one that it was made from', async (t) => {
  const file = join(folderFor(t), 'sub', 'pets.yaml')
  const texts = fileTexts(systemClock)
  t.is(await texts.read(file), undefined)
  t.true(await texts.exchange(file, undefined, 'one\r\n'))
  t.false(await texts.exchange(file, undefined, 'two'), 'it is there already')
  t.false(await texts.exchange(file, 'one\n', 'two'), 'line breaks count')
  t.is(await texts.read(file), 'one\r\n')
  t.true(await texts.exchange(file, 'one\r\n', '\ufefftwo'))
  t.is(await texts.read(file), '\ufefftwo')
  t.false(await texts.exchange(file, 'one', undefined))
  t.true(await texts.exchange(file, '\ufefftwo', undefined))
  t.false(existsSync(file))
})

test('what is not a text is never written over', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]))
  await t.throwsAsync(fileTexts(systemClock).exchange(file, undefined, 'x'))
  t.is(readFileSync(file).length, 3)
})

test('a link stays a link, and a file keeps its mode', async (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'real.yaml'), 'one', { mode: 0o640 })
  symlinkSync('real.yaml', join(folder, 'pets.yaml'))
  t.true(await fileTexts(systemClock).exchange(join(folder, 'pets.yaml'), 'one', 'two'))
  t.is(readFileSync(join(folder, 'real.yaml'), 'utf8'), 'two')
  t.is(statSync(join(folder, 'real.yaml')).mode & 0o777, 0o640)
  t.deepEqual(readdirSync(folder).sort(), ['pets.yaml', 'real.yaml'])
})

test('of several writers at once, one at a time has the file, and exactly one of two equal exchanges succeeds', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  const writers = [fileTexts(systemClock), fileTexts(systemClock)]
  for (let round = 0; round < 20; round++) {
    const before = round === 0 ? undefined : `round ${round - 1}`
    const outcomes = await Promise.all(writers.map((texts) => texts.exchange(file, before, `round ${round}`)))
    t.deepEqual(outcomes.sort(), [false, true])
  }
})

test('a lock that a crash left behind is broken; one that is in use is waited for', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  const lock = join(file, '..', '.pets.yaml.lock')
  writeFileSync(lock, '')
  age(lock)
  t.true(await fileTexts(systemClock).exchange(file, undefined, 'one'))
  const first = await holding(file)
  const order: string[] = []
  const second = lookingClock()
  const next = withFileLock(file, second, async () => void order.push('next'))
  await until(() => second.looks() > 1 || order.length > 0)
  order.push('out')
  first.release()
  await Promise.all([first.ended, next])
  t.deepEqual(order, ['out', 'next'])
  t.deepEqual(readdirSync(join(file, '..')), ['pets.yaml'])
})

test('a lock that somebody else broke and took, between the look at its age and its removal, stays', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  const lock = join(file, '..', '.pets.yaml.lock')
  writeFileSync(lock, 'abandoned')
  age(lock)
  let entered = false
  const late = lookingClock((looks) => {
    if (looks > 1) return
    unlinkSync(lock)
    writeFileSync(lock, 'fresh')
  })
  const waiting = withFileLock(file, late, async () => {
    entered = true
  })
  await until(() => late.looks() > 3 || entered)
  t.false(entered)
  t.is(readFileSync(lock, 'utf8'), 'fresh')
  unlinkSync(lock)
  await waiting
  t.true(entered)
})

test('a holder that stood still until its lock was taken for abandoned leaves the lock of the next one alone', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  const frozen = await holding(file)
  age(join(file, '..', '.pets.yaml.lock'))
  const second = await holding(file)
  frozen.release()
  await frozen.ended
  const order: string[] = []
  const third = lookingClock()
  const next = withFileLock(file, third, async () => void order.push('third'))
  await until(() => third.looks() > 1 || order.length > 0)
  order.push('second ends')
  second.release()
  await Promise.all([second.ended, next])
  t.deepEqual(order, ['second ends', 'third'])
  t.deepEqual(readdirSync(join(file, '..')), [])
})

test('a crash while a lock was being broken does not keep others from breaking it', async (t) => {
  const file = join(folderFor(t), 'pets.yaml')
  const [lock, right] = ['.pets.yaml.lock', `.${sha256('crashed')}.lock`].map((name) => join(file, '..', name))
  for (const left of [lock, right]) {
    writeFileSync(left ?? '', 'crashed')
    age(left ?? '')
  }
  t.true(await fileTexts(systemClock).exchange(file, undefined, 'one'))
  t.deepEqual(readdirSync(join(file, '..')), ['pets.yaml'])
})

/** Makes a file a minute old. */
function age(file: string): void {
  const minuteAgo = (Date.now() - 60_000) / 1000
  utimesSync(file, minuteAgo, minuteAgo)
}

/** Resolves once the lock of the file is held, until it is released. */
async function holding(file: string) {
  const [inside, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const ended = withFileLock(file, systemClock, async () => {
    inside.resolve()
    await release.promise
  })
  await inside.promise
  return { ended, release: release.resolve }
}

/** The real clock, and how often it was asked: whoever waits for a lock asks it for the lock's age. */
function lookingClock(onLook = (_looks: number): void => undefined): Clock & { looks(): number } {
  let looks = 0
  const now = (): Instant => {
    onLook(++looks)
    return systemClock.now()
  }
  return { ...systemClock, now, looks: () => looks }
}
