import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { loadDocument } from '../../document/load-document.ts'
import { declareAdmin } from '../admin-client.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { progressOf } from '../progress.ts'
import { type ServedDocument, servedDocuments } from '../remote/served-documents.ts'
import { withGateway } from '../remote/with-gateway.ts'

/** Brings the documents of a running gateway into a folder. */
export const dump: Command = {
  name: 'dump',
  summary: 'pull the documents of a running gateway into a folder',
  declare(line) {
    declareAdmin(line)
      .option('--out <dir>', 'where to', 'apis')
      .option('--force', 'replace files that say something else')
      .option('--json', 'for programs')
  },
  run: (args: Args, io: Io) =>
    withGateway(args, io, async (client) => {
      const { options } = args
      const folder = String(options['out'])
      const served = await servedDocuments(client, (done, total) => progressOf(io, 'fetched', total)(done))
      await mkdir(folder, { recursive: true })
      const written: { readonly id: string; readonly file: string }[] = []
      for (const document of served) {
        const file = join(folder, fileName(document))
        await write(file, document.text, options['force'] === true)
        written.push({ id: document.id, file })
        if (refersToOthers(document)) io.stderr(`${file}: refers to other files, which stay at the gateway\n`)
      }
      if (options['json'] === true) io.stdout(`${JSON.stringify({ version: 1, documents: written }, null, 2)}\n`)
      else io.stdout(written.map(({ id, file }) => `${id} → ${file}\n`).join(''))
      return 0
    }),
}

/** The id is the name: two documents may have lain in different folders under one. */
function fileName({ id, file, text }: ServedDocument): string {
  const known = /^\.(?:json|ya?ml)$/.test(extname(file))
    ? extname(file)
    : text.trimStart().startsWith('{')
      ? '.json'
      : '.yaml'
  return (
    basename(id)
      .replaceAll(/[^\w.~-]/g, '-')
      .replace(/^\.+/, '') + known
  )
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if ((await readFile(file, 'utf8')) === text) return
    throw new UsageError(`${file} is there already and says something else; --force replaces it`)
  }
}

const refersToOthers = ({ file, text }: ServedDocument): boolean =>
  loadDocument(file, text).diagnostics.some(({ code }) => code === 'GW1202')
