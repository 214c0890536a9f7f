import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import test from 'ava'
import { findCycle, functionLengths, importsOf } from './_kit/source-text.ts'

const ROOT = resolve(import.meta.dirname, '..')

const filesOf = (folder: string): string[] =>
  readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort()

/** Every imported module of a file: a path from the root for our own, else its specifier. */
const sources = [...filesOf('src'), ...filesOf('test'), ...filesOf('examples')].map((file) => {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  const imports = importsOf(text).map(({ specifier, typeOnly }) => {
    const own = specifier.startsWith('.')
    return { to: own ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier, own, typeOnly }
  })
  return { file, text, imports }
})
const product = sources.filter(({ file }) => file.startsWith('src/'))

/** What a folder of src may import, besides itself and core. `folder/part` allows only that part of a folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: [],
  store: [],
  outbound: [],
  document: ['outbound'],
  api: ['document'],
  notify: ['store', 'outbound'],
  oauth: ['api', 'store', 'notify', 'outbound'],
  upstream: ['outbound', 'store'],
  usage: ['store'],
  gateway: ['api', 'store', 'upstream', 'outbound', 'oauth/tokens'],
  admin: ['config', 'store', 'outbound', 'document', 'api', 'notify', 'oauth', 'upstream', 'usage', 'gateway'],
  console: [],
  cluster: [],
  metrics: ['store', 'notify', 'oauth', 'upstream', 'usage', 'gateway'],
}

/** Types say what is handed in and cost nothing at run time: these may be named across the borders above. */
const MAY_NAME: Readonly<Record<string, readonly string[]>> = {
  notify: ['api/settings'],
  gateway: ['oauth/records', 'config/settings.ts', 'config/access-log.ts', 'config/tracing.ts'],
  upstream: ['api/settings', 'api/api.ts'],
  outbound: ['config/settings.ts'],
}

/** The only files that may open these doors. */
const DOORS: readonly (readonly [RegExp, RegExp])[] = [
  [/^ioredis$/, /^src\/store\/redis/],
  [/^node:sqlite$/, /^src\/store\/sqlite/],
  [/^undici$/, /^src\/gateway\/(?:forward|websocket|tunnel)/],
  [/^got$/, /^src\/outbound\//],
  [/^@apidevtools\/swagger-parser$/, /^src\/document\//],
  [/^prom-client$/, /^src\/metrics\//],
  [/^(?:koa|@koa\/router|koa-body)$/, /^src\/(?:oauth|admin|console)\//],
]

/** What only some files may say. */
const WORDS: readonly (readonly [RegExp, RegExp])[] = [
  [/\bprocess\.env\b/, /^src\/config\//],
  [
    /\bDate\.now\b|\bnew Date\(\)|\bset(?:Timeout|Interval)\(|\brandom(?:Bytes|UUID|Int)\(|\bMath\.random\b/,
    /^src\/core\//,
  ],
]

const under = (path: string, allowed: string): boolean =>
  path === `src/${allowed}` || path.startsWith(`src/${allowed}/`)

/** Fails with one readable line for each violation. */
function expectNone(
  t: { readonly deepEqual: (a: unknown, b: unknown) => unknown },
  violations: readonly string[],
): void {
  t.deepEqual(violations, [])
}

test('a folder imports only what its place allows', (t) => {
  const violations = product.flatMap(({ file, imports }) => {
    const folder = file.split('/')[1] ?? ''
    const rule = MAY_IMPORT[folder]
    if (!rule) return ['cli', 'app', 'app.ts'].includes(folder) ? [] : [`${file} is in no known folder`]
    return imports
      .filter(({ own, to }) => own && ![folder, 'core', ...rule].some((allowed) => under(to, allowed)))
      .filter(({ to, typeOnly }) => !(typeOnly && MAY_NAME[folder]?.some((allowed) => under(to, allowed))))
      .map(({ to }) => `${file} imports ${to}`)
  })
  expectNone(t, violations)
})

test('a package is used only behind its door', (t) => {
  const violations = product.flatMap(({ file, imports }) =>
    imports
      .filter(({ to, typeOnly }) => !typeOnly && DOORS.some(([name, place]) => name.test(to) && !place.test(file)))
      .map(({ to }) => `${file} uses ${to}`),
  )
  expectNone(t, violations)
})

test('time, randomness and the environment are handed in', (t) => {
  const violations = product.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => {
      if (/^\s*(?:\*|\/\/|\/\*)/.test(line)) return []
      const broken = WORDS.some(([words, place]) => words.test(line) && !place.test(file))
      return broken ? [`${file}:${index + 1} ${line.trim()}`] : []
    }),
  )
  expectNone(t, violations)
})

test('nothing imports in a circle', (t) => {
  const graph = new Map(
    sources.map(({ file, imports }) => [file, imports.filter((one) => one.own && !one.typeOnly).map(({ to }) => to)]),
  )
  t.is(findCycle(graph)?.join(' → '), undefined)
})

test('every imported package is declared, and what the product needs is no development dependency', (t) => {
  const declared = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as Record<string, object>
  const runtime = new Set(Object.keys(declared['dependencies'] ?? {}))
  const development = new Set([...runtime, ...Object.keys(declared['devDependencies'] ?? {})])
  const violations = sources.flatMap(({ file, imports }) => {
    const known = file.startsWith('src/') ? runtime : development
    return imports
      .filter(({ own, to }) => !own && !to.startsWith('node:') && !builtinModules.includes(to))
      .filter(({ to, typeOnly }) => {
        const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : (to.split('/')[0] ?? '')
        return !known.has(name) && !(typeOnly && development.has(name))
      })
      .map(({ to }) => `${file} imports ${to}, which package.json does not declare for it`)
  })
  expectNone(t, violations)
})

test('examples stand on their own: only the demo knows the product', (t) => {
  const violations = sources.flatMap(({ file, imports }) =>
    imports
      .filter(
        ({ own, to }) =>
          file.startsWith('examples/') && !file.startsWith('examples/demo/') && (!own || to.startsWith('src/')),
      )
      // A plugin needs nothing of the product but the type that checks it in an editor.
      .filter(({ to, typeOnly }) => !(typeOnly && file.startsWith('examples/plugins/')) && !to.startsWith('node:'))
      .map(({ to }) => `${file} imports ${to}`),
  )
  expectNone(t, violations)
})

test('files have at most 300 lines, functions outside of tests at most 60, and nothing is exported as default', (t) => {
  const violations = sources.flatMap(({ file, text }) => {
    const lines = text.split('\n').length - 1
    return [
      ...(lines > 300 ? [`${file} has ${lines} lines`] : []),
      ...(file.startsWith('test/') && !file.startsWith('test/_kit/') ? [] : functionLengths(text))
        .filter(({ lines }) => lines > 60)
        .map(({ line, lines, name }) => `${file}:${line} ${name} has ${lines} lines`),
      ...(/^export default\b/m.test(text) ? [`${file} has a default export`] : []),
    ]
  })
  expectNone(t, violations)
})
