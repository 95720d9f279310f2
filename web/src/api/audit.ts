// Who did what, when, from where: lines that nobody can change.
import { get } from './client'

export interface AuditLine {
  id: number | string
  at: number
  who: string
  role: string
  what: string
  target: string
  from: string
  detail: string
}

export interface AuditAsk {
  who?: string
  what?: string
  since?: number
  before?: number | string
  limit?: number
}

export interface AuditPage {
  lines: AuditLine[]
  next: number | string | null
}

export const audit = (which: AuditAsk, signal?: AbortSignal) => get<AuditPage>('/audit', { ...which }, signal)
