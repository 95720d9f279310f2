// Spans of time to count over, in the house's zone.
import { afterDay, fromLocal, toDay } from '@/live/zone'

export const SPANS = ['month', 'last', 'year', 'free'] as const
export type Span = (typeof SPANS)[number]

/** From the beginning of the first day to the end of the last one, UTC ms; `to` itself is outside. */
export interface Period {
  from: number
  to: number
}

const two = (n: number) => String(n).padStart(2, '0')

/** `2026-10` of `2026-11`. */
export function monthBefore(month: string): string {
  const [year = 0, no = 1] = month.split('-').map(Number)
  return no === 1 ? `${year - 1}-12` : `${year}-${two(no - 1)}`
}

/** The month of a moment. */
export const monthOf = (utcMs: number) => toDay(utcMs).slice(0, 7)

/** So many months, the newest first, up to the one of a moment. */
export function months(now: number, many: number): string[] {
  const all = [monthOf(now)]
  while (all.length < many) all.push(monthBefore(all.at(-1)!))
  return all
}

/** The first and the last day of a span as it stands now; what runs ends with today. */
export function daysOf(span: Exclude<Span, 'free'>, now: number): { first: string; last: string } {
  const today = toDay(now)
  if (span === 'year') return { first: `${today.slice(0, 4)}-01-01`, last: today }
  if (span === 'month') return { first: `${today.slice(0, 7)}-01`, last: today }
  const before = monthBefore(today.slice(0, 7))
  const begun = fromLocal(`${today.slice(0, 7)}-01`) ?? now
  return { first: `${before}-01`, last: toDay(begun - 1) }
}

/** Days as they are typed into fields; nothing when they are none or the wrong way round. */
export function between(first: string, last: string): Period | null {
  const from = fromLocal(first)
  const to = afterDay(last)
  return from === undefined || to === undefined || to <= from ? null : { from, to }
}
