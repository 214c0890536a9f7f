import type { ExecutionContext } from 'ava'
import { compileDocument } from '../../src/api/compile-document.ts'
import { noFolder } from '../../src/document/folder.ts'
import { policySettings } from '../../src/gateway/policies/index.ts'
import { type Plane, startPlane } from './data-plane.ts'
import { startUpstream, type Upstream } from './upstream.ts'
import { forTest } from './world.ts'

/** What a document at `/pets` says besides the usual; policies stand under `global`. */
export interface GuardedWish {
  readonly version?: string
  readonly paths: object
  readonly components?: object
  readonly global: object
  readonly extension?: object
}

export const documentOf = (
  { version = '3.0.3', paths, components = {}, global }: GuardedWish,
  upstream: string,
): string =>
  JSON.stringify({
    openapi: version,
    info: { title: 'Pets', version: '1' },
    paths,
    components,
    'x-gateway': {
      info: { id: 'pets' },
      server: { listenPath: { value: '/pets/' } },
      upstream: { url: upstream },
      middleware: { global },
    },
  })

export const compileText = (text: string) =>
  compileDocument('pets.json', text, noFolder, {
    publicUrl: 'http://gw',
    policies: policySettings,
    environment: () => undefined,
    readFile: () => undefined,
  })

/** A gateway that serves a document, with all policies that there are, before an upstream that records. */
export async function planeOf(
  t: ExecutionContext,
  wish: GuardedWish,
): Promise<Plane & { readonly upstream: Upstream }> {
  const upstream = await forTest(t, startUpstream())
  const { api, diagnostics } = compileText(documentOf(wish, upstream.url))
  if (!api) throw new Error(JSON.stringify(diagnostics))
  return { ...(await startPlane(t, [api])), upstream }
}
