// The information base as its keepers see it: entries, import, synonyms, what is used and what is missed.
import { ask, get } from './client'
import type { Entry } from './knowledge'

export type EntryChange = Pick<Entry, 'title' | 'body' | 'service' | 'keywords' | 'source'>

export interface RowFault {
  row: number
  zh: string
  en: string
}

export interface Imported {
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

export const saveEntry = (id: string, change: EntryChange) => ask<Entry>('PUT', at(id), { body: change })
export const removeEntry = (id: string) => ask<void>('DELETE', at(id))
export const usage = () => get<Usage>('/knowledge/usage')
export const saveSynonyms = (groups: string[][]) => ask<void>('PUT', '/knowledge/synonyms', { body: { groups } })

/** The type by the file's name; undefined when it is none that can be read. */
export function importType(name: string): string | undefined {
  if (/\.csv$/i.test(name)) return 'text/csv'
  if (/\.json$/i.test(name)) return 'application/json'
  return /\.(md|markdown)$/i.test(name) ? 'text/markdown' : undefined
}

export const importEntries = (type: string, text: string, mode: 'merge' | 'replace', dryRun: boolean) =>
  ask<Imported>('POST', '/knowledge/import', { raw: { type, data: text }, query: { mode, dry_run: dryRun } })
