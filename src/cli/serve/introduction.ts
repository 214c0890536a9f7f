import type { Gateway } from '../../app.ts'
import type { Settings } from '../../config/settings.ts'

/** What people want to know of a gateway that has just started. */
export interface GatewayFacts {
  readonly url: string
  readonly adminUrl: string
  readonly apis: readonly { readonly name: string; readonly issuer: string }[]
}

export function factsOf({ url, adminUrl, library }: Gateway): GatewayFacts {
  const apis = [...library.current().apis.values()].map(({ name, issuer }) => ({ name, issuer }))
  return { url, adminUrl, apis }
}

/** The text that a start ends with. */
export function introduction({ url, adminUrl, apis }: GatewayFacts, settings: Settings): string {
  const { adminSecret, adminSecretGenerated, store, workers } = settings
  const secret = adminSecretGenerated
    ? `  admin secret   ${adminSecret.reveal()}  (of this start only; set GATEHOUSE_ADMIN_SECRET)\n`
    : ''
  const processes = workers === 1 ? '' : `  workers        ${workers}\n`
  const lines = `  for clients    ${url}\n  admin API      ${adminUrl}\n${secret}${processes}  store          ${withoutPassword(store)}\n`
  const served = apis.map(({ name, issuer }) => `  ${issuer}/  ${name}\n`).join('')
  return `Gatehouse is ready.\n${lines}${served === '' ? 'No API is served: there is no usable document.\n' : `APIs:\n${served}`}`
}

/** The user information of a store's URL is a credential. */
export const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//***@')
