import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { NGINX_MODULES } from './requirements.ts'
import { type ServerProcess, startNginx } from './server-process.ts'

/** The answer that every contender has to fetch. */
export const ANSWER = '{"user":"clark","days":[{"date":"2026-03-01","count":7421},{"date":"2026-03-02","count":11980}]}'

/** nginx with one worker that answers from memory: an upstream that is nobody's bottleneck. */
export async function startUpstream(folder: string): Promise<ServerProcess> {
  const port = await freePort()
  const server = `server { listen 127.0.0.1:${port}; default_type application/json; return 200 '${ANSWER}'; }`
  return startNginx('upstream', configuration(folder, 'upstream', '', server), `http://127.0.0.1:${port}`)
}

export interface LuaToken {
  readonly token: string
  readonly client: string
  readonly user: string
  readonly scope: string
}

/**
 * nginx that checks a token as Gatehouse does: looks it up in a shared dictionary, sees that it is alive and has the
 * scope, replaces identity headers, and forwards over kept-alive connections.
 */
export async function startLua(folder: string, upstream: string, known: LuaToken): Promise<ServerProcess> {
  const port = await freePort()
  const record = `${known.client}|${known.user}|${Math.floor(Date.now() / 1000) + 3600}|${known.scope}`
  const http = `
    lua_shared_dict tokens 1m;
    init_by_lua_block { ngx.shared.tokens:set("${known.token}", "${record}") }
    upstream stepon { server ${new URL(upstream).host}; keepalive 64; }`
  const server = `server {
      listen 127.0.0.1:${port};
      location /stepon/ {
        access_by_lua_block { ${LUA} }
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Request-Id $request_id;
        proxy_pass http://stepon/;
      }
    }`
  return startNginx('nginx + Lua', configuration(folder, 'lua', http, server), `http://127.0.0.1:${port}`)
}

const LUA = `
  local header = ngx.var.http_authorization
  local token = header and header:match("^[Bb]earer (.+)$")
  local record = token and ngx.shared.tokens:get(token)
  if not record then ngx.header["WWW-Authenticate"] = "Bearer"; return ngx.exit(401) end
  local client, user, expires, scope = record:match("^([^|]*)|([^|]*)|([^|]*)|(.*)$")
  if tonumber(expires) <= ngx.now() then return ngx.exit(401) end
  if not (" " .. scope .. " "):find(" step_counts ", 1, true) then return ngx.exit(403) end
  ngx.req.clear_header("X-Consumer-Id")
  ngx.req.clear_header("X-Consumer-Username")
  ngx.req.clear_header("X-Anonymous-Consumer")
  ngx.req.set_header("X-Authenticated-Userid", user)
  ngx.req.set_header("X-Authenticated-Scope", scope)
  ngx.req.set_header("X-Credential-Identifier", client)`

function configuration(folder: string, name: string, http: string, server: string): string {
  const place = join(folder, name)
  mkdirSync(join(place, 'tmp'), { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const file = join(place, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${place}/nginx.pid; error_log ${place}/error.log error;
${http.includes('lua_') ? `load_module ${NGINX_MODULES}/ndk_http_module.so;\nload_module ${NGINX_MODULES}/ngx_http_lua_module.so;` : ''}
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 60s;
  ${temporary.map((one) => `${one}_temp_path ${place}/tmp/${one};`).join(' ')}
  ${http}
  ${server}
}
`,
  )
  return file
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
