// A worker for the tests of slots. Into the folder FOLDER it writes a file `<number>-<process id>`, and goes by the next one
// that it finds for its number: `serve-<process id>` lets it serve, `fail-<process id>` lets it end with exit code 3.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { workerLink } from '../../src/cluster/worker-link.ts'
import { systemClock } from '../../src/core/clock.ts'
import { until } from '../_kit/until.ts'

const told = (word: string): boolean => existsSync(join(process.env['FOLDER'] ?? '', `${word}-${process.pid}`))

const link = workerLink(process.env['SLOT'], systemClock)
writeFileSync(join(process.env['FOLDER'] ?? '', `${link?.slot}-${process.pid}`), '')
await until(() => told('serve') || told('fail'))
if (told('fail')) process.exit(3)
link?.ready({ pid: process.pid })
