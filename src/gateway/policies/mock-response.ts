import { mockResponseSettings } from '../../api/settings/mock-response.ts'
import type { Clock } from '../../core/clock.ts'
import { lingerOn } from '../answer.ts'
import type { Call } from '../call.ts'
import { edited } from '../head-edit.ts'
import { type MockAnswer, mockAnswer } from '../mock/mock-answer.ts'
import { acceptance, preferencesOf } from '../mock/preferences.ts'
import { definePolicy } from './policy.ts'

/** Answers as the document says, for clients that are there before the upstream is. */
export const mockResponse = definePolicy({
  name: 'mockResponse',
  settings: mockResponseSettings,
  create(settings, { operation: { contract }, clock }) {
    if (!settings.enabled || !contract) return undefined
    const own = Object.entries(settings.headers)
    const ownNames = new Set(own.map(([name]) => name.toLowerCase()))
    return (call) => {
      const { prefer, accept } = call.req.headers
      const preferences = preferencesOf(Array.isArray(prefer) ? prefer.join(', ') : prefer)
      const found = mockAnswer(contract, settings, { preferences, accepts: acceptance(accept) })
      const kept = found.headers.filter((_, at, all) => !ownNames.has((all[at & ~1] ?? '').toLowerCase()))
      const applied = preferences.code === found.status ? ['Preference-Applied', `code=${found.status}`] : []
      answer(call, { ...found, headers: [...kept, ...own.flat(), ...applied] }, clock)
      return undefined
    }
  },
})

function answer({ req, res, requestId, edits }: Call, { status, headers, body }: MockAnswer, clock: Clock): void {
  const isBare = status === 204 || status === 304
  const framing = isBare ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  res.writeHead(status, edited(status, [...headers, ...framing, 'X-Request-Id', requestId], edits))
  res.end(isBare || req.method === 'HEAD' ? undefined : body)
  lingerOn(req, clock)
}
