// A year as twelve months of weeks (Monday first), and which temporary changes touch a day. Dates are `2026-10-01`.
import type { Change } from '@/api/model'

const two = (n: number) => String(n).padStart(2, '0')

/** The date of a day. */
export function dateOf(year: number, month: number, day: number): string {
  return `${year}-${two(month)}-${two(day)}`
}

/** Weeks of a month (1 to 12); `undefined` where another month's days would be. */
export function weeks(year: number, month: number): (string | undefined)[][] {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7
  const cells: (string | undefined)[] = Array.from({ length: first }, () => undefined)
  for (let day = 1; day <= days; day += 1) cells.push(dateOf(year, month, day))
  while (cells.length % 7 !== 0) cells.push(undefined)
  return Array.from({ length: cells.length / 7 }, (_, i) => cells.slice(i * 7, i * 7 + 7))
}

/** So many days on. */
export function shift(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

/** The same day of another month; the last one where it has no such day. */
export function shiftMonth(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return dateOf(first.getUTCFullYear(), first.getUTCMonth() + 1, Math.min(day, last))
}

/** Whether a change holds on this day. */
export function covers(change: Change, date: string): boolean {
  return change.from <= date && date <= (change.until ?? change.from)
}

const SPAN = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/

/** `08:30-12:00, 13:30-17:00` as spans; undefined when it doesn't read. */
export function readSpans(text: string): string[] | undefined {
  const spans = text.split(/[,，;；\s]+/).filter((s) => s !== '')
  return spans.every((s) => SPAN.test(s) && s.slice(0, 5) < s.slice(6)) ? spans : undefined
}
