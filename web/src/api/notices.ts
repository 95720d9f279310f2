// The monthly notices to the heads of the units: figures of the house, texts of a person, signed, sent.
import { lang } from '@/i18n'
import { ask, get, send } from './client'
import type { Share, Tally } from './figures'

export type Stage = 'planned' | 'draft' | 'signed' | 'sent'

export interface NoticeLine {
  /** `2026-10`: the month that it is about. */
  month: string
  unit: string
  unit_name: string
  stage: Stage
  made_at: number | null
  /** How often its texts were changed: an edit and the signature name what was read. */
  revision: number
  edited_by: string | null
  signed_by: string | null
  sent_by: string | null
}

/** The shares that are told beside those of the month before. */
export const COMPARED = ['on_time', 'reply', 'satisfied', 'reachable'] as const
export type Compared = (typeof COMPARED)[number]

export type NoticeFigures = Record<Compared, Share> & {
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
  /** Of the month before; nothing when there was none. */
  before: Partial<Record<Compared, Share>> | null
}

export interface NoticeTexts {
  work: string
  problems: string
  advice: string
}

/** No figures before it is made. */
export type NoticePage = NoticeLine & NoticeTexts & { figures: NoticeFigures | null }

const of = (month: string, unit: string, more = '') => `/notices/${encodeURIComponent(month)}/${encodeURIComponent(unit)}${more}`

export const notices = (month: string, signal?: AbortSignal) => get<{ notices: NoticeLine[] }>('/notices', { month }, signal)
export const notice = (month: string, unit: string, signal?: AbortSignal) => get<NoticePage>(of(month, unit), {}, signal)
/** `edited_meanwhile`: somebody has changed it since it was read. */
export const editNotice = ({ month, unit, revision }: NoticePage, texts: NoticeTexts) => ask<void>('PUT', of(month, unit), { body: { ...texts, revision }, once: true })
export const signNotice = ({ month, unit, revision }: NoticePage) => ask<void>('POST', of(month, unit, '/sign'), { body: { revision }, once: true })
export const noticeSent = ({ month, unit }: NoticePage) => ask<void>('POST', of(month, unit, '/sent'), { body: {}, once: true })
export const noticeHtml = async (month: string, unit: string) => (await send('GET', of(month, unit, '/html'), { query: { lang: lang() } })).text()
export const noticePdf = async (month: string, unit: string) => (await send('GET', of(month, unit, '/pdf'), { query: { lang: lang() } })).blob()
