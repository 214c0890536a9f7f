import { diagnose } from '../document/diagnose.ts'
import type { Node } from '../document/node.ts'
import type { Report } from './compile-context.ts'

/** Whether what is sent to this URL can be read on its way to another host. */
export function isPlainRemote(text: string): boolean {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:') return false
  return !/^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
}

/** Remarks on a URL that carries secrets in the clear. */
export function reportPlainRemote(url: string | undefined, at: Node, report: Report): void {
  if (url === undefined || !isPlainRemote(url)) return
  report(
    diagnose('GW3303', at, 'value', 'plain HTTP to another host: what is sent can be read on the way', 'use https'),
  )
}
