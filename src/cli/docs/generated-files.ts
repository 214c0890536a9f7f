import { writeSchemas } from '../../api/json-schema.ts'
import { policySettings } from '../../gateway/policies/index.ts'
import { eventSchemaFiles } from '../../notify/event-schemas.ts'
import { withGeneratedBlocks } from './generated-blocks.ts'
import { readmeBlocks } from './readme-blocks.ts'

/** Every generated file of the project by its path, among them the README whose text is given. Throws `BlockError`. */
export async function generatedFiles(readme: string): Promise<ReadonlyMap<string, string>> {
  const named = (folder: string, files: ReadonlyMap<string, string>): [string, string][] =>
    [...files].map(([name, text]) => [`${folder}/${name}`, text])
  return new Map([
    ...named('schemas', writeSchemas(policySettings)),
    ...named('schemas/events', eventSchemaFiles()),
    ['README.md', withGeneratedBlocks(readme, await readmeBlocks())],
  ])
}
