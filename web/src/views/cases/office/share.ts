// Shares as they are told: never rounded up, and nothing counted is no percentage.
import type { Share, Tally } from '@/api/figures'

/** What the hotline promises, in thousandths; rows 4, 10, 17 and 19 of its list, and GB/T 33358-2016 for the first 15 s. */
export const GOAL = { on_time: 1000, reply: 1000, satisfied: 970, on_spot: 800, within_15: 950, reachable: 1000 } as const

/** In thousandths, rounded down, so that 1000 means all; nothing when there is nothing to count. */
export function permille(share: Share): number | null {
  return share.whole > 0 ? Math.floor((share.part * 1000) / share.whole) : null
}

/** `97.3%`, `100%`; nothing when there is nothing to count. */
export function percentage(share: Share): string | null {
  const all = permille(share)
  if (all === null) return null
  const tenths = all % 10
  return tenths === 0 ? `${all / 10}%` : `${Math.floor(all / 10)}.${tenths}%`
}

/** Whether the goal is reached, by the counts themselves; nothing when there is nothing to count. */
export function reached(share: Share, goal: number): boolean | null {
  return share.whole > 0 ? share.part * 1000 >= goal * share.whole : null
}

/** Kept, of those that ended and had to be kept. */
export const keptOf = (tally: Tally): Share => ({ whole: tally.kept + tally.missed, part: tally.kept })

/** Made and not ended yet. What ended in this time may have been made before it: never negative. */
export const stillOpen = (tally: Tally): number => Math.max(0, tally.made - tally.kept - tally.missed - tally.void)

/** How much it moved since the time before, in tenths of a percent; nothing when one of them has nothing to count. */
export function moved(now: Share, before: Share | null | undefined): number | null {
  const was = before ? permille(before) : null
  const is = permille(now)
  return was === null || is === null ? null : is - was
}
