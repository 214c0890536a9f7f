import test from 'ava'
import { loadDocument } from '../../src/document/load-document.ts'

const base = (more: object): string =>
  JSON.stringify({ openapi: '3.0.3', info: { title: 'x', version: '1' }, paths: {}, ...more })
const codes = (text: string): string[] => loadDocument('a', text).diagnostics.map(({ code }) => code)

test('of OpenAPI 3.2, what 3.1 lacks is served as far as it goes, and what is not served is told', (t) => {
  const text = base({
    openapi: '3.2.0',
    $self: 'https://example.com/api',
    tags: [{ name: 'a', kind: 'nav', parent: 'b' }],
    paths: {
      '/a': { query: { responses: {} }, additionalOperations: { COPY: { responses: {} } }, get: { responses: {} } },
    },
  })
  t.deepEqual(codes(text), ['GW6101', 'GW6101', 'GW6101'])
  t.deepEqual(codes(base({ openapi: '3.2.0', nonsense: 1 })), ['GW5102'])
})
