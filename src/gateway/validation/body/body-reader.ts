import { childOf, type Node } from '../../../api/contract/place.ts'
import { type Typing, typedValue } from '../parameters/typed-value.ts'
import type { Run } from '../schema/run.ts'
import { multipartValue, urlencodedValue } from './form-values.ts'
import { isJson, type MediaType } from './media-type.ts'
import { multipartParts } from './multipart.ts'
import { type BodyValue, readJson } from './read-json.ts'

/** Makes a value of a body. */
export type BodyReader = (bytes: Buffer, run: Run) => BodyValue

/** How bodies of a media type are read; undefined for those whose content is not checked. `declared`: its entry in `content`. */
export function bodyReader(type: MediaType, declared: Node, typing: Typing): BodyReader | undefined {
  const { essence } = type
  if (isJson(essence)) return readJson
  if (essence === 'application/x-www-form-urlencoded') {
    return (bytes, run) => urlencodedValue(bytes.toString('latin1'), { declared, typing, run })
  }
  if (essence === 'multipart/form-data') {
    return (bytes, run) => {
      const parts = multipartParts(bytes, type.parameters.get('boundary') ?? '')
      return parts ? multipartValue(parts, { declared, typing, run }) : { problem: 'is not valid multipart/form-data' }
    }
  }
  if (essence.startsWith('text/') && essence !== 'text/xml')
    return textReader(type, childOf(declared, 'schema'), typing)
  return undefined
}

function textReader({ parameters }: MediaType, schema: Node, typing: Typing): BodyReader {
  const charset = parameters.get('charset') ?? 'utf-8'
  return (bytes, run) => {
    try {
      const text = new TextDecoder(charset, { fatal: true }).decode(bytes)
      return { value: typedValue(text, schema, typing, run) }
    } catch (error) {
      if (error instanceof TypeError) return { problem: 'is not a text in its charset' }
      if (error instanceof RangeError) return { problem: 'is in a charset that is not known here' }
      throw error
    }
  }
}
