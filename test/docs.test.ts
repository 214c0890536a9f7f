import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import test from 'ava'
import { BlockError, withGeneratedBlocks } from '../src/cli/docs/generated-blocks.ts'
import { generatedFiles } from '../src/cli/docs/generated-files.ts'

const read = (name: string): string => readFileSync(resolve(import.meta.dirname, '..', name), 'utf8')

test('generated files say what the product does: `npm run docs` writes them', async (t) => {
  const files = await generatedFiles(read)
  t.true(files.size > 5)
  t.deepEqual(
    [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name),
    [],
  )
})

test('a block stands where its mark is; one without a place, and a place without a block, are errors', (t) => {
  const text = 'a\n<!-- generated:one -->\nold\n<!-- /generated -->\nb\n'
  t.is(
    withGeneratedBlocks(text, new Map([['one', 'new $1']])),
    'a\n<!-- generated:one -->\n\nnew $1\n\n<!-- /generated -->\nb\n',
  )
  t.throws(() => withGeneratedBlocks(text, new Map()), { instanceOf: BlockError })
  t.throws(
    () =>
      withGeneratedBlocks(
        text,
        new Map([
          ['one', ''],
          ['two', ''],
        ]),
      ),
    { instanceOf: BlockError },
  )
})

test('the README’s source tree names what is in src', (t) => {
  const tree = /```\nsrc\/\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? ''
  const named = [...tree.matchAll(/^ {2}([\w.-]+)/gm)].map(([, name]) => name)
  t.deepEqual(named.toSorted(), readdirSync(resolve(import.meta.dirname, '../src')).toSorted())
})

test('every link of the documentation within the project leads somewhere', (t) => {
  const root = resolve(import.meta.dirname, '..')
  const pages = ['README.md', ...readdirSync(resolve(root, 'docs')).map((name) => `docs/${name}`)]
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => resolve(root, dirname(page), target))
      .filter((target) => !existsSync(target))
      .map((target) => `${page} → ${target}`),
  )
  t.true(pages.length > 8)
  t.deepEqual(dead, [])
})
