import type { Api } from '../api/api.ts'
import type { NotifyingScheme } from '../notify/live-endpoints.ts'

/** Every scheme of the live APIs that issues tokens, with what it says about notifications. */
export function* notifyingSchemes(apis: Iterable<Api>): Generator<NotifyingScheme> {
  for (const api of apis) {
    for (const scheme of api.securitySchemes.values()) {
      if (scheme.kind !== 'issuer') continue
      yield { api: api.id, scheme: scheme.name, settings: scheme.settings.notifications }
    }
  }
}
