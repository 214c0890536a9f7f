import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Option } from 'commander'
import { publicDocument } from '../../api/export/public-document.ts'
import { writtenDocument } from '../../document/export/write-document.ts'
import { AdminCallError, adminClient, declareAdmin } from '../admin-client.ts'
import type { Args, Command, Io } from '../command.ts'
import { compileFile } from '../documents/compile-file.ts'
import { contextFor } from '../documents/context-for.ts'

/** A document as it is, or as callers may see it. */
export const exportDocument: Command = {
  name: 'export',
  summary: 'a document; --public: without x-gateway, with absolute OAuth URLs and the security that holds',
  declare(line) {
    declareAdmin(line)
      .argument('<id-or-file>', 'the id of an API of a running gateway, or a file')
      .option('--public', 'what callers may know')
      .addOption(new Option('--format <format>', 'by default that of the document').choices(['json', 'yaml']))
      .option('--out <file>', 'write it there instead of to standard output')
      .addHelpText('after', '\nOf a file, the public URL is GATEHOUSE_PUBLIC_URL, else http://127.0.0.1:8080.')
  },
  async run(args: Args, io: Io): Promise<number> {
    const { operands, options } = args
    const source = operands[0] ?? ''
    const text = existsSync(source) ? await fromFile(source, options, io) : await fromGateway(source, args, io)
    if (text === undefined) return 1
    if (typeof options['out'] === 'string') await writeFile(options['out'], text)
    else io.stdout(text)
    return 0
  },
}

async function fromFile(file: string, options: Args['options'], io: Io): Promise<string | undefined> {
  const compiled = await compileFile(file, await contextFor([file], io.environment), io)
  if (!compiled) return undefined
  const { document, api, text } = compiled
  const own = document.root.source.format
  const format = (options['format'] ?? own) as typeof own
  if (options['public'] === true) return writtenDocument(publicDocument(document, api), format)
  return format === own ? text : writtenDocument(document.root.value, format)
}

async function fromGateway(id: string, args: Args, io: Io): Promise<string | undefined> {
  const query = new URLSearchParams({
    mode: args.options['public'] === true ? 'public' : 'full',
    ...(typeof args.options['format'] === 'string' ? { format: args.options['format'] } : {}),
  })
  try {
    const { text } = await adminClient(args, io).send('GET', `/api/apis/${encodeURIComponent(id)}/export?${query}`)
    return text
  } catch (error) {
    if (!(error instanceof AdminCallError)) throw error
    io.stderr(`error: ${error.message}\n`)
    return undefined
  }
}
