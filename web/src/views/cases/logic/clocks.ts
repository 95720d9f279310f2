// The clocks of promises: how much is left, in which mood they are, which comes first.
import type { CasePromise, Ending, Next } from '@/api/promises'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
/** The last fifth of a promise's time is warned: of ten minutes from minute 8 on. */
const LAST = 0.2
/** At least so much before the end is warned, ms. */
const LEAST = 2 * MINUTE

export type Mood = 'calm' | 'soon' | 'over' | 'kept' | 'missed' | 'void'

/** How a promise stands at a moment. `from`: when it began, when that is known. */
export function mood(due: number, now: number, from?: number | null, ending?: Ending | null): Mood {
  if (ending) return ending
  if (now > due) return 'over'
  const span = from != null && due > from ? due - from : 0
  return due - now <= Math.max(LEAST, span * LAST) ? 'soon' : 'calm'
}

/** The colour and the sign of a mood: neither stands alone. */
export const TONE: Record<Mood, string> = { calm: 'info', soon: 'warn', over: 'bad', kept: 'good', missed: 'bad', void: '' }
export const SIGN: Record<Mood, string> = { calm: '◷', soon: '▲', over: '✕', kept: '✓', missed: '✕', void: '–' }

export interface Left {
  /** Which words: `days` {days} {hours}, else `clock` {text}. */
  unit: 'days' | 'clock'
  days: number
  hours: number
  text: string
}

/** What is left until `due`, or how long it is over: `4:05`, `1:02:03`; from two days on days and hours. */
export function left(due: number, now: number): Left {
  // A clock that runs down shows 10:00 at its first moment and 0:00 at its last; one that is over counts up.
  const ms = due >= now ? due - now + 999 : now - due
  const all = Math.floor(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  if (ms >= 2 * DAY) return { unit: 'days', days: Math.floor(ms / DAY), hours: Math.floor((ms % DAY) / HOUR), text: '' }
  const hours = Math.floor(all / 3600)
  const minutes = Math.floor((all % 3600) / 60)
  return { unit: 'clock', days: 0, hours, text: hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${two(minutes)}:${two(all % 60)}` }
}

/** Open ones first, due next first; then those that ended, the latest first. */
export function inOrder(promises: readonly CasePromise[]): CasePromise[] {
  const open = promises.filter((p) => !p.ending).sort((a, b) => a.due_at - b.due_at || a.row - b.row)
  const ended = promises.filter((p) => p.ending).sort((a, b) => (b.ended_at ?? 0) - (a.ended_at ?? 0) || b.row - a.row)
  return [...open, ...ended]
}

/** By what is due next; what has no clock comes last, newest first. */
export function byDue<T extends { next?: Next | null; received_at: number }>(lines: readonly T[]): T[] {
  return [...lines].sort((a, b) => (a.next?.due_at ?? Infinity) - (b.next?.due_at ?? Infinity) || b.received_at - a.received_at || 0)
}

/** Hand-overs whose call-back runs come first, due next first; then those that wait for a receipt; then the rest, newest first. */
export function byClock<T extends { call_back: { due_at: number; ending: Ending | null } | null; received_at: number | null; refused_at: number | null; planned_at: number }>(lines: readonly T[]): T[] {
  const rank = (h: T) => (h.call_back && !h.call_back.ending ? 0 : h.received_at === null && h.refused_at === null ? 1 : 2)
  return [...lines].sort((a, b) => {
    const by = rank(a) - rank(b)
    if (by !== 0) return by
    return rank(a) === 0 ? a.call_back!.due_at - b.call_back!.due_at : b.planned_at - a.planned_at
  })
}

/** Overdue first, then by the next review; struck ones last, latest first. */
export function byReview<T extends { review_at: number; struck_at: number | null }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => {
    if ((a.struck_at === null) !== (b.struck_at === null)) return a.struck_at === null ? -1 : 1
    return a.struck_at === null ? a.review_at - b.review_at : (b.struck_at ?? 0) - a.struck_at
  })
}
