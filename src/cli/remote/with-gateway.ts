import { AdminCallError, type AdminClient, adminClient } from '../admin-client.ts'
import type { Args, Io } from '../command.ts'

/** Runs what talks to a gateway; what the gateway refuses, or that nobody answers, is said in one line: exit code 1. */
export async function withGateway(args: Args, io: Io, task: (client: AdminClient) => Promise<number>): Promise<number> {
  try {
    return await task(adminClient(args, io))
  } catch (error) {
    if (!(error instanceof AdminCallError)) throw error
    io.stderr(`error: ${error.message}\n`)
    return 1
  }
}
