import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian puts the modules of nginx. */
export const NGINX_MODULES = '/usr/lib/nginx/modules'

/** Names of the programs that are missing on this machine, of those that a part of the benchmark needs. */
export function missingPackages(): readonly string[] {
  return [
    ...(isOnPath('wrk') ? [] : ['wrk']),
    ...(isOnPath('redis-server') ? [] : ['redis-server']),
    ...(isOnPath('nginx') ? [] : ['nginx-light']),
    ...(existsSync(join(NGINX_MODULES, 'ngx_http_lua_module.so')) ? [] : ['libnginx-mod-http-lua']),
  ]
}

function isOnPath(program: string): boolean {
  // Debian keeps nginx where only administrators look.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false // not here
    }
  })
}
