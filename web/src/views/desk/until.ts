// Times to choose for 'closed until', as clocks in the house show them.
import { atClock } from '@/live/zone'

const HALF = 1_800_000

/** The next half hours, at most six, not beyond the end of the office hours; that end is the last choice. */
export function halfHours(now: number, closes: number | null): number[] {
  const first = Math.ceil((now + 60_000) / HALF) * HALF
  const all = Array.from({ length: 6 }, (_, n) => first + n * HALF)
  if (closes === null || closes <= now) return all
  const before = all.filter((at) => at < closes).slice(0, 5)
  return [...before, closes]
}

/** The moment of `15:00` today; nothing when that is over or does not read. */
export function atTime(now: number, text: string): number | null {
  const at = atClock(now, text)
  return at !== undefined && at > now ? at : null
}
