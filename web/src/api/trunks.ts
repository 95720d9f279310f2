// The lines to the world: how each stands, what the doctor says, a test call.
import { get, post } from './client'

export interface Destination {
  to: string
  good: boolean
}

/** How a trunk stands; times in UTC ms. */
export interface TrunkState {
  name: string
  up: boolean
  state: string
  zh: string
  en: string
  since: number
  registered_until: number | null
  last_heard: number | null
  last_status: number | null
  taken: number
  channels: number
  destinations: Destination[]
}

export interface Finding {
  level: string
  zh: string
  en: string
}

/** What the doctor saw, and lines for trunks.toml that would mend it. */
export interface Findings {
  findings: Finding[]
  proposal?: string[]
}

export const trunkStates = (signal?: AbortSignal) => get<{ trunks: TrunkState[] }>('/trunks', {}, signal)
export const examine = (name: string, number?: string) => post<Findings>(`/trunks/${encodeURIComponent(name)}/doctor`, number ? { number } : {})
export const testCall = (name: string, number: string) => post<Findings>(`/trunks/${encodeURIComponent(name)}/test-call`, { number })
