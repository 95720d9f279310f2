// What a draft changes, read off the two models: so each change can be shown and taken back by itself, after a reload too.
import type { Edit } from '@/api/config'
import type { Model, Plain } from '@/api/model'
import { nameOf, same, tree, ROOMS, type Path, type Place } from './path'

export type Kind = 'set' | 'add' | 'remove' | 'order'

/** One change against what is published. */
export interface Change extends Place {
  kind: Kind
  was?: Plain
  now?: Plain
  /** Where a removed element of a list stood. */
  index?: number
}

/** Most changes that are listed one by one; whoever replaces a file sees it in the diff. */
export const MOST_CHANGES = 500

/** All that differs, file by file. */
export function changes(was: Model, now: Model): Change[] {
  const found: Change[] = []
  for (const { file } of ROOMS) compare(file, [], tree(was, file), tree(now, file), undefined, found)
  return found.slice(0, MOST_CHANGES)
}

function isTable(value: Plain | undefined): value is { [key: string]: Plain } {
  return value !== undefined && typeof value === 'object' && !Array.isArray(value)
}

function compare(file: string, at: Path, was: Plain | undefined, now: Plain | undefined, key: string | undefined, found: Change[]) {
  if (same(was, now)) return
  if (isTable(was) && isTable(now)) {
    for (const k of new Set([...Object.keys(was), ...Object.keys(now)])) {
      compare(file, [...at, k], Object.hasOwn(was, k) ? was[k] : undefined, Object.hasOwn(now, k) ? now[k] : undefined, k, found)
    }
    return
  }
  const name = key === undefined ? undefined : nameOf(key)
  if (name && Array.isArray(was) && Array.isArray(now)) {
    rows(file, at, was, now, name, found)
    return
  }
  if (Array.isArray(was) && Array.isArray(now) && [...was, ...now].every(isTable)) {
    nameless(file, at, was, now, found)
    return
  }
  if (was === undefined) found.push({ file, at, kind: 'add', now })
  else if (now === undefined) found.push({ file, at, kind: 'remove', was })
  else found.push({ file, at, kind: 'set', was, now })
}

/** Two lists of named rows. */
function rows(file: string, at: Path, was: Plain[], now: Plain[], name: string, found: Change[]) {
  const id = (row: Plain) => (isTable(row) ? String(row[name]) : '')
  const before = new Map(was.map((row) => [id(row), row]))
  const after = new Map(now.map((row) => [id(row), row]))
  was.forEach((row, index) => {
    const step = { [name]: id(row) }
    if (!after.has(id(row))) found.push({ file, at: [...at, step], kind: 'remove', was: row, index })
    else compare(file, [...at, step], row, after.get(id(row)), undefined, found)
  })
  for (const row of now) if (!before.has(id(row))) found.push({ file, at: [...at, { [name]: id(row) }], kind: 'add', now: row })
  const stayed = was.map(id).filter((n) => after.has(n))
  const order = now.map(id).filter((n) => before.has(n))
  if (!stayed.every((n, i) => n === order[i])) found.push({ file, at, kind: 'order', was, now })
}

/** Two lists of rows without a name: what is alike at both ends stayed, the rest came, went or changed. */
function nameless(file: string, at: Path, was: Plain[], now: Plain[], found: Change[]) {
  let head = 0
  while (head < was.length && head < now.length && same(was[head], now[head])) head += 1
  let tail = 0
  const room = Math.min(was.length, now.length) - head
  while (tail < room && same(was[was.length - 1 - tail], now[now.length - 1 - tail])) tail += 1
  const before = was.slice(head, was.length - tail)
  const after = now.slice(head, now.length - tail)
  if (before.length === after.length) {
    before.forEach((row, i) => compare(file, [...at, head + i], row, after[i], undefined, found))
  } else if (before.length === 0) {
    after.forEach((row, i) => found.push({ file, at: [...at, head + i], kind: 'add', now: row }))
  } else if (after.length === 0) {
    before.forEach((row, i) => found.push({ file, at: [...at, head + i], kind: 'remove', was: row, index: head + i }))
  } else {
    found.push({ file, at, kind: 'set', was, now })
  }
}

/** The edits that take one change back. */
export function undo(change: Change): Edit[] {
  const { file, at, kind, was, index } = change
  if (kind === 'add') return [{ file, at, op: 'remove' }]
  if (was === undefined) return []
  if (kind === 'remove' && index !== undefined) return [{ file, at: [...at.slice(0, -1), index], op: 'insert', value: was }]
  return [{ file, at, op: 'set', value: was }]
}
