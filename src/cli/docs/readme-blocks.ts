import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command as Line } from 'commander'
import { xGatewayJsonSchema } from '../../api/schema/gateway-schema.ts'
import { startGateway } from '../../app.ts'
import { loadSettings } from '../../config/load.ts'
import { silentLog } from '../../core/log.ts'
import { DIAGNOSTIC_CODES } from '../../document/codes.ts'
import { policySettings } from '../../gateway/policies/index.ts'
import { eventExample } from '../../notify/event-schemas.ts'
import { commands } from '../commands/index.ts'
import { serve } from '../commands/serve.ts'
import { settingsTable } from './settings-table.ts'
import { table } from './table.ts'

/** The parts of the README that are made from what the product says of itself, by name. */
export async function readmeBlocks(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['commands', commandTable()],
    ['serve-flags', flagTable()],
    ['settings', settingsTable(xGatewayJsonSchema(policySettings))],
    ['diagnostics', codeTable()],
    ['admin-calls', await callTable()],
    ['event-example', `\`\`\`json\n${JSON.stringify(eventExample('oauth.token.issued'), null, 2)}\n\`\`\``],
  ])
}

function commandTable(): string {
  const rows = commands.map((command) => {
    const line = new Line(command.name)
    command.declare(line)
    return [`\`${command.name} ${line.usage()}\``, command.summary]
  })
  return table(['command', 'does'], rows)
}

function flagTable(): string {
  const line = new Line()
  serve.declare(line)
  return table(
    ['flag', 'meaning (variable; default)'],
    line.options.map(({ flags, description }) => [`\`${flags}\``, description]),
  )
}

function codeTable(): string {
  const rows = Object.entries(DIAGNOSTIC_CODES).map(([code, { severity, meaning }]) => [code, severity, meaning])
  return table(['code', 'severity', 'meaning'], rows)
}

/** Asks a gateway: what it lists is what it answers. */
async function callTable(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'))
  const where = { listen: '127.0.0.1:0', admin: '127.0.0.1:0', adminSecret: 'docs', store: 'memory:' }
  const gateway = await startGateway(loadSettings(folder, where, {}), { log: silentLog })
  try {
    const response = await fetch(`${gateway.adminUrl}/api`, { headers: { authorization: 'docs' } })
    const { data } = (await response.json()) as {
      readonly data: readonly Record<'method' | 'path' | 'action', string>[]
    }
    return table(
      ['call', 'action in the audit log'],
      data.map(({ method, path, action }) => [`\`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}\``, action]),
    )
  } finally {
    await gateway.close()
    rmSync(folder, { recursive: true })
  }
}
