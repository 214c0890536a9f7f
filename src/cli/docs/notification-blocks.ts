import { eventExamples } from './event-examples.ts'

/** The generated parts of `docs/notifications.md`, by name; `read` gives a file of the project by its path. */
export function notificationBlocks(read: (path: string) => string): ReadonlyMap<string, string> {
  const program = (path: string, language: string): string =>
    `\`\`\`${language}\n${read(`examples/receiver/${path}`).trimEnd()}\n\`\`\``
  return new Map([
    ['events', eventExamples()],
    ['receiver-node', program('receiver.mjs', 'js')],
    ['receiver-python', program('receiver.py', 'python')],
    ['receiver-go', program('go/main.go', 'go')],
  ])
}
