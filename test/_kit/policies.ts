import { policySettings } from '../../src/gateway/policies/index.ts'

/** Settings of policies as a document would write them, checked as the compiler checks them. Throws where they are wrong. */
export function checkedPolicies(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(written).map(([name, settings]) => {
      const schema = policySettings.get(name)
      if (!schema) throw new Error(`there is no policy ${name}`)
      return [name, schema.parse(settings)]
    }),
  )
}
