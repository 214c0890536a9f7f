/**
 * A policy of your own: an operation rests at night. Copy it to `apis/plugins/quietHours.ts` (the name of the file is the
 * name under which documents ask for it), and write into a document:
 *
 *     x-gateway:
 *       middleware:
 *         operations:
 *           addStepCount: { quietHours: { from: 22, to: 6 } }
 *
 * The gateway loads it again whenever it is saved.
 */
import type { PluginModule } from '../../src/gateway/plugins/plugin.ts'

export const plugin: PluginModule = ({ z, definePlugin }) =>
  definePlugin({
    settings: z
      .strictObject({
        from: z.int().min(0).max(23).meta({ title: 'From', description: 'The hour (UTC) in which the rest begins.' }),
        to: z.int().min(0).max(23).meta({ title: 'To', description: 'The hour (UTC) in which it ends.' }),
      })
      .meta({ title: 'Quiet hours', description: 'The operation rests between two hours.' }),
    request(request, { from, to }) {
      const hour = new Date().getUTCHours()
      const rests = from < to ? hour >= from && hour < to : hour >= from || hour < to
      if (!rests || request.metadata['nightShift'] === true) {
        request.setHeader('X-Hour', String(hour))
        return undefined
      }
      const wait = ((to - hour + 24) % 24) * 3600
      return {
        status: 503,
        headers: { 'Retry-After': String(wait) },
        body: { title: 'quiet hours', until: `${to}:00Z` },
      }
    },
    response(response, { from, to }) {
      response.setHeader('X-Quiet-Hours', `${from}-${to}`)
    },
  })
