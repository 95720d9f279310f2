// One line of time for the whole page: from UTC ms to places and back, ticks at round seconds, words for the cursor.

export interface Scale {
  from: number
  to: number
}

/** The time that everything of a call fits into, with a little air; at least a second. */
export function scaleOf(times: (number | null | undefined)[]): Scale {
  const known = times.filter((t): t is number => typeof t === 'number' && Number.isFinite(t))
  if (known.length === 0) return { from: 0, to: 1000 }
  const from = Math.min(...known)
  const to = Math.max(from + 1000, ...known)
  const air = (to - from) * 0.01
  return { from: from - air, to: to + air }
}

/** 0 to 1 within the scale. */
export function share(scale: Scale, at: number): number {
  return Math.max(0, Math.min(1, (at - scale.from) / (scale.to - scale.from)))
}

const STEPS = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000]

/** Round moments after `zero`, at most `most` of them. */
export function ticks(scale: Scale, zero: number, most: number): number[] {
  const length = scale.to - scale.from
  const step = STEPS.find((s) => length / s <= most) ?? length / most
  const found: number[] = []
  for (let at = zero + Math.ceil((scale.from - zero) / step) * step; at <= scale.to; at += step) found.push(at)
  return found
}

/** Since the beginning of the call: `0:07.2`. */
export function since(zero: number, at: number): string {
  const ms = Math.round((at - zero) / 100) * 100
  const sign = ms < 0 ? '−' : ''
  const all = Math.abs(ms)
  const minutes = Math.floor(all / 60_000)
  const seconds = ((all % 60_000) / 1000).toFixed(1).padStart(4, '0')
  return `${sign}${minutes}:${seconds}`
}

/** The last of these that began at or before a moment; -1 before the first. */
export function lastBefore(times: number[], at: number): number {
  let found = -1
  times.forEach((t, i) => {
    if (t <= at && (found < 0 || t >= (times[found] ?? 0))) found = i
  })
  return found
}
