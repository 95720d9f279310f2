// One call on one page: ladder, seats, sound, decisions (contract section 7). Every look and download is recorded.
import { get, send } from './client'
import type { CallRecord } from './calls'

/** Why something ended, in words, and what to change. */
export interface Verdict {
  side: string
  reason: string
  sip_status: number
  q850_cause: number
  zh: string
  en: string
  advice_zh: string
  advice_en: string
}

/** One line of a call's time line. */
export interface CallEvent {
  call_id: string
  seq: number
  at: number
  kind: string
  leg: number | null
  actor: string
  cause: Verdict | null
  detail: string
}

/** The call's whole row. */
export interface BoxCall extends CallRecord {
  direction: string
  did: string
  trunk: string | null
  phone: string | null
  sip_call_id: string
  diverted_masked: string
  config_version: string
  notice_played_at: number | null
  queue_ms: number
}

export interface BoxVerdict {
  zh: string
  en: string
  advice_zh?: string
  advice_en?: string
}

/** A SIP message as it went from one party to another; text is masked by the server. */
export interface Message {
  at: number
  from: string
  to: string
  line: string
  text: string
}

export interface Ladder {
  parties: string[]
  messages: Message[]
}

export interface Span {
  state: string
  from: number
  to: number | null
}

export interface SeatTime {
  leg: number
  seat: string
  party_ref: string
  /** The person's name, else as `party_ref`. */
  name?: string
  desk_name?: string | null
  from: number
  to: number | null
  spans: Span[]
}

export interface Decision {
  at: number
  zh: string
  en: string
  config_version: string
}

export interface Digit {
  at: number
  leg: number | null
  mode?: string
  key: string
}

export interface QualitySample {
  at: number
  loss: number
  jitter_ms: number
  mos: number | null
}

export interface Quality {
  leg: number
  codec: string
  loss: number
  jitter_ms: number
  mos: number | null
  /** There and back, ms; what the far end lost of ours, and how it scored us, by its own reports. */
  round_trip_ms?: number | null
  far_loss?: number | null
  far_mos?: number | null
  /** RTP packets that came, and that we sent. */
  packets_in?: number | null
  packets_out?: number | null
  /** What is wrong with the sound. */
  fault_zh?: string | null
  fault_en?: string | null
  samples?: QualitySample[]
}

export interface BoxRecording {
  no: number
  kind: string
  leg: number | null
  tracks: string[]
  started_at: number
  duration_ms: number | null
  url: string
}

export interface Box {
  call: BoxCall
  verdict: BoxVerdict
  ladder: Ladder
  seats: SeatTime[]
  events: CallEvent[]
  decisions: Decision[]
  digits_masked: Digit[]
  quality: Quality[]
  recordings: BoxRecording[]
  exports: { pcap?: string | boolean | null; vcon?: string | boolean | null; wav?: string | boolean | null }
}

export interface Peaks {
  per_second: number
  tracks: { name: string; peaks: number[] }[]
}

const at = (call: string) => `/calls/${encodeURIComponent(call)}`

export const box = (call: string, signal?: AbortSignal) => get<Box>(`${at(call)}/box`, {}, signal)
export const peaks = (call: string, no: number, signal?: AbortSignal) => get<Peaks>(`${at(call)}/peaks/${no}`, {}, signal)

/** The sound of one recording; the reason stands in the record of accesses. */
export async function sound(call: string, no: number, reason: string): Promise<Blob> {
  return (await send('GET', `${at(call)}/recordings/${no}`, { query: { reason } })).blob()
}

/** A file to keep: the SIP messages as capture, the whole call as vCon. */
export async function exported(call: string, kind: 'pcap' | 'vcon'): Promise<Blob> {
  return (await send('GET', `${at(call)}/${kind}`)).blob()
}
