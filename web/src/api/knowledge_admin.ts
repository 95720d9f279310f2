// The information base as its keepers see it: entries, import, synonyms, what is used and what is missed.
import { ask, get, post } from './client'
import type { Entry } from './knowledge'

/** An entry to write. `name` stays when the title changes: an import finds the entry by it. */
export interface EntryChange {
  name: string
  title: string
  body: string
  service: string | null
  keywords: string[]
  source: string
}

/** An entry with what only its keepers see. */
export interface WholeEntry extends Entry {
  name?: string
  updated_by?: string
  opened?: number
}

export interface RowFault {
  row: number
  zh: string
  en: string
}

export interface Imported {
  /** Whether anything was written: no with faults, or when it was only tried. */
  applied: boolean
  added: number
  changed: number
  removed: number
  same: number
  faults: RowFault[]
}

export interface Usage {
  entries: number
  most: { id: string; title: string; opened: number }[]
  misses: { q: string; count: number; last_at: number }[]
  synonyms: string[][]
}

const at = (id: string) => `/knowledge/${encodeURIComponent(id)}`

export const wholeEntry = (id: string) => get<WholeEntry>(at(id))
export const addEntry = (entry: EntryChange) => post<{ id: string }>('/knowledge', entry)
export const saveEntry = (id: string, change: EntryChange) => ask<void>('PUT', at(id), { body: change })
export const removeEntry = (id: string) => ask<void>('DELETE', at(id))
export const usage = () => get<Usage>('/knowledge/usage')
export const saveSynonyms = (groups: string[][]) => ask<void>('PUT', '/knowledge/synonyms', { body: { groups } })

/** Takes a file in, or with `dryRun` only says what would be done. */
export function importEntries(type: string, charset: string, bytes: ArrayBuffer, mode: 'merge' | 'replace', dryRun: boolean) {
  return ask<Imported>('POST', '/knowledge/import', { raw: { type: `${type}; charset=${charset}`, data: bytes }, query: { mode, dry_run: dryRun } })
}
