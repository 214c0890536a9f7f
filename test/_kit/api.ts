import type { Api } from '../../src/api/api.ts'
import { buildRouteTable } from '../../src/api/routes/route-table.ts'

/** An `Api` without operations that forwards everything; for tests of what stands around it. */
export function plainApi(parts: Partial<Api> & { readonly id: string }): Api {
  const { table } = buildRouteTable([])
  const api = {
    name: parts.id,
    active: true,
    revision: 'r1',
    file: `${parts.id}.yaml`,
    listenPath: `/${parts.id}`,
    stripListenPath: true,
    hosts: [],
    issuer: `http://127.0.0.1/${parts.id}`,
    authentication: { enabled: false, strip: false },
    securitySchemes: new Map(),
    endpoints: new Map(),
    routes: table,
    ...parts,
  }
  return { upstream: { url: 'http://127.0.0.1:9' } as Api['upstream'], ...api }
}
