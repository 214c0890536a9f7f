// Receives notifications and verifies them with the npm package `standardwebhooks`.
//
//     npm i standardwebhooks
//     WEBHOOK_SECRET=step-on-shared-secret node examples/receiver/receiver.mjs 3002
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const LIMIT = 1_000_000 // bytes
const seen = new Set() // in real life a unique column of your database

/** The package takes base64, with or without `whsec_`; any other secret is used as its UTF-8 bytes. */
const webhookOf = (secret) =>
  new Webhook(secret.startsWith('whsec_') ? secret : Buffer.from(secret, 'utf8').toString('base64'))

const webhooks = (process.env.WEBHOOK_SECRET ?? '').split(' ').map(webhookOf)

/** The event of a genuine notification; throws for any other. */
function verify(headers, body) {
  let failure = new Error('no secret to verify by')
  for (const webhook of webhooks) {
    try {
      return webhook.verify(body, headers) // checks the timestamp as well: at most five minutes away
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const server = createServer(async (request, response) => {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > LIMIT) return response.writeHead(413).end()
    chunks.push(chunk)
  }
  try {
    const event = verify(request.headers, Buffer.concat(chunks).toString())
    const id = String(request.headers['webhook-id'])
    console.log(`${id}: ${seen.has(id) ? 'again' : event.type}`)
    seen.add(id)
    response.writeHead(204).end()
  } catch (error) {
    console.log(`refused: ${error.message}`)
    response.writeHead(401).end()
  }
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  console.log(`Notifications are received at http://127.0.0.1:${server.address().port}/`)
})
