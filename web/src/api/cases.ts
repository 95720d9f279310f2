// Cases: create, attach, find; and what the same caller brought before.
import { ask, get, post } from './client'
import type { Outcome } from './calls'

export interface CaseLine {
  no: string
  kind: string
  title: string
  state: string
  unit: string
  unit_name: string
  received_at: number
  due_at: number | null
  urgent: boolean
  applicant_masked: string
}

export interface NewCase {
  call?: string
  kind: string
  track: string
  category?: string
  service?: string
  unit?: string
  title: string
  content: string
  place?: string
  applicant_name?: string
  applicant_phone?: string
  confidential: boolean
  anonymous: boolean
  urgent: boolean
}

export interface CaseLog {
  at: number
  who: string
  what: string
  text?: string
}

export interface CasePage extends CaseLine {
  track: string
  category?: string | null
  service?: string | null
  service_name?: string | null
  content: string
  place?: string | null
  confidential: boolean
  anonymous: boolean
  log: CaseLog[]
  calls: { id: string; offered_at: number }[]
}

export interface EarlierCall {
  id: string
  offered_at: number
  outcome: Outcome | null
  operator: string | null
  operator_name?: string | null
  duration_ms: number
}

export const createCase = (fields: NewCase) =>
  ask<{ no: string; query_code: string }>('POST', '/cases', { body: fields, once: true })
export const findCases = (query: { q?: string; state?: string; unit?: string; desk?: string; limit?: number }) =>
  get<{ cases: CaseLine[]; next: string | null }>('/cases', query)
export const oneCase = (no: string) => get<CasePage>(`/cases/${encodeURIComponent(no)}`)
export const noteCase = (no: string, text: string) => post<void>(`/cases/${encodeURIComponent(no)}/note`, { text })
export const attachCall = (no: string, call: string) => post<void>(`/cases/${encodeURIComponent(no)}/attach`, { call })
export const earlier = (call: string) =>
  get<{ cases: CaseLine[]; calls: EarlierCall[] }>(`/calls/${encodeURIComponent(call)}/earlier`)
