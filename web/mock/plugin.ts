// The house's interface from fixtures while developing: `npm run dev` without a house. Never part of a build.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin, ViteDevServer } from 'vite'
import type { Answer, Asked, Route } from './types'

const TOPICS = fileURLToPath(new URL('./topics', import.meta.url))
const BASE = '/api/v1'

function matches(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/')
  const have = path.split('/')
  if (want.length !== have.length) return null
  const params: Record<string, string> = {}
  for (const [n, part] of want.entries()) {
    const word = decodeURIComponent(have[n] ?? '')
    if (part.startsWith(':')) params[part.slice(1)] = word
    else if (part !== word) return null
  }
  return params
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

/** Every file of topics/ exports `routes`; a new topic is a new file. */
async function routes(server: ViteDevServer): Promise<Route[]> {
  const files = readdirSync(TOPICS).filter((name) => name.endsWith('.ts')).sort()
  const modules = await Promise.all(files.map((name) => server.ssrLoadModule(`/mock/topics/${name}`)))
  return modules.flatMap((m) => m['routes'] as Route[])
}

function reply(response: ServerResponse, answer: Answer) {
  if (answer.stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const end = answer.stream((event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
    response.on('close', end)
    return
  }
  const status = answer.status ?? 200
  const json = answer.raw === undefined
  const type = answer.type ?? (status >= 400 ? 'application/problem+json' : 'application/json')
  const body = json && status >= 400 ? { status, type: '/docs', title: '', ...(answer.json as object) } : answer.json
  response.writeHead(status, { 'content-type': type, ...answer.headers })
  response.end(json ? (body === undefined ? '' : JSON.stringify(body)) : answer.raw)
}

export function mock(): Plugin {
  return {
    name: 'hotline-mock',
    apply: 'serve',
    configureServer(server) {
      if (process.env['VITEST']) return
      void server.ssrLoadModule('/mock/sip.ts').then((m) => (m['listen'] as (s: ViteDevServer['httpServer']) => void)(server.httpServer))
      server.middlewares.use(BASE, (request, response) => {
        void (async () => {
          const url = new URL(request.url ?? '/', 'http://mock')
          const text = await read(request)
          const type = String(request.headers['content-type'] ?? '')
          const asked: Asked = {
            method: request.method ?? 'GET',
            path: url.pathname,
            params: {},
            query: url.searchParams,
            text,
            body: type.includes('json') && text ? JSON.parse(text) : {},
            tab: String(request.headers['x-hotline-tab'] ?? 'main'),
            lang: String(request.headers['accept-language'] ?? '').startsWith('en') ? 'en' : 'zh-CN',
            host: String(request.headers.host ?? ''),
          }
          for (const [method, pattern, handle] of await routes(server)) {
            const params = method === asked.method ? matches(pattern, url.pathname) : null
            if (params) return reply(response, await handle({ ...asked, params }))
          }
          reply(response, { status: 404, json: { code: 'no_such_path', detail: `mock: ${asked.method} ${asked.path}` } })
        })().catch((error: unknown) => {
          console.error(error)
          reply(response, { status: 500, json: { code: 'internal', detail: String(error) } })
        })
      })
    },
  }
}
