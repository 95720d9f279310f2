// Orders on a call (the twins of the phone's keys), states, and past calls.
import { get, order, post } from './client'
import type { AgentState } from './board'

export type Outcome =
  | 'on_spot' | 'bridged' | 'handed_over' | 'case_opened' | 'voicemail' | 'abandoned' | 'emergency' | 'invalid' | 'interrupted'

export interface Bring {
  desk?: string
  service?: string
  phone?: string
  mode: 'bridge' | 'consult'
  case?: string
  override_reason?: string
}

const of = (call: string, what: string) => `/calls/${encodeURIComponent(call)}/${what}`

export const bridge = (call: string, bring: Bring) => order(of(call, 'bridge'), bring)
export const merge = (call: string) => order(of(call, 'merge'))
export const drop = (call: string) => order(of(call, 'drop'))
export const leave = (call: string) => order(of(call, 'leave'))
export const hold = (call: string, on: boolean) => order(of(call, 'hold'), { on })
export const mute = (call: string, on: boolean) => order(of(call, 'mute'), { on })
export const survey = (call: string) => order(of(call, 'survey'))
export const emergency = (call: string, service: 110 | 119 | 120 | 122) => order(of(call, 'emergency'), { service })
export const recall = (call: string) => order(of(call, 'recall'))
export const recording = (call: string, on: boolean) => order(of(call, 'recording'), { on })
export const hangUp = (call: string) => order(of(call, 'hang-up'))

// The phone that is meant is told by its staff number: a call may ring several.
export const accept = (call: string, staff: string | null) => order(of(call, 'accept'), staff ? { staff } : {})
export type DeclineReason = 'serving' | 'wrong_window' | 'will_call_back'
export const decline = (call: string, reason: DeclineReason, staff: string | null) =>
  order(of(call, 'decline'), { reason, ...(staff ? { staff } : {}) })
export type Supervising = 'listen' | 'whisper' | 'barge' | 'off'
export const supervise = (call: string, mode: Supervising, staff: string | null) =>
  order(of(call, 'supervise'), { mode, ...(staff ? { staff } : {}) })

export interface OutcomeWords {
  outcome: Outcome
  case?: string
  service?: string
  note?: string
}
export const outcome = (call: string, words: OutcomeWords) => order(of(call, 'outcome'), words)
export const closeDesk = (no: string, until: number | null, reason: string) =>
  order(`/desks/${encodeURIComponent(no)}/closed`, { until, reason })
export const setState = (staff: string, state: AgentState) => order(`/operators/${encodeURIComponent(staff)}/state`, { state })
export const unmask = (call: string, reason: string) => post<{ number: string }>(of(call, 'unmask'), { reason })

export interface CallRecord {
  id: string
  caller_masked: string
  lang: string
  offered_at: number
  answered_at: number | null
  ended_at: number | null
  wait_ms: number
  operator_id: string | null
  operator_name?: string | null
  outcome: Outcome | null
  cause: { zh: string; en: string; reason: string } | null
  case_no: string | null
  urgent: boolean
}
export const pastCalls = (query: { after?: string; limit?: number; from?: number; to?: number; outcome?: string; operator?: string; desk?: string }, signal?: AbortSignal) =>
  get<{ calls: CallRecord[]; next: string | null }>('/calls', query, signal)
