import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import test from 'ava'
import { NOTIFICATION_EVENTS } from '../../src/api/settings/notifications.ts'
import { eventBody } from '../../src/notify/event-body.ts'
import { EVENT_SCHEMAS, eventExample, eventSchemaFiles } from '../../src/notify/event-schemas.ts'
import { tokenEvent } from './world.ts'

const FOLDER = resolve(import.meta.dirname, '../../schemas/events')

test('schemas/events holds what the events are checked by; UPDATE_SCHEMAS=1 writes it', (t) => {
  const files = eventSchemaFiles()
  if (process.env['UPDATE_SCHEMAS']) for (const [name, text] of files) writeFileSync(resolve(FOLDER, name), text)
  t.deepEqual(readdirSync(FOLDER).sort(), [...files.keys()].sort())
  for (const [name, text] of files) t.is(readFileSync(resolve(FOLDER, name), 'utf8'), text, name)
})

test('every event that can be asked for has a schema', (t) => {
  t.deepEqual(Object.keys(EVENT_SCHEMAS).sort(), [...NOTIFICATION_EVENTS, 'webhook.test'].sort())
})

for (const type of Object.keys(EVENT_SCHEMAS) as (keyof typeof EVENT_SCHEMAS)[]) {
  test(`${type}: the published schema names exactly the members that are sent, and requires them`, (t) => {
    const ajv = new Ajv2020({ strict: true })
    formats.default(ajv)
    const schema = JSON.parse(readFileSync(resolve(FOLDER, `${type}.json`), 'utf8'))
    const check = ajv.compile(schema)
    const body = eventExample(type) as Record<string, unknown>
    t.true(check(body), ajv.errorsText(check.errors))
    t.true(check({ ...body, later: 1 }), 'a receiver that validates survives new members')
    t.deepEqual(Object.keys(body), Object.keys(schema.properties))
    t.deepEqual(Object.keys(body['data'] as object), Object.keys(schema.properties.data.properties))
    for (const name of Object.keys(body)) {
      const { [name]: _, ...less } = body
      t.false(check(less), name)
    }
  })
}

test('what is sent for a token without user or grant fits the schema as well', (t) => {
  const {
    user: _user,
    grantId: _grantId,
    code: _code,
    ...event
  } = tokenEvent(Date.now(), { grantType: 'client_credentials' })
  const body = eventBody(event, false)
  t.true(EVENT_SCHEMAS['oauth.token.issued'].safeParse(JSON.parse(body)).success)
})

test('the body of an event is always the same bytes', (t) => {
  const event = tokenEvent(Date.now())
  t.is(eventBody(event, true), eventBody({ ...event }, true))
})

test('without tokens, the five members carry ids that the holder of the token can compute', (t) => {
  const body = JSON.parse(eventBody(tokenEvent(0, { accessToken: 'secret-token' }), false))
  // printf secret-token | openssl dgst -sha256 -binary | head -c16 | base64
  t.is(body.new_oauth_token, 'kwu9xRtq7VwqVnj9bije5w')
  t.is(body.old_refresh_token, '')
})
