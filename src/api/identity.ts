import { basename } from 'node:path'
import type { ApiDocument } from '../document/load-document.ts'
import { childOf } from '../document/node.ts'
import type { InfoSettings } from './settings/info.ts'

export interface Identity {
  readonly id: string
  readonly name: string
  /** What the listen path is made from when none is given. */
  readonly slug: string
}

/** Id and name of an API: as the extension says, else from the title, else from the name of the file. */
export function identityOf(document: ApiDocument, info: InfoSettings): Identity {
  const title = childOf(document.root, 'info', 'title').value
  const file = basename(document.file).replace(/\.[^.]*$/, '')
  const called = typeof title === 'string' && title.trim() !== '' ? title.trim() : file
  const slug = slugOf(called) || slugOf(file) || 'api'
  return { id: info.id ?? slug, name: info.name ?? called, slug }
}

/** Lower-case ASCII letters and digits with hyphens between; `''` when the text has none. At most 80 characters. */
export function slugOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-|-$/g, '')
}
