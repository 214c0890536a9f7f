import { EVENT_SCHEMAS, eventExample } from '../../notify/event-schemas.ts'

/** The events that receivers are told of, each with its description and a body, as Markdown. */
export function eventExamples(): string {
  const types = Object.keys(EVENT_SCHEMAS) as (keyof typeof EVENT_SCHEMAS)[]
  return types.map(sectionOf).join('\n\n')
}

function sectionOf(type: keyof typeof EVENT_SCHEMAS): string {
  const description = EVENT_SCHEMAS[type].meta()?.description ?? ''
  const link = `[schema](../schemas/events/${type}.json)`
  return `\`${type}\` — ${description} (${link})\n\n\`\`\`json\n${JSON.stringify(eventExample(type), null, 2)}\n\`\`\``
}
