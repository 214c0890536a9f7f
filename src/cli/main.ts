#!/usr/bin/env node
import { text } from 'node:stream/consumers'
import { environmentVariable } from '../config/environment.ts'
import { stayAlive } from '../core/clock.ts'
import { commands } from './commands/index.ts'
import { runCli } from './run-cli.ts'

let outlivesOutput = false
// Whoever reads may stop reading: `gatehouse check | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (outlivesOutput) return
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
process.stderr.on('error', () => undefined) // there is nowhere left to say so

const done = stayAlive()
process.exitCode = await runCli(process.argv.slice(2), commands, {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  colors: process.stdout.isTTY && process.stdout.hasColors(),
  cwd: process.cwd(),
  environment: environmentVariable,
  stdin: () => text(process.stdin),
  stopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve())
    }),
  outliveOutput() {
    outlivesOutput = true
  },
  hangups: (listener) => void process.on('SIGHUP', listener),
  uncaught: (spares) =>
    void process.on('uncaughtException', (error) => {
      if (!spares(error)) throw error
    }),
})
done()
