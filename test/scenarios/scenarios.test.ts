import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { play } from './play.ts'
import { parseScenario } from './scenario-text.ts'

for (const name of readdirSync(import.meta.dirname).filter((file) => file.endsWith('.txt'))) {
  const scenario = parseScenario(readFileSync(join(import.meta.dirname, name), 'utf8'))
  test(`${name}: ${scenario.title}`, (t) => play(t, scenario))
}
