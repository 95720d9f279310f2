// The ledger of matters that outside conditions block: each has an owner, is reviewed, and is struck off one by one.
import { ask, get } from './client'

export interface LedgerItem {
  id: string
  case_no: string | null
  /** The unit that must see to it. */
  owner: string
  owner_name: string
  title: string
  why: string
  listed_at: number
  listed_by: string
  /** When it is to be reviewed next. */
  review_at: number
  overdue: boolean
  reviews: { at: number; who: string; text: string }[]
  struck_at: number | null
  struck_by: string | null
  struck_why: string | null
}

export interface Ledger {
  items: LedgerItem[]
  /** All that were ever listed ... */
  listed: number
  /** ... and those of them that were struck off. */
  struck: number
}

export interface NewItem {
  title: string
  why: string
  owner: string
  case_no?: string
}

const item = (id: string, what: string) => `/ledger/${encodeURIComponent(id)}/${what}`

/** The open ones, or those that were struck off. */
export const ledger = (open: boolean, signal?: AbortSignal) => get<Ledger>('/ledger', { open }, signal)
export const listItem = (fields: NewItem) => ask<{ id: string }>('POST', '/ledger', { body: fields, once: true })
export const reviewItem = (id: string, text: string) => ask<void>('POST', item(id, 'review'), { body: { text }, once: true })
export const strikeItem = (id: string, why: string) => ask<void>('POST', item(id, 'strike'), { body: { why }, once: true })
