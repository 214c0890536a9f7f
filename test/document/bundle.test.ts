import test from 'ava'
import { bundledDocument } from '../../src/document/export/bundle.ts'
import type { Folder } from '../../src/document/folder.ts'
import { loadDocument } from '../../src/document/load-document.ts'
import type { JsonObject } from '../../src/document/node.ts'

const folderOf = (files: Readonly<Record<string, object>>): Folder => ({
  read(path) {
    const content = files[path]
    return content
      ? { kind: 'file', text: JSON.stringify(content), path }
      : { kind: 'unreadable', reason: 'none', path }
  },
})

function bundled(document: object, files: Readonly<Record<string, object>>): JsonObject {
  const root = { openapi: '3.1.0', info: { title: 'Pets', version: '1' }, paths: {}, ...document }
  const loaded = loadDocument('main.json', JSON.stringify(root), folderOf(files)).document
  if (!loaded) throw new Error('unreadable')
  return bundledDocument(loaded)
}

test('keywords beside a $ref of a schema stay, at every step of a chain of them', (t) => {
  const schemas = { Pet: { readOnly: true, $ref: 'pet.json' } }
  const { components } = bundled(
    { components: { schemas } },
    { 'pet.json': { $ref: 'name.json', maxLength: 9 }, 'name.json': { type: 'string' } },
  )
  t.deepEqual(components, {
    schemas: { Pet: { readOnly: true, $ref: '#/components/x-parts/pet-1' } },
    'x-parts': {
      'pet-1': { $ref: '#/components/x-parts/name-2', maxLength: 9 },
      'name-2': { type: 'string' },
    },
  })
})

test('beside a $ref that stays within the document, references to other files are made whole, too', (t) => {
  const own = { $ref: '#/components/schemas/Named', properties: { tag: { $ref: 'tag.json' } } }
  const { components } = bundled(
    { components: { schemas: { Named: { type: 'object' }, Pet: own } } },
    { 'tag.json': { type: 'string' } },
  )
  t.deepEqual(components, {
    schemas: {
      Named: { type: 'object' },
      Pet: { $ref: '#/components/schemas/Named', properties: { tag: { $ref: '#/components/x-parts/tag-1' } } },
    },
    'x-parts': { 'tag-1': { type: 'string' } },
  })
})

test('references back to the document name no file, whatever stands in its keys', (t) => {
  const schemas = { '100%25/~': { type: 'string' }, Pet: { $ref: 'pet.json' } }
  const back = (pointer: string) => ({ $ref: pointer, title: 'kept' })
  const { components } = bundled(
    { components: { schemas } },
    { 'pet.json': back('main.json#/components/schemas/100%2525~1~0') },
  )
  t.deepEqual((components as JsonObject)['x-parts'], { 'pet-1': back('#/components/schemas/100%2525~1~0') })
})

test('two places whose steps merely look alike are two parts', (t) => {
  const { components } = bundled(
    { components: { schemas: { One: { $ref: 'all.json#/a/b' }, Two: { $ref: 'all.json#/a~1b' } } } },
    { 'all.json': { a: { b: { type: 'string' } }, 'a/b': { type: 'number' } } },
  )
  t.deepEqual((components as JsonObject)['x-parts'], { 'b-1': { type: 'string' }, 'a-b-2': { type: 'number' } })
})
