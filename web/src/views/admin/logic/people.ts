// Windows, units, services, staff and operators as tables: columns, fields of a row, and who else names it.
import type { Model, Plain } from '@/api/model'
import { same, type Place } from './path'
import type { Edit } from '@/api/config'

export type PeopleKind = 'desks' | 'units' | 'services' | 'staff' | 'operators'
export const KINDS: PeopleKind[] = ['desks', 'units', 'services', 'staff', 'operators']

export type Row = { [key: string]: Plain }

export interface RowField {
  key: string
  kind: 'text' | 'choice' | 'flag' | 'list' | 'ref' | 'refs'
  /** What it refers to. */
  to?: 'units' | 'desks' | 'staff' | 'operators' | 'skills'
  choices?: readonly string[]
  required?: boolean
  /** What it must look like. */
  pattern?: string
}

export interface PeopleTable {
  kind: PeopleKind
  file: string
  list: string
  /** The key that names a row. */
  id: string
  columns: string[]
  fields: RowField[]
}

const STAFF_NO = '[0-9]{3,8}'
const CODE = '[A-Z0-9\\-]{1,32}'

export const TABLES: Record<PeopleKind, PeopleTable> = {
  desks: {
    kind: 'desks',
    file: 'desks.toml',
    list: 'desk',
    id: 'no',
    columns: ['no', 'name', 'unit', 'members', 'hunt', 'straight'],
    fields: [
      { key: 'no', kind: 'text', required: true, pattern: '[0-9]{3}' },
      { key: 'name', kind: 'text', required: true },
      { key: 'unit', kind: 'ref', to: 'units', required: true },
      { key: 'members', kind: 'refs', to: 'staff', required: true },
      { key: 'hunt', kind: 'choice', choices: ['sequential', 'all', 'longest_idle'] },
      { key: 'straight', kind: 'flag' },
    ],
  },
  units: {
    kind: 'units',
    file: 'units.toml',
    list: 'unit',
    id: 'code',
    columns: ['code', 'name', 'kind', 'contacts'],
    fields: [
      { key: 'code', kind: 'text', required: true, pattern: CODE },
      { key: 'name', kind: 'text', required: true },
      { key: 'kind', kind: 'choice', choices: ['department', 'agency'] },
      { key: 'contacts', kind: 'refs', to: 'staff', required: true },
    ],
  },
  services: {
    kind: 'services',
    file: 'services.toml',
    list: 'service',
    id: 'code',
    columns: ['code', 'name', 'desks'],
    fields: [
      { key: 'code', kind: 'text', required: true, pattern: CODE },
      { key: 'name', kind: 'text', required: true },
      { key: 'desks', kind: 'refs', to: 'desks', required: true },
    ],
  },
  staff: {
    kind: 'staff',
    file: 'staff.toml',
    list: 'staff',
    id: 'no',
    columns: ['no', 'name', 'role', 'unit', 'phone', 'number'],
    fields: [
      { key: 'no', kind: 'text', required: true, pattern: STAFF_NO },
      { key: 'name', kind: 'text' },
      { key: 'role', kind: 'choice', choices: ['operator', 'lead', 'desk', 'liaison'] },
      { key: 'unit', kind: 'ref', to: 'units' },
      { key: 'phone', kind: 'text', pattern: '[a-z0-9._\\-]{1,64}' },
      { key: 'number', kind: 'text', pattern: '\\+?[0-9]{3,20}' },
    ],
  },
  operators: {
    kind: 'operators',
    file: 'operators.toml',
    list: 'operator',
    id: 'staff',
    columns: ['staff', 'skills', 'ready'],
    fields: [
      { key: 'staff', kind: 'ref', to: 'staff', required: true },
      { key: 'skills', kind: 'refs', to: 'skills', required: true },
      { key: 'ready', kind: 'flag' },
    ],
  },
}

/** The rows of a table. */
export function rowsOf(model: Model, kind: PeopleKind): Row[] {
  const rows = kind === 'operators' ? (model.operators.operator ?? []) : model[kind]
  return rows as unknown as Row[]
}

export function rowPlace(table: PeopleTable, id: string): Place {
  return { file: table.file, at: [table.list, { [table.id]: id }] }
}

/** What can be chosen for a reference: value and name. */
export function choicesOf(model: Model, to: RowField['to']): { value: string; name: string }[] {
  switch (to) {
    case 'units':
      return model.units.map((u) => ({ value: u.code, name: u.name }))
    case 'desks':
      return model.desks.map((d) => ({ value: d.no, name: d.name }))
    case 'staff':
      return model.staff.map((s) => ({ value: s.no, name: s.name ?? s.phone ?? s.number ?? '' }))
    case 'operators':
      return (model.operators.operator ?? []).map((o) => ({ value: o.staff, name: model.staff.find((s) => s.no === o.staff)?.name ?? '' }))
    case 'skills':
      return [...new Set((model.operators.operator ?? []).flatMap((o) => o.skills ?? []))].map((value) => ({ value, name: '' }))
    case undefined:
      return []
  }
}

/** Whether a row has all the words that are looked for, names of its references included. */
export function fits(row: Row, words: string, names: Map<string, string>): boolean {
  const parts = Object.values(row).flatMap((v) => (Array.isArray(v) ? v : [v])).map((v) => `${String(v)} ${names.get(String(v)) ?? ''}`)
  const text = parts.join(' ').toLowerCase()
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}

/** Who else names this row, as `what: id`. */
export function namedBy(model: Model, kind: PeopleKind, id: string): { kind: PeopleKind; id: string }[] {
  const found: { kind: PeopleKind; id: string }[] = []
  const add = (of: PeopleKind, yes: boolean | undefined, name: string) => {
    if (yes) found.push({ kind: of, id: name })
  }
  if (kind === 'units') {
    for (const desk of model.desks) add('desks', desk.unit === id, desk.no)
    for (const person of model.staff) add('staff', person.unit === id, person.no)
  } else if (kind === 'desks') {
    for (const service of model.services) add('services', service.desks?.includes(id), service.code)
  } else if (kind === 'staff') {
    for (const desk of model.desks) add('desks', desk.members?.includes(id), desk.no)
    for (const unit of model.units) add('units', unit.contacts?.includes(id), unit.code)
    for (const operator of model.operators.operator ?? []) add('operators', operator.staff === id, id)
  }
  return found
}

/** The edits that make a row what the form says; the name last, for the others find the row by it. */
export function rowEdits(table: PeopleTable, was: Row | undefined, now: Row): Edit[] {
  if (!was) return [{ file: table.file, at: [table.list], op: 'insert', value: now }]
  const place = rowPlace(table, String(was[table.id]))
  const keys = table.fields.map((f) => f.key).sort((a, b) => Number(a === table.id) - Number(b === table.id))
  return keys.flatMap((key): Edit[] => {
    if (same(was[key], now[key])) return []
    const at = [...place.at, key]
    const value = now[key]
    return [value === undefined ? { file: table.file, at, op: 'remove' } : { file: table.file, at, op: 'set', value }]
  })
}

/** The edits that move a row by one place. */
export function moveEdits(table: PeopleTable, rows: Row[], index: number, by: 1 | -1): Edit[] {
  const row = rows[index]
  const other = index + by
  if (!row || other < 0 || other >= rows.length) return []
  const at = rowPlace(table, String(row[table.id])).at
  return [{ file: table.file, at, op: 'remove' }, { file: table.file, at: [table.list, other], op: 'insert', value: row }]
}
