import { gzipSync } from 'node:zlib'
import test from 'ava'
import { type Body, bodyOf, guarding, integer, integers, objections, point, post } from '../../_kit/objections.ts'
import { rawConnect, rawRequest } from '../../_kit/raw-http.ts'

test('the body goes on with the very same bytes, whatever its framing', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: { type: 'object', required: ['a'] } } }))
  const text = '{ "a" :\r\n "\\u00e9é" }  '
  t.is((await fetch(`${plane.url}/pets/in`, post(text, 'application/json'))).status, 200)
  t.is(plane.upstream.last().body.toString(), text)
  t.is(plane.upstream.last().headers['content-length'], String(Buffer.byteLength(text)))
  const chunked =
    'POST /pets/in HTTP/1.1\r\nHost: gw\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'
  t.is((await rawRequest(plane.url, chunked)).status, 200)
  t.is(plane.upstream.last().body.toString(), '{"a":1}')
  const large = JSON.stringify({ a: 'x'.repeat(900_000) })
  t.is((await fetch(`${plane.url}/pets/in`, post(large, 'application/json'))).status, 200)
  t.is(plane.upstream.last().body.toString(), large)
})

test('RFC 9110 §10.1.1: 100 Continue is said before a body is collected, once, and never for one that is too long', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: point } }))
  const client = await rawConnect(plane.url)
  const head = 'POST /pets/in HTTP/1.1\r\nHost: gw\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n'
  client.write(`${head}Content-Length: 7\r\n\r\n`)
  t.is((await client.read()).status, 100)
  client.write('{"x":1}')
  t.is((await client.read()).status, 200)
  t.is(plane.upstream.last().body.toString(), '{"x":1}')
  client.write(`${head}Content-Length: 2000000\r\n\r\n`)
  t.is((await client.read()).status, 413)
  client.close()
})

test('a body that stops coming gets 408; one whose sender is gone is forgotten', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: point } }))
  const head =
    'POST /pets/in HTTP/1.1\r\nHost: gw\r\nContent-Type: application/json\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n'
  const slow = await rawConnect(plane.url)
  slow.write(head)
  t.is((await slow.read()).status, 100)
  await plane.clock.advance(60_000)
  t.is((await slow.read()).status, 408)
  slow.close()
  const gone = await rawConnect(plane.url)
  gone.write(head)
  t.is((await gone.read()).status, 100)
  gone.close()
  t.is(await objections(plane, '/in', post('{"x":1}', 'application/json')), undefined)
  t.is(plane.upstream.requests.length, 1)
  t.deepEqual(
    plane.logged.filter(([level]) => level === 'error'),
    [],
  )
})

test('two media types, of which the upstream might read the other one, are refused', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: point }, 'image/png': {} }))
  const types = 'Content-Type: image/png\r\nContent-Type: application/json\r\n'
  const answer = await rawRequest(
    plane.url,
    `POST /pets/in HTTP/1.1\r\nHost: gw\r\n${types}Content-Length: 2\r\n\r\n[]`,
  )
  t.is(answer.status, 422)
  t.regex(answer.body, /is given more than once/)
  t.is(plane.upstream.requests.length, 0)
})

test('media types: by name, by range, by `*/*`; another one is named among the violations; JSON by any name', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/vnd.pet+json': { schema: point }, 'image/*': {} }))
  t.is(await objections(plane, '/in', post('{"x":1}', 'application/vnd.pet+json; charset=utf-8')), undefined)
  t.deepEqual(await objections(plane, '/in', post('{"x":""}', 'Application/VND.pet+JSON')), [
    'body /x: must be an integer',
  ])
  t.is(await objections(plane, '/in', post('whatever', 'image/png')), undefined)
  t.deepEqual(await objections(plane, '/in', post('<x/>', 'text/xml')), [
    'header Content-Type: must be application/vnd.pet+json or image/*',
  ])
  t.deepEqual(await objections(plane, '/in', { method: 'POST' }), undefined)
  const any = await guarding(t, bodyOf({ '*/*': { schema: point } }, { required: true }))
  t.deepEqual(await objections(any, '/in', post('[]', 'application/json')), ['body: must be an object'])
  t.deepEqual(await objections(any, '/in', { method: 'POST' }), ['body: is required'])
})

test('a JSON text that two parsers could read differently is refused', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: {} } }))
  for (const text of ['{', '{"a":1,}', '{"a":1} x', '\xff']) {
    t.deepEqual(
      await objections(plane, '/in', post(Buffer.from(text, 'latin1'), 'application/json')),
      ['body: is not valid JSON'],
      text,
    )
  }
  t.deepEqual(await objections(plane, '/in', post('{"a":{"b":1,"\\u0062":2}}', 'application/json')), [
    'body: names a member twice',
  ])
  t.is(await objections(plane, '/in', post('{"a":"\\":","b":{"a":":"}}', 'application/json')), undefined)
  const deep = `${'['.repeat(300)}${']'.repeat(300)}`
  t.deepEqual(await objections(plane, '/in', post(deep, 'application/json')), [
    'body: is nested more than 256 levels deep',
  ])
})

test('forms: fields are typed by the schema, and written as their encoding says', async (t) => {
  const schema = {
    type: 'object',
    required: ['n'],
    additionalProperties: false,
    properties: { n: integer, list: integers, at: point, tags: integers, deep: point },
  }
  const encoding = { tags: { explode: false }, at: { contentType: 'application/json' }, deep: { style: 'deepObject' } }
  const plane = await guarding(t, bodyOf({ 'application/x-www-form-urlencoded': { schema, encoding } }))
  const form = (text: string) => objections(plane, '/in', post(text, 'application/x-www-form-urlencoded'))
  t.is(await form('n=1&list=1&list=2&at=%7B%22x%22%3A1%7D&tags=1,2&deep[x]=1'), undefined)
  t.deepEqual(await form('list=x&at=%7B%22y%22%3A1%7D&tags=1,y&more=1&deep[x]=z'), [
    'body /n: is required',
    'body /more: is not a known member',
    'body /list/0: must be an integer',
    'body /at/x: is required',
    'body /tags/1: must be an integer',
    'body /deep/x: must be an integer',
  ])
})

test('forms: whatever a closed schema does not declare is refused, also where its name resembles a declared one', async (t) => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: { role: { type: 'string', enum: ['user'] }, at: point, deep: point, list: integers },
  }
  const encoding = { deep: { style: 'deepObject' } }
  const plane = await guarding(t, bodyOf({ 'application/x-www-form-urlencoded': { schema, encoding } }))
  const form = (text: string) => objections(plane, '/in', post(text, 'application/x-www-form-urlencoded'))
  t.is(await form('role=user&at[x]=1&at[y]=2&deep[x]=1&list=1'), undefined)
  for (const [more, name] of [
    ['role=user&roles=admin', 'roles'],
    ['role[$ne]=admin', 'role[$ne]'],
    ['role=user&role[]=admin', 'role[]'],
    ['role=user&role%5B%5D=admin', 'role[]'],
    ['list=1&list[]=2', 'list[]'],
    ['at=%7B%22x%22%3A1%7D&at[x]=2', 'at[x]'],
    ['at[x]=1&ats[x]=2', 'ats[x]'],
  ]) {
    t.deepEqual(await form(more ?? ''), [`body /${name}: is not a known member`], more)
  }
  t.deepEqual(await form('deep=1&deep[x]=1'), ['body: has the field "deep" in another form than declared'])
  t.deepEqual(await form('deep=1'), ['body /deep: must be an object'])
  t.is(plane.upstream.requests.length, 1)
})

test('forms: what an open schema does not declare passes', async (t) => {
  const schema = { type: 'object', properties: { role: { type: 'string', enum: ['user'] } } }
  const plane = await guarding(t, bodyOf({ 'application/x-www-form-urlencoded': { schema } }))
  const form = (text: string) => objections(plane, '/in', post(text, 'application/x-www-form-urlencoded'))
  t.is(await form('role=user&more=1&list[]=2&list[]=3'), undefined)
  t.deepEqual(await form('role=admin&more=1'), ['body /role: must be one of the listed values'])
})

test('multipart: parts are members, files are texts, JSON parts are read as JSON', async (t) => {
  const schema = {
    type: 'object',
    required: ['file'],
    properties: { n: integer, at: point, file: { type: 'string', format: 'binary', maxLength: 5 }, list: integers },
  }
  const plane = await guarding(t, bodyOf({ 'multipart/form-data': { schema } }))
  const form = (fields: Readonly<Record<string, string | Blob | string[]>>): FormData => {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) {
      for (const one of Array.isArray(value) ? value : [value]) data.append(name, one)
    }
    return data
  }
  const send = (body: FormData) => objections(plane, '/in', { method: 'POST', body })
  const file = new Blob([Buffer.from([0, 255, 13, 10])])
  t.is(await send(form({ n: '1', at: '{"x":1}', file, list: ['1', '2'] })), undefined)
  t.deepEqual(await send(form({ n: 'x', at: new Blob(['{"y":1}'], { type: 'application/json' }), list: ['1', 'z'] })), [
    'body /file: is required',
    'body /n: must be an integer',
    'body /at/x: is required',
    'body /list/1: must be an integer',
  ])
  t.deepEqual(await send(form({ file: new Blob(['123456']) })), ['body /file: must have at most 5 characters'])
  for (const text of [
    '--b\r\n\r\n\r\n--b--',
    'x',
    '--b\r\nContent-Disposition: form-data; name="n"; name="file"\r\n\r\n1\r\n--b--\r\n',
    '--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="file"\r\n\r\n1\r\n--b--\r\n',
  ]) {
    const sent = post(text, 'multipart/form-data; boundary=b')
    t.deepEqual(await objections(plane, '/in', sent), ['body: is not valid multipart/form-data'], text)
  }
})

test('text bodies are held against their schema, in their charset', async (t) => {
  const plane = await guarding(
    t,
    bodyOf({ 'text/plain': { schema: { type: 'string', maxLength: 3 } }, 'text/csv': { schema: integer } }),
  )
  t.is(
    await objections(plane, '/in', post(Buffer.from('\xe9\xe9\xe9', 'latin1'), 'text/plain; charset=iso-8859-1')),
    undefined,
  )
  t.deepEqual(await objections(plane, '/in', post('éééé', 'text/plain')), ['body: must have at most 3 characters'])
  t.deepEqual(await objections(plane, '/in', post(Buffer.from([0xe9]), 'text/plain')), [
    'body: is not a text in its charset',
  ])
  t.deepEqual(await objections(plane, '/in', post('x', 'text/plain; charset="no;such"')), [
    'body: is in a charset that is not known here',
  ])
  t.is(await objections(plane, '/in', post('5', 'text/csv')), undefined)
})

test('compressed bodies are checked by their content and go on as they came; bombs get 413', async (t) => {
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: point } }), {
    global: { validateRequest: { maxBodySize: 10_000 } },
  })
  const zipped = gzipSync('{"x":1}')
  const gzip = { 'Content-Encoding': 'gzip' }
  t.is(await objections(plane, '/in', post(zipped, 'application/json', gzip)), undefined)
  t.deepEqual(plane.upstream.last().body, zipped)
  t.deepEqual(await objections(plane, '/in', post(gzipSync('{"x":""}'), 'application/json', gzip)), [
    'body /x: must be an integer',
  ])
  const status = async (body: Body, headers: Record<string, string>) =>
    (await fetch(`${plane.url}/pets/in`, post(body, 'application/json', headers))).status
  t.is(await status(gzipSync(Buffer.alloc(1_000_000, 32)), gzip), 413)
  t.is(await status('{"x":1}', gzip), 400)
  t.is(await status('{"x":1}', { 'Content-Encoding': 'compress' }), 415)
})
