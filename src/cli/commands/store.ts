import { existsSync } from 'node:fs'
import { processLog } from '../../config/process-log.ts'
import { systemClock } from '../../core/clock.ts'
import { type CopyCount, copyStore, StoreNotEmpty } from '../../store/copy.ts'
import { openStore, storeFile } from '../../store/index.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { withoutPassword } from '../serve/introduction.ts'

/** Moves what a store holds. */
export const store: Command = {
  name: 'store',
  summary: 'copy a store into another one, such as sqlite:data/gatehouse.db into redis://…',
  declare(line) {
    line
      .argument('<action>', 'copy')
      .argument('<from>', 'sqlite:PATH or redis://…; no gateway may be using it')
      .argument('<to>', 'the same; it must be empty')
      .option('--json', 'the result as JSON')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const [action, from = '', to = ''] = operands
    if (action !== 'copy') throw new UsageError(`store ${action}: the only action is copy`)
    const file = storeFile(from)
    if (file !== undefined && !existsSync(file)) throw new UsageError(`${file}: there is no such file`)
    const source = await opened(from)
    try {
      const target = await opened(to)
      try {
        const count = await copyStore(source, target)
        io.stdout(options['json'] ? `${JSON.stringify(count)}\n` : summary(count, file))
        return 0
      } finally {
        await target.close()
      }
    } catch (error) {
      if (error instanceof StoreNotEmpty) io.stderr(`error: ${error.message}\n`)
      else if (error instanceof StoreUnavailable) io.stderr(`error: ${error.message}; ${AGAIN}\n`)
      else throw error
      return 1
    } finally {
      await source.close()
    }
  },
}

const AGAIN = 'empty the store that was to be copied into, and copy again'

async function opened(url: string): Promise<Store> {
  if (url.startsWith('memory:')) throw new UsageError('memory: is of one process; there is nothing to copy')
  try {
    return await openStore(url, { clock: systemClock, log: processLog('silent') })
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof TypeError) {
      throw new UsageError(`${withoutPassword(url)}: ${error.message}`)
    }
    throw error
  }
}

function summary({ records, entries, jobs }: CopyCount, file: string | undefined): string {
  const key =
    file === undefined
      ? 'Gateways on the new store need the GATEHOUSE_MASTER_KEY of the old ones.\n'
      : `Gateways on the new store need the same key: GATEHOUSE_MASTER_KEY="$(cat ${file}.key)", unless one was set before.\n`
  return `Copied ${records} records, ${entries} index entries and ${jobs} undelivered notifications and other jobs.\n${key}`
}
