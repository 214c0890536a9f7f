import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'

/** `@fastify/http-proxy` as its documentation shows it: it forwards, and checks nothing. */
const server = fastify()
await server.register(httpProxy, { upstream: process.argv[2] ?? '', prefix: '/stepon' })
const url = await server.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ url }))
