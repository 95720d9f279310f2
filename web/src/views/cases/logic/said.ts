// A fact of the promise clock in words of the reader's language.
import type { CaseLog } from '@/api/cases'
import { fields, number, type Fields } from './facts'

export interface Tongue {
  t: (key: string, slots?: Record<string, string | number>) => string
  te: (key: string) => boolean
  /** A moment. */
  at: (utcMs: number) => string
  /** A unit by its code. */
  unit: (code: string) => string
}
type Told = (f: Fields, tongue: Tongue) => string

/** A word of the house in ours; one that we lack stands as it came. */
export const word = (tongue: Pick<Tongue, 't' | 'te'>, area: string, name: string | null | undefined): string =>
  name ? (tongue.te(`${area}.${name}`) ? tongue.t(`${area}.${name}`) : name) : ''

const what = (f: Fields, tongue: Tongue) => word(tongue, 'promise.what', f['of'])
const proof = (f: Fields, tongue: Tongue) => tongue.t(`promise.proof.${f['proven'] ? 'proven' : 'claimed'}`)
const moment = (f: Fields, name: string, tongue: Tongue) => {
  const at = number(f, name)
  return at === null ? '' : tongue.at(at)
}
const text = (f: Fields) => f['text'] ?? ''
const plain = (key: string, pick: (f: Fields, tongue: Tongue) => Record<string, string | number> = () => ({})): Told =>
  (f, tongue) => tongue.t(`promise.fact.${key}`, pick(f, tongue))
const withText = (key: string) => plain(key, (f) => ({ text: text(f) }))
const byStaff = (key: string) => plain(key, (f) => ({ by: f['by'] ?? '' }))

/** Every kind of fact that the house writes down. */
export const SAID: Record<string, Told> = {
  state: plain('state', (f, x) => ({ state: word(x, 'operator.states', f['state']) })),
  assigned: plain('assigned', (f, x) => ({ unit: x.unit(f['unit'] ?? '') })),
  promised: plain('promised', (f, x) => ({ what: what(f, x), due: moment(f, 'due', x) })),
  due_changed: plain('due_changed', (f, x) => ({ what: what(f, x), due: moment(f, 'due', x), why: word(x, 'promise.change', f['why']) })),
  ended: (f, x) => {
    const end = f['end'] ?? 'void'
    return x.t(`promise.fact.ended_${end}`, { what: what(f, x), proof: proof(f, x), why: word(x, 'promise.why', f['why']) })
  },
  late: plain('late', (f, x) => ({ what: what(f, x), proof: proof(f, x) })),
  tried: plain('tried', (f, x) => ({ what: what(f, x), miss: word(x, 'promise.miss', f['miss']) })),
  person: plain('person', (f, x) => ({ what: what(f, x) })),
  received: plain('received', (f, x) => ({ by: f['by'] ?? '', channel: word(x, 'promise.channel', f['channel']) })),
  returned: withText('returned'),
  told: (f, x) => {
    const slots = { what: what(f, x), method: word(x, 'promise.method', f['method']), proof: proof(f, x), by: f['by'] ?? '', until: moment(f, 'until', x) }
    return x.t(slots.until ? 'promise.fact.told_until' : 'promise.fact.told', slots)
  },
  extension_asked: plain('extension_asked', (f) => ({ days: f['days'] ?? '', text: text(f) })),
  extension_answered: (f, x) => x.t(f['days'] ? 'promise.fact.extension_granted' : 'promise.fact.extension_refused', { days: f['days'] ?? '', text: text(f) }),
  reported: byStaff('reported'),
  scored: (f, x) => {
    const slots = { what: what(f, x), by: word(x, 'promise.by', f['by']), score: word(x, 'promise.score', f['score']) }
    return x.t(f['score'] ? 'promise.fact.scored' : 'promise.fact.scored_none', slots)
  },
  disputed: plain('disputed', (f, x) => ({ what: what(f, x) })),
  round: plain('round', (f) => ({ round: f['round'] ?? '' })),
  flag: (f, x) => x.t(f['on'] === 'true' ? 'promise.fact.flag_on' : 'promise.fact.flag_off', { flag: word(x, 'promise.flag', f['flag']) }),
  merged: plain('merged'),
  gave_up: withText('gave_up'),
  decided: withText('decided'),
  joined: plain('joined'),
  settled: plain('settled'),
  reached: (f, x) => x.t(f['yes'] === 'true' ? 'promise.fact.reached' : 'promise.fact.unreached', { contact: word(x, 'promise.contact', f['contact']) }),
  listed: withText('listed'),
  reviewed: withText('reviewed'),
  struck: withText('struck'),
  notice_made: plain('notice_made'),
  notice_edited: byStaff('notice_edited'),
  notice_signed: byStaff('notice_signed'),
  notice_sent: byStaff('notice_sent'),
}

/** Facts that only the clocks are about: shown when every step is wanted. */
const FINE = new Set(['promised', 'ended', 'due_changed'])
/** Whether a line stands in the short history: what people did, and what was missed. */
export function isMain(line: CaseLog): boolean {
  if (line.source !== 'fact') return true
  const kind = line.kind ?? ''
  return !FINE.has(kind) || fields(line.what)['end'] === 'missed' || kind === 'due_changed'
}

/** A line of a case's history: a note as it was written, a fact or a change in words. */
export function said(line: CaseLog, tongue: Tongue): string {
  if (line.source === 'fact') {
    const told = SAID[line.kind ?? '']
    return told ? told(fields(line.what), tongue) : line.what
  }
  // Lines of persons: `kind` and the text in `what`; a house of before says the kind in `what` and the text beside it.
  const [kind, words] = line.kind === undefined ? [line.what, line.text ?? ''] : [line.kind, line.what]
  const name = word(tongue, 'promise.log', kind)
  if (kind === 'note') return `${name}: ${words}`
  const state = fields(words)['state']
  return state ? `${name}: ${word(tongue, 'operator.states', state)}` : name
}
