import { consumersSchemaText } from '../../admin/declared/consumers-schema.ts'
import { writeSchemas } from '../../api/json-schema.ts'
import { policySettings } from '../../gateway/policies/index.ts'
import { eventSchemaFiles } from '../../notify/event-schemas.ts'
import { withGeneratedBlocks } from './generated-blocks.ts'
import { notificationBlocks } from './notification-blocks.ts'
import { readmeBlocks } from './readme-blocks.ts'

/** Every generated file of the project by its path; `read` gives the text of one that is partly so. Throws `BlockError`. */
export async function generatedFiles(read: (path: string) => string): Promise<ReadonlyMap<string, string>> {
  const named = (folder: string, files: ReadonlyMap<string, string>): [string, string][] =>
    [...files].map(([name, text]) => [`${folder}/${name}`, text])
  return new Map([
    ...named('schemas', writeSchemas(policySettings)),
    ['schemas/consumers.schema.json', consumersSchemaText()],
    ...named('schemas/events', eventSchemaFiles()),
    ['README.md', withGeneratedBlocks(read('README.md'), await readmeBlocks())],
    ['docs/notifications.md', withGeneratedBlocks(read('docs/notifications.md'), notificationBlocks(read))],
  ])
}
