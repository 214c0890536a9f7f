import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../diagnose.ts'
import type { ApiDocument } from '../load-document.ts'
import { childOf, entriesOf } from '../node.ts'

/** OAS "Paths Object": a key begins with a slash and is a path alone. Real documents write queries and fragments. */
export function pathKeys(document: ApiDocument): Diagnostic[] {
  return entriesOf(childOf(document.root, 'paths')).flatMap(([path, item]) => {
    if (path.startsWith('x-')) return []
    if (!path.startsWith('/')) {
      const hint = `write ${JSON.stringify(`/${path}`)}`
      return [diagnose('GW4203', item, 'key', `the path ${JSON.stringify(path)} does not begin with "/"`, hint)]
    }
    if (!/[?#]/.test(path.replaceAll(/\{[^{}]*\}/g, ''))) return []
    return [diagnose('GW4204', item, 'key', 'the query or fragment of this path does not take part in routing')]
  })
}
