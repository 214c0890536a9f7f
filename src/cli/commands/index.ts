import type { Command } from '../command.ts'
import { check } from './check.ts'
import { listen } from './listen.ts'
import { notifications } from './notifications.ts'
import { serve } from './serve.ts'
import { store } from './store.ts'
import { usage } from './usage.ts'

/** Every command there is, in the order in which help lists them. */
export const commands: readonly Command[] = [serve, check, notifications, listen, usage, store]
