// What a topic of the mock is made of.

export interface Asked {
  method: string
  path: string
  params: Record<string, string>
  query: URLSearchParams
  text: string
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
  tab: string
  lang: 'zh-CN' | 'en'
  host: string
}

export interface Answer {
  status?: number
  json?: unknown
  raw?: string | Uint8Array
  type?: string
  headers?: Record<string, string>
  /** Server-sent events; returns what ends them. */
  stream?: (send: (event: string, data: unknown) => void) => () => void
}

export type Route = [method: string, pattern: string, handle: (asked: Asked) => Answer | Promise<Answer>]

export const json = (value: unknown, status = 200): Answer => ({ status, json: value })
export const done: Answer = { json: { status: 'done' } }
export const refuse = (status: number, code: string, zh: string, en: string, more: object = {}) => (asked: Asked): Answer => ({
  status,
  json: { code, title: code, detail: asked.lang === 'en' ? en : zh, ...more },
})
