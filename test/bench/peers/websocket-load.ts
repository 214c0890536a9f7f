import { WebSocket } from 'ws'

/** Opens WebSockets and has messages go round on each of them, again and again; prints how many came back per second. */
const [url = '', authorization = '', sockets = '32', seconds = '5', atOnce = '16', size = '64'] = process.argv.slice(2)
const message = Buffer.alloc(Number(size), 'x')
const open = await Promise.all(
  Array.from({ length: Number(sockets) }, () => {
    const socket = new WebSocket(url, { headers: { authorization }, perMessageDeflate: false })
    return new Promise<WebSocket>((resolve, reject) => {
      socket.once('open', () => resolve(socket))
      socket.once('error', reject)
      socket.once('unexpected-response', (_, response) => reject(new Error(`answered ${response.statusCode}`)))
    })
  }),
)
let count = 0
for (const socket of open) {
  socket.on('message', () => {
    count++
    socket.send(message)
  })
  for (let sent = 0; sent < Number(atOnce); sent++) socket.send(message)
}
await new Promise((resolve) => setTimeout(resolve, 1000))
count = 0
const began = performance.now()
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
console.log(JSON.stringify({ perSecond: Math.round((count / (performance.now() - began)) * 1000) }))
process.exit(0)
