import { WebSocket } from 'ws'

/** Opens WebSockets, a hundred at a time, says so, and keeps them open until it is told to end. */
const [url = '', authorization = '', sockets = '2000'] = process.argv.slice(2)
for (let count = 0; count < Number(sockets); count += 100) {
  await Promise.all(
    Array.from({ length: Math.min(100, Number(sockets) - count) }, () => {
      const socket = new WebSocket(url, { headers: { authorization }, perMessageDeflate: false })
      return new Promise<void>((resolve, reject) => {
        socket.once('message', () => resolve())
        socket.once('open', () => socket.send('hello'))
        socket.once('error', reject)
      })
    }),
  )
}
console.log(JSON.stringify({ url }))
process.once('SIGTERM', () => process.exit(0))
setInterval(() => {}, 1000)
