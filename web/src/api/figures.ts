// Figures, monthly notices, files to take away, and the subscribers of events.
import { ask, get, post, send } from './client'
import type { What } from './promises'

/** So many (`part`) of so many (`whole`). */
export interface Share {
  whole: number
  part: number
}
export interface Tally {
  made: number
  kept: number
  missed: number
  void: number
}
export interface FigureDay {
  day: string
  on_time: Share
  satisfied: Share
  within_15: Share
  on_spot: Share
}
export interface Figures {
  promises: (Tally & { what: What; row: number })[]
  on_time: Share
  reply: Share
  satisfied: Share
  on_spot: Share
  within_15: Share
  within_30: Share
  desks: Share
  reachable: Share
  last_24h: Share & { goal_permille: number }
  by_day: FigureDay[]
}
export const figures = (query: { from?: number; to?: number; unit?: string }) => get<Figures>('/figures', query)

export type Stage = 'planned' | 'draft' | 'signed' | 'sent'
export interface Notice {
  /** `2026-11`: the month that it is about. */
  month: string
  unit: string
  unit_name: string
  stage: Stage
  made_at: number | null
  edited_by: string | null
  signed_by: string | null
  sent_by: string | null
}
export interface MonthShares {
  on_time: Share
  reply: Share
  satisfied: Share
  reachable: Share
}
export interface NoticeFigures extends MonthShares {
  calls: number
  cases: number
  handovers: number
  received_in_time: number
  work: Tally
  echo1: Tally
  echo2: Tally
  echo3: Tally
  extensions: number
  redo: number
  kinds: { kind: string; count: number }[]
  services: { code: string; name: string; count: number }[]
  by_day: { day: string; cases: number }[]
  /** The month before; nothing in the first. */
  before: Partial<MonthShares> | null
}
export interface NoticeTexts {
  work: string
  problems: string
  advice: string
}
export type NoticePage = Notice & NoticeTexts & { figures: NoticeFigures | null }

const of = (month: string, unit: string, more = '') => `/notices/${encodeURIComponent(month)}/${encodeURIComponent(unit)}${more}`
export const notices = (month: string) => get<{ notices: Notice[] }>('/notices', { month })
export const notice = (month: string, unit: string) => get<NoticePage>(of(month, unit))
export const editNotice = (month: string, unit: string, texts: NoticeTexts) => ask<void>('PUT', of(month, unit), { body: texts })
export const signNotice = (month: string, unit: string) => post<void>(of(month, unit, '/sign'))
export const sentNotice = (month: string, unit: string) => post<void>(of(month, unit, '/sent'))
export async function noticeFile(month: string, unit: string, kind: 'html' | 'pdf'): Promise<Blob> {
  return (await send('GET', of(month, unit, `/${kind}`))).blob()
}

export type Exported = 'calls' | 'cases' | 'handovers' | 'callbacks' | 'followups'
export async function exportFile(what: Exported, kind: 'csv' | 'xlsx', query: { from?: number; to?: number }): Promise<Blob> {
  return (await send('GET', `/exports/${what}.${kind}`, { query })).blob()
}

export interface Webhook {
  name: string
  host: string
  types: string[]
  /** The last event that it has taken. */
  acked: number
  /** The last event there is. */
  head: number
  waiting: number
  tries: number
  next_at: number | null
  last_at: number | null
  last_error: string | null
  refused: number
}
export const webhooks = () => get<{ webhooks: Webhook[] }>('/webhooks')
/** Sends again from this event on. */
export const replay = (name: string, from: number) => post<void>(`/webhooks/${encodeURIComponent(name)}/replay`, { from })
