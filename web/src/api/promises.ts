// What was promised and how it goes: clocks, hand-overs, echoes, persons' asks, escalations, missed calls.
import { get, post } from './client'

export type What = 'handover' | 'callback' | 'check' | 'echo1' | 'work' | 'echo2' | 'echo3' | 'urgent' | 'missed_call'
export type Ending = 'kept' | 'missed' | 'void'
export type Proof = 'claimed' | 'proven'

export interface Next {
  what: What
  due_at: number
  /** Can still move: the year's notice is not loaded. */
  provisional: boolean
  /** From when it counts, when the house says it. */
  from_at?: number
}

export interface CasePromise extends Next {
  /** Its row in the list of promises. */
  row: number
  from_at: number
  ended_at: number | null
  ending: Ending | null
  /** Of a missed or void one. */
  why: string | null
  why_zh?: string | null
  why_en?: string | null
  proof: Proof | null
  /** The call that proves it. */
  call: string | null
  /** Missed, done afterwards. */
  late_at: number | null
  /** The citizen contradicts it. */
  disputed: boolean
}

export interface Handover {
  case_no: string
  title: string
  kind: string
  unit: string
  unit_name: string
  no: number
  round: number
  planned_at: number
  made_at: number | null
  received_at: number | null
  received_by: string | null
  channel: 'keys' | 'operator' | null
  refused_at: number | null
  refuse_reason: string | null
  urgent: boolean
  case_state: string
  call_back: { due_at: number; ended_at: number | null; ending: Ending | null; proof: Proof | null } | null
  work_due_at: number | null
  may_connect: boolean
}

export interface Echo {
  round: number
  no: number
  due_at: number
  at: number | null
  method: 'phone' | 'face' | 'written' | null
  told_by: string | null
  promised_due: number | null
  proof: Proof | null
  call: string | null
}

export interface Extension {
  no: number
  round: number
  asked_at: number
  days: number
  reason: string
  answered_at: number | null
  /** Days that were granted; nothing: refused, or not answered yet. */
  granted: number | null
  answer_reason: string | null
}

export interface Ask {
  case_no: string | null
  call: string | null
  what: 'check' | 'echo3' | 'missed_call'
  since: number
  tries: number
  title: string
  unit_name: string
  applicant_masked: string
}

export interface BadScore {
  /** The case, or the call right after which it was given. */
  case_no: string | null
  call?: string | null
  at: number
  what: string
  score: number | null
  /** What tells of it: seen once somebody has followed up. */
  escalation?: string
  title: string
  unit_name: string
}

export interface Escalation {
  id: string
  at: number
  reader: string
  news: string
  news_zh?: string
  news_en?: string
  case_no: string | null
  owner: string
  unit: string | null
  unit_name: string | null
  seen_at: number | null
  seen_by: string | null
}

export interface CallBack {
  call: string
  number_masked: string
  because: 'missed' | 'asked' | 'cut_off'
  since: number
  due_at: number | null
  state: 'new' | 'calls' | 'person' | 'joined' | 'settled'
  tries: number
  ended_at: number | null
  ending: Ending | null
  calls: string[]
}

export interface Unit {
  code: string
  name: string
}

export const units = () => get<{ units: Unit[] }>('/units')
export const handovers = (query: { state?: 'open' | 'all'; unit?: string; before?: string; limit?: number }, signal?: AbortSignal) =>
  get<{ handovers: Handover[]; next: string | null }>('/handovers', query, signal)
export const followUps = (signal?: AbortSignal) => get<{ asks: Ask[]; bad: BadScore[] }>('/followups', {}, signal)
/** Most lines of one answer. */
const MOST = 200
export const escalations = (all: boolean, signal?: AbortSignal) => get<{ escalations: Escalation[] }>('/escalations', { limit: MOST, ...(all ? { all } : {}) }, signal)
export const seen = (id: string) => post<void>(`/escalations/${encodeURIComponent(id)}/seen`)
export const callBacks = (query: { state?: 'open' | 'all'; before?: string }, signal?: AbortSignal) =>
  get<{ callbacks: CallBack[]; next: string | null }>('/callbacks', { limit: MOST, ...query }, signal)
/** A person has reached the citizen of a missed call. */
export const reached = (call: string) => post<void>(`/callbacks/${encodeURIComponent(call)}/reached`)
