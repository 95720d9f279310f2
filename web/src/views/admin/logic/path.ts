// Places in the configuration's files: how an edit names one, and where the same value stands in the model.
import type { Model, Plain } from '@/api/model'

/** A key, a 0-based index, or the element of a list that has these values. */
export type Step = string | number | Record<string, string>
export type Path = Step[]

/** A place: its file and the way inside it, as PATCH /config/draft takes it. */
export interface Place {
  file: string
  at: Path
}

/** Lists whose elements are known by name: so an edit still finds its row after others came or went. */
const NAMED: Record<string, string> = { desk: 'no', unit: 'code', service: 'code', staff: 'no', operator: 'staff', trunk: 'name', emergency: 'key' }

/** Where each part of the model stands: its file, and the list's key when the model has the bare list. */
export const ROOMS: { room: Exclude<keyof Model, 'years'>; file: string; list?: string }[] = [
  { room: 'trunks', file: 'trunks.toml', list: 'trunk' },
  { room: 'routing', file: 'routing.toml' },
  { room: 'menus', file: 'menus.toml' },
  { room: 'units', file: 'units.toml', list: 'unit' },
  { room: 'desks', file: 'desks.toml', list: 'desk' },
  { room: 'services', file: 'services.toml', list: 'service' },
  { room: 'staff', file: 'staff.toml', list: 'staff' },
  { room: 'operators', file: 'operators.toml' },
  { room: 'promises', file: 'promises.toml' },
  { room: 'outputs', file: 'outputs.toml' },
  { room: 'hours', file: 'calendar/hours.toml' },
  { room: 'hotline', file: 'hotline.toml' },
]

/** The key that names the elements of this list; nothing where only the index does. Keys that are no text stay an index. */
export function nameOf(list: string): string | undefined {
  return list === 'emergency' ? undefined : NAMED[list]
}

/** A file with a fault in its syntax has no model (`null`): what is published, or nothing, stands in for it, so that forms and the
 *  list of changes hold still until the text is mended. */
export function whole(model: Model, published?: Model): Model {
  const out = { ...model } as unknown as Record<string, unknown>
  const last = published as unknown as Record<string, unknown> | undefined
  for (const { room, list } of ROOMS) out[room] ??= last?.[room] ?? (list ? [] : {})
  return out as unknown as Model
}

/** A file as one tree, as TOML would give it. */
export function tree(model: Model, file: string): Plain | undefined {
  const room = ROOMS.find((r) => r.file === file)
  if (!room) return undefined
  const value = model[room.room] as unknown as Plain
  return room.list ? { [room.list]: value } : value
}

/** One step down; undefined when there is nothing. */
export function down(value: Plain | undefined, step: Step): Plain | undefined {
  if (typeof step === 'object') {
    if (!Array.isArray(value)) return undefined
    return value.find((element) => matches(element, step))
  }
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined
  if (value !== null && typeof value === 'object') return Object.hasOwn(value, step) ? value[step] : undefined
  return undefined
}

/** The value at a place. */
export function valueAt(model: Model, place: Place): Plain | undefined {
  return place.at.reduce<Plain | undefined>(down, tree(model, place.file))
}

/** Whether the element has all these values. */
export function matches(element: Plain, wanted: Record<string, string>): boolean {
  if (element === null || typeof element !== 'object' || Array.isArray(element)) return false
  return Object.entries(wanted).every(([key, value]) => element[key] === value)
}

/** The index that a step means in this list; -1 when there is no such element. */
export function indexIn(list: Plain[], step: Step): number {
  if (typeof step === 'number') return step < list.length ? step : -1
  return typeof step === 'object' ? list.findIndex((element) => matches(element, step)) : -1
}

/** Whether two ways name the same place as they are written (an index never equals a name). */
export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, i) => sameStep(step, b[i]))
}

function sameStep(a: Step, b: Step | undefined): boolean {
  if (typeof a === 'object' && typeof b === 'object') {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
  }
  return a === b
}

/** Whether two values are the same all the way down. */
export function same(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => same(v, b[i]))
  }
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
}

/** The way in words for a list of changes: `desk 012 › name`. */
export function words(place: Place): string {
  const steps = place.at.map((step) => {
    if (typeof step === 'number') return `#${step + 1}`
    return typeof step === 'object' ? Object.values(step).join(' ') : step
  })
  return steps.join(' › ')
}
