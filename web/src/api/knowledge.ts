// The information base as the operator asks it while talking.
import { get, post } from './client'

export interface Hit {
  id: string
  title: string
  snippet: string
  service: string | null
  service_name: string | null
  desks: string[]
  updated_at: number
  source: string
  score: number
  why: string
}

export interface Entry {
  id: string
  title: string
  body: string
  service: string | null
  service_name: string | null
  desks: string[]
  keywords: string[]
  updated_at: number
  source: string
}

export const search = (q: string, call: string | null, signal?: AbortSignal, limit = 20) =>
  get<{ took_us: number; hits: Hit[] }>('/knowledge', { q, call, limit }, signal)
export const entry = (id: string, signal?: AbortSignal) => get<Entry>(`/knowledge/${encodeURIComponent(id)}`, {}, signal)
export const opened = (id: string, call: string | null) =>
  post<void>(`/knowledge/${encodeURIComponent(id)}/opened`, call ? { call } : {})

export interface Service {
  code: string
  name: string
  desks: string[]
}
export const services = (q: string, signal?: AbortSignal) => get<{ services: Service[] }>('/services', { q }, signal)
