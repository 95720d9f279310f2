// Cases: create, attach, find, read, every step of the promise clock; and what the same caller brought before.
import { ask, get, post } from './client'
import type { Outcome } from './calls'
import type { CasePromise, Echo, Extension, Handover, Next } from './promises'

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
  /** From 1; 2 when it is done again. */
  round?: number
  /** The open promise that is due next. */
  next?: Next | null
  supervised?: boolean
  /** It stands in the ledger of blocked matters. */
  blocked?: boolean
  /** Working days that the unit asked for and nobody has decided about. */
  extension?: number | null
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

/** A line of its history: a note of a person, or a fact of the promise clock (`kind` and `name=value` pairs in `what`). */
export interface CaseLog {
  at: number
  who: string
  what: string
  text?: string
  no?: number
  kind?: string
  source?: 'log' | 'fact'
}

export type Asking = 'nobody' | 'calls' | 'person'

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
  promises: CasePromise[]
  handovers: Handover[]
  echoes: Echo[]
  extensions: Extension[]
  /** Who asks the citizen: our calls, a person instead of them, or nobody now. */
  check: Asking
  echo3: Asking
  /** Steps that this reader may take now. */
  steps: Step[]
}

export type Step =
  | 'settle_on_spot' | 'settle_three_way' | 'archive' | 'hand_over' | 'reassign' | 'received' | 'returned' | 'called_back' | 'echo1' | 'echo2'
  | 'ask_extension' | 'answer_extension' | 'reported' | 'checked' | 'asked' | 'give_up' | 'decided' | 'merge' | 'flag'

export interface StepForm {
  step: Step
  unit?: string
  staff?: string
  reason?: string
  method?: string
  until?: number
  days?: number | null
  first?: boolean
  second?: boolean
  score?: number
  into?: string
  flag?: string
  on?: boolean
}

export interface EarlierCall {
  id: string
  offered_at: number
  outcome: Outcome | null
  operator: string | null
  operator_name?: string | null
  duration_ms: number
}

export interface WhichCases {
  q?: string
  state?: string
  unit?: string
  desk?: string
  urgent?: boolean
  supervised?: boolean
  blocked?: boolean
  overdue?: boolean
  open?: boolean
  order?: 'due'
  before?: string
  limit?: number
}

/** A page with everything in it: a house that knows no promises of a case says nothing of them. */
const whole = (page: CasePage): CasePage => {
  const none = { promises: [], handovers: [], echoes: [], extensions: [], steps: [], check: 'nobody', echo3: 'nobody' } as const
  return { ...none, ...page } as CasePage
}
const of = (no: string, more = '') => `/cases/${encodeURIComponent(no)}${more}`

export const createCase = (fields: NewCase) =>
  ask<{ no: string; query_code: string }>('POST', '/cases', { body: fields, once: true })
export const findCases = (query: WhichCases, signal?: AbortSignal) => get<{ cases: CaseLine[]; next: string | null }>('/cases', { ...query }, signal)
export const oneCase = async (no: string, signal?: AbortSignal) => whole(await get<CasePage>(of(no), {}, signal))
export const noteCase = (no: string, text: string) => post<void>(of(no, '/note'), { text })
export const attachCall = (no: string, call: string) => post<void>(of(no, '/attach'), { call })
/** Takes a step; answers the case as it is then. */
export const takeStep = async (no: string, form: StepForm) => whole(await ask<CasePage>('POST', of(no, '/step'), { body: form, once: true }))
/** Rings the own phone, then the citizen. */
export const connectNow = (no: string) => ask<{ call: string }>('POST', of(no, '/connect'), { body: {}, once: true })
export const earlier = (call: string, signal?: AbortSignal) =>
  get<{ cases: CaseLine[]; calls: EarlierCall[] }>(`/calls/${encodeURIComponent(call)}/earlier`, {}, signal)
export const unmaskCase = (no: string, reason: string) => post<{ name: string; phone: string }>(of(no, '/unmask'), { reason })
