import type { Command } from '../command.ts'
import { apply } from './apply.ts'
import { audit } from './audit.ts'
import { check } from './check.ts'
import { client } from './client.ts'
import { diff } from './diff.ts'
import { dump } from './dump.ts'
import { edit } from './edit.ts'
import { effective } from './effective.ts'
import { exportDocument } from './export.ts'
import { importDocuments } from './import.ts'
import { listen } from './listen.ts'
import { notifications } from './notifications.ts'
import { routes } from './routes.ts'
import { serve } from './serve.ts'
import { store } from './store.ts'
import { token } from './token.ts'
import { usage } from './usage.ts'

/** Every command there is, in the order in which help lists them. */
export const commands: readonly Command[] = [
  serve,
  check,
  audit,
  importDocuments,
  edit,
  exportDocument,
  effective,
  routes,
  diff,
  apply,
  dump,
  client,
  token,
  notifications,
  listen,
  usage,
  store,
]
