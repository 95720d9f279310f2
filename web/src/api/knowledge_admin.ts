// The information base as its keepers see it: entries, import, synonyms, what is used and what is missed.
import { say } from '@/i18n'
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

export const wholeEntry = (id: string, signal?: AbortSignal) => get<WholeEntry>(at(id), {}, signal)
export const addEntry = (entry: EntryChange) => post<{ id: string }>('/knowledge', entry)
export const saveEntry = (id: string, change: EntryChange) => ask<void>('PUT', at(id), { body: change })
export const removeEntry = (id: string) => ask<void>('DELETE', at(id))
export const usage = () => get<Usage>('/knowledge/usage')
export const saveSynonyms = (groups: string[][]) => ask<void>('PUT', '/knowledge/synonyms', { body: { groups } })

/** How an import stands; `done` of `of` entries, 0 of 0 while the file is being read. */
export interface Standing {
  running: boolean
  done: number
  of: number
  result: Imported | null
  failed: { zh: string; en: string } | null
}
/** Between two questions how far a long import is, ms. */
const PACE = 500

/** Takes a file in, or with `dryRun` only says what would be done. One that takes long is asked after until it is done. */
export async function importEntries(type: string, charset: string, bytes: ArrayBuffer, mode: 'merge' | 'replace', dryRun: boolean, told: (standing: Standing) => void = () => {}): Promise<Imported> {
  let answer = await ask<Imported | Standing>('POST', '/knowledge/import', { raw: { type: `${type}; charset=${charset}`, data: bytes }, query: { mode, dry_run: dryRun } })
  while ('running' in answer) {
    if (answer.result) return answer.result
    if (!answer.running) throw new Error(answer.failed ? say(answer.failed) : 'import')
    told(answer)
    await new Promise((next) => setTimeout(next, PACE))
    answer = await get<Standing>('/knowledge/import')
  }
  return answer
}
