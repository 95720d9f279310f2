// The built app as the house serves it: same policy, /api handed on to the mock.
import { createReadStream, existsSync, statSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.wasm': 'application/wasm' }

// Sockets that are kept may be closed by the other end just when they are used again.
const fresh = new Agent({ keepAlive: false })

/** `more`: a port of its own, and further addresses that the page may connect to. */
export async function serveBuilt(mock, more = {}) {
  const api = new URL(mock)
  const policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "style-src-attr 'unsafe-inline'", "img-src 'self' data: blob:", "media-src 'self' blob:",
    "font-src 'self'", `connect-src 'self' ws://${api.host} ${more.connect ?? ''}`, "worker-src 'self' blob:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
  ].join('; ')
  const server = createServer((incoming, answer) => {
    const path = new URL(incoming.url, 'http://x').pathname
    if (path.startsWith('/api/')) {
      const onward = request({ agent: fresh, host: api.hostname, port: api.port, path: incoming.url, method: incoming.method, headers: { ...incoming.headers, host: api.host } }, (back) => {
        answer.writeHead(back.statusCode, back.headers)
        back.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      answer.on('close', () => onward.destroy())
      return incoming.pipe(onward)
    }
    const file = join(DIST, normalize(path === '/' ? '/index.html' : path))
    if (!file.startsWith(DIST) || !existsSync(file) || !statSync(file).isFile()) return answer.writeHead(404).end()
    // Names of assets hold their hash: as the house, they are read and compiled once.
    const keep = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'cache-control': keep, 'content-security-policy': policy, 'permissions-policy': 'microphone=(self)' })
    createReadStream(file).pipe(answer)
  })
  server.keepAliveTimeout = 600_000
  await new Promise((done) => server.listen(more.port ?? 0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.closeAllConnections() ?? server.close() }
}
