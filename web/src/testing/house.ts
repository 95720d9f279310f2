// A house that answers when the test says so, in whatever order; also what was broken off: an abort may come too late.
import { afterEach, vi } from 'vitest'
import { settled } from './mount'

export interface Question {
  method: string
  /** Path and query below the API's root. */
  path: string
  body: unknown
  signal: AbortSignal | null
  /** Answers, and waits until the page has taken it. */
  answer: (json: unknown, status?: number) => Promise<void>
  /** The connection breaks. */
  fail: () => Promise<void>
}

/** What the page asks from now on, in the order asked. */
export function house(): Question[] {
  const asked: Question[] = []
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => new Promise<Response>((take, refuse) => {
    asked.push({
      method: init.method ?? 'GET',
      path: path.replace('/api/v1', ''),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
      signal: init.signal ?? null,
      async answer(json, status = 200) {
        take(new Response(JSON.stringify(json), { status, headers: { 'Content-Type': 'application/json' } }))
        await settled()
      },
      async fail() {
        refuse(new TypeError('network'))
        await settled()
      },
    })
  }))
  return asked
}
afterEach(() => vi.unstubAllGlobals())
