// The one door to the house: tab header, language, idempotency key, refusals as `Problem`.
import { lang } from '@/i18n'
import { Problem, problemOf } from './problem'
import { tab } from './tab'

export const BASE = '/api/v1'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Asking {
  /** JSON body. */
  body?: unknown
  /** A body that is not JSON, with its type. */
  raw?: { type: string; data: BodyInit }
  query?: Record<string, string | number | boolean | null | undefined>
  /** Give an order once: sends an Idempotency-Key. */
  once?: boolean
  signal?: AbortSignal
}

type Listener = () => void
let onNoSession: Listener = () => {}

/** Sessions of this tab so far: what was asked in one says nothing about the next. */
let era = 0

/** Called whenever the house says that nobody is signed in. */
export function whenSignedOut(listener: Listener) {
  onNoSession = listener
}
/** Somebody signed in. */
export function newSession() {
  era++
}

/** Random hex; `crypto.randomUUID` is missing on plain http in a house's own network. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

export function url(path: string, query?: Asking['query']): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') words.set(name, String(value))
  }
  const tail = words.toString()
  return BASE + path + (tail ? `?${tail}` : '')
}

export function headers(asking: Asking = {}): Record<string, string> {
  const out: Record<string, string> = { 'X-Hotline-Tab': tab, 'Accept-Language': lang() }
  if (asking.raw) out['Content-Type'] = asking.raw.type
  else if (asking.body !== undefined) out['Content-Type'] = 'application/json'
  if (asking.once) out['Idempotency-Key'] = randomKey()
  return out
}

/** Sends and gives the response of a success; a refusal is thrown as [`Problem`]. */
export async function send(method: Method, path: string, asking: Asking = {}): Promise<Response> {
  const body = asking.raw ? asking.raw.data : asking.body === undefined ? null : JSON.stringify(asking.body)
  const init: RequestInit = { method, headers: headers(asking), body, credentials: 'same-origin', cache: 'no-store' }
  if (asking.signal) init.signal = asking.signal
  const mine = era
  let response: Response
  try {
    response = await fetch(url(path, asking.query), init)
  } catch (error) {
    if (asking.signal?.aborted) throw error
    throw new Problem('unreachable', 0, '', '')
  }
  if (response.ok) return response
  const problem = await problemOf(response)
  if (problem.code === 'no_session' && mine === era) onNoSession()
  throw problem
}

/** Asks and reads JSON; nothing on 204. */
export async function ask<T>(method: Method, path: string, asking: Asking = {}): Promise<T> {
  const response = await send(method, path, asking)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, query?: Asking['query'], signal?: AbortSignal) =>
  ask<T>('GET', path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) })
export const post = <T>(path: string, body: unknown = {}) => ask<T>('POST', path, { body })
/** An order on a call or a state: carried out once, whatever is sent twice. */
export const order = (path: string, body: unknown = {}) => ask<{ status: string }>('POST', path, { body, once: true })
