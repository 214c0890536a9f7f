/** What worker and primary process tell each other. */
export type Message =
  /** A worker serves; `facts` are for whoever introduces the gateway to people. */
  | { readonly gatehouse: 'ready'; readonly facts: unknown }
  /** A worker wants what all workers report. */
  | { readonly gatehouse: 'collect'; readonly id: number }
  /** The primary process wants a worker's report. */
  | { readonly gatehouse: 'report'; readonly id: number }
  | { readonly gatehouse: 'reported'; readonly id: number; readonly report: unknown }
  | { readonly gatehouse: 'collected'; readonly id: number; readonly reports: readonly unknown[] }

/** The channel between processes carries messages of Node and of packages as well. */
export function asMessage(value: unknown): Message | undefined {
  const isOurs = typeof value === 'object' && value !== null && 'gatehouse' in value
  return isOurs ? (value as Message) : undefined
}
