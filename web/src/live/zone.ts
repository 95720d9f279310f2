// The house's time zone: every time of these pages is told, typed and chosen in it, wherever the reader's computer believes to be.
import { readonly, ref } from 'vue'

/** Until the house has said which (signing in), and when it names one that this browser does not know. */
const USUAL = 'Asia/Shanghai'
const chosen = ref(USUAL)
const two = (n: number) => String(n).padStart(2, '0')

/** IANA name of the zone. */
export const zone = readonly(chosen)

/** The house told its zone. */
export function setZone(name: string | null | undefined) {
  let next = USUAL
  try {
    if (name) next = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    // Not known here: times stay in the usual zone rather than in the computer's.
  }
  chosen.value = next
}

/** What clocks in the house show at a moment, as the UTC ms at which clocks in UTC show the same. */
function wall(utcMs: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: chosen.value, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(utcMs)
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((p) => p.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

/** The moment at which clocks in the house show this; where the clock jumps over it, the moment after the jump. */
function unwall(shown: number): number {
  const first = shown - (wall(shown) - shown)
  return shown - (wall(first) - first)
}

/** `2026-11-02` */
export function toDay(utcMs: number): string {
  const at = new Date(wall(utcMs))
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
}

/** `2026-11-02T09:30`, as a field for date and time wants it. */
export function toLocal(utcMs: number): string {
  const at = new Date(wall(utcMs))
  return `${toDay(utcMs)}T${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** UTC ms of `2026-11-02T09:30` or of the beginning of `2026-11-02`; undefined when it isn't a moment. */
export function fromLocal(text: string): number | undefined {
  const read = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?/.exec(text)
  if (!read) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = read.slice(1).map((n) => Number(n ?? 0))
  const shown = Date.UTC(year, month - 1, day, hour, minute)
  const at = new Date(shown)
  // 30 February and 25:00 are no moments.
  if (at.getUTCMonth() !== month - 1 || at.getUTCHours() !== hour) return undefined
  return unwall(shown)
}

/** The beginning of the day after `2026-11-02`; undefined when it isn't a day. */
export function afterDay(text: string): number | undefined {
  const from = fromLocal(text.slice(0, 10))
  return from === undefined ? undefined : fromLocal(toDay(from + 36 * 3_600_000))
}

/** The moment of `15:00` on the day of `now`; undefined when it doesn't read. */
export function atClock(now: number, text: string): number | undefined {
  const read = /^(\d{1,2}):(\d{2})$/.exec(text)
  return read ? fromLocal(`${toDay(now)}T${read[1]!.padStart(2, '0')}:${read[2]}`) : undefined
}
