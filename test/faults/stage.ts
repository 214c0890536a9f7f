import type { ExecutionContext } from 'ava'

/** What a scenario makes is taken away when it is over, as after a test; so the kit of the tests serves it as well. */
export interface Stage {
  readonly context: ExecutionContext
  clear(): Promise<void>
}

export function openStage(): Stage {
  const tasks: (() => unknown)[] = []
  const context = { teardown: (task: () => unknown) => void tasks.unshift(task) } as unknown as ExecutionContext
  return {
    context,
    async clear() {
      for (const task of tasks) await task()
    },
  }
}
