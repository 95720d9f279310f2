// A place in the files in the words of its form: 'limits › max_calls' is called as on the page where it is set.
import { i18n } from '@/i18n'
import type { Plain } from '@/api/model'
import { samePath, words, type Place } from './logic/path'
import { TABLES } from './logic/people'
import { LIMITS, NUMBERS, PROMISES, RETENTION, TRUNK } from './logic/settings'

const { t, te } = i18n.global
const GROUPS = [...LIMITS, ...NUMBERS, ...PROMISES, ...RETENTION]

/** The words of a place; its way in the file where no form has it. */
export function spoken(place: Place): string {
  const { file, at } = place
  const key = at.at(-1)
  const group = typeof key === 'string' ? GROUPS.find((g) => g.file === file && samePath(g.at, at.slice(0, -1)) && g.settings.some((s) => s.key === key)) : undefined
  if (group) return join(te(`settings.${group.id}.title`, 'zh-CN') ? t(`settings.${group.id}.title`) : '', t(`settings.${group.id}.${String(key)}.name`))
  return ofTrunk(place) ?? ofRow(place) ?? ofMenu(place) ?? words(place)
}

function ofTrunk({ file, at: [list, row, key] }: Place): string | undefined {
  if (file !== 'trunks.toml' || list !== 'trunk' || typeof row !== 'object') return undefined
  const trunk = t('event.fact.trunk', { value: row['name'] ?? '' })
  const group = TRUNK.find((g) => g.settings.some((s) => s.key === key))
  return group ? join(trunk, t(`settings.trunk.${group.id}.${String(key)}.name`)) : trunk
}

function ofRow({ file, at: [list, row, key] }: Place): string | undefined {
  const table = Object.values(TABLES).find((one) => one.file === file && one.list === list)
  if (!table || typeof row !== 'object') return undefined
  const what = t('admin.people.row', { what: t(`admin.people.${table.kind}.one`), id: row[table.id] ?? '' })
  return table.fields.some((f) => f.key === key) ? join(what, t(`admin.people.${table.kind}.${String(key)}.name`)) : what
}

function ofMenu({ file, at }: Place): string | undefined {
  const [room, name, ...rest] = at
  if (file !== 'menus.toml' || room !== 'menu' || typeof name !== 'string') return undefined
  const menu = t('event.fact.menu', { value: name })
  const last = String(rest.at(-1) ?? '')
  if (['keys', 'instead'].includes(String(rest.at(-2)))) return join(menu, t('admin.menu.key', { key: last }))
  if (['nothing', 'invalid', 'then'].includes(last)) return join(menu, t(`admin.graph.slot.${last}`))
  return last === '' ? menu : te(`settings.menu.${last}.name`, 'zh-CN') ? join(menu, t(`settings.menu.${last}.name`)) : undefined
}

const join = (...parts: string[]) => parts.filter(Boolean).join(' · ')

/** A value on one line, short. */
export function brief(value: Plain | undefined): string {
  if (value === undefined) return t('admin.nothing')
  if (typeof value === 'boolean') return t(value ? 'settings.yes' : 'settings.no')
  const plain = Array.isArray(value) && value.every((one) => typeof one !== 'object')
  const text = plain ? value.join('，') : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}
