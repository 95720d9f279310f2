// The configuration: as published, the draft, its rehearsal, its versions (contract section 6).
import { ask, get, post } from './client'
import type { Model, Plain } from './model'

/** A step of a way inside a file: a key, a 0-based index, or the element of a list that has these values. */
export type Step = string | number | Record<string, string>

/** One edit of the draft; comments of the file stay. */
export interface Edit {
  file: string
  at: Step[]
  op: 'set' | 'remove' | 'insert'
  value?: Plain
}

/** What is wrong, where, and what to do. Line and column from 1. */
export interface Fault {
  file: string
  line: number
  column?: number
  severity: 'error' | 'warning'
  zh: string
  en: string
  suggestion?: { zh: string; en: string } | string
}

export interface FileDiff {
  file: string
  unified: string
}

export interface FileText {
  name: string
  text: string
}

/** Who has a draft, since when, on which version; stale: the files changed meanwhile. */
export interface DraftState {
  by: string
  since: number
  based_on: string
  stale: boolean
}

export interface Config {
  version: string
  author: string
  at: number
  comment: string
  draft: DraftState | null
  files: FileText[]
  model: Model
  faults?: Fault[]
  diff?: FileDiff[]
  rehearsed?: { ok: boolean; at: number } | null
}

/** What came of an edit. */
export interface Edited {
  faults: Fault[]
  diff: FileDiff[]
}

/** A way through the house that ends nowhere. */
export interface OpenEnd {
  zh: string
  en: string
  at: number
  number: string
  keys: string
}

export interface Differing {
  call: string
  offered_at: number
  was: Telling
  would: Telling
}

/** Words in both languages, or one text for both. */
export type Telling = string | { zh: string; en: string }

export interface Rehearsal {
  ok: boolean
  faults: Fault[]
  /** `open_ends`: the first ones; `open`: how many in all. */
  proof: { paths: number; minutes: number; desks: number; open_ends: OpenEnd[]; open?: number }
  /** `differ`: the first ones; `differing`: how many in all; `guessed`: calls whose keys, never stored, were guessed. */
  replay: { calls: number; same: number; guessed?: number; differ: Differing[]; differing?: number }
  took_ms: number
}

export interface Progress {
  running: boolean
  /** 0 to 1. */
  share: number
  result: Rehearsal | null
}

export interface Version {
  id: string
  at: number
  author: string
  comment: string
  hash: string
}

export interface VersionPage extends Version {
  diff: FileDiff[]
}

/** How windows behave in a path that is tried. */
export const BEHAVIOURS = ['accepts', 'busy', 'no_answer', 'declines', 'absent', 'closed'] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

/** A path to try: who calls whom, when, with which keys. */
export interface Question {
  to?: string
  from?: string
  /** UTC ms. */
  at: number
  /** A comma waits until the next question is being asked: `2,037#,1`. */
  keys?: string
  desk?: Behaviour
  /** Staff numbers or phones; `operators`: all of them. */
  absent?: string[]
  /** Windows that are shut, three digits each. */
  closed?: string[]
  draft?: boolean
}

export interface RouteStep {
  /** UTC ms. */
  at_ms: number
  zh: string
  en: string
  why_zh?: string
  why_en?: string
}

export interface Route {
  steps: RouteStep[]
  end: { zh: string; en: string }
  /** What the reader should know about the play itself. */
  notes?: { zh: string; en: string }[]
}

export type DayKind = 'work' | 'rest' | 'holiday' | 'make_up'

export interface Day {
  /** `2026-10-01` */
  date: string
  kind: DayKind
  name?: string
}

export interface Year {
  year: number
  /** The State Council's notice is loaded; else statutory days stand in. */
  noticed?: boolean
  days: Day[]
}

const seg = encodeURIComponent

export const readConfig = (draft = false) => get<Config>('/config', draft ? { draft: true } : {})
export const beginDraft = (takeOver = false) => post<unknown>('/config/draft', takeOver ? { take_over: true } : {})
export const discardDraft = () => ask<void>('DELETE', '/config/draft')
export const editDraft = (edits: Edit[]) => ask<Edited>('PATCH', '/config/draft', { body: { edits } })
export const putFile = (name: string, text: string) => ask<Edited>('PUT', `/config/draft/files/${seg(name)}`, { body: { text } })
export const rehearse = () => post<Rehearsal>('/config/draft/rehearse')
export const cancelRehearsal = () => ask<void>('DELETE', '/config/draft/rehearsal')
export const rehearsalProgress = () => get<Progress>('/config/draft/rehearsal')
export const publishDraft = (comment: string) => post<{ version: string }>('/config/draft/publish', { comment })
export const versions = (signal?: AbortSignal) => get<{ versions: Version[] }>('/config/versions', {}, signal)
export const version = (id: string, signal?: AbortSignal) => get<VersionPage>(`/config/versions/${seg(id)}`, {}, signal)
export const restoreVersion = (id: string, comment: string) => post<{ version: string }>(`/config/versions/${seg(id)}/restore`, { comment })
export const tryRoute = (question: Question) => post<Route>('/rehearsal/route', question)
export const yearOf = (year: number, signal?: AbortSignal) => get<Year>(`/calendar/${year}`, {}, signal)
