// Lines by day: their points, where the scale begins, and what they say in words.
import type { FigureDay, Share } from '@/api/figures'
import { percentage, permille } from './share'

export type Line = 'on_time' | 'satisfied' | 'within_15' | 'on_spot'
export const LINES: Line[] = ['on_time', 'satisfied', 'within_15', 'on_spot']

/** Percent by day; a day on which nothing was counted is a gap. */
export const points = (days: FigureDay[], line: Line): (number | null)[] => days.map((day) => {
  const all = permille(day[line])
  return all === null ? null : all / 10
})

/** Where the scale begins: the ten below the lowest point and the goal. */
export function floorOf(values: (number | null)[], goal: number): number {
  const lowest = Math.min(goal, ...values.filter((v): v is number => v !== null))
  return Math.max(0, Math.floor((lowest - 1) / 10) * 10)
}

export interface Extremes {
  low: string
  lowDay: string
  high: string
  highDay: string
}

/** The lowest and the highest day; nothing when nothing was counted on any. */
export function extremes(days: FigureDay[], line: Line): Extremes | null {
  const counted = days.flatMap((day) => {
    const all = permille(day[line])
    return all === null ? [] : [{ day: day.day, share: day[line] as Share, all }]
  })
  const first = counted[0]
  if (!first) return null
  const low = counted.reduce((a, b) => (b.all < a.all ? b : a), first)
  const high = counted.reduce((a, b) => (b.all > a.all ? b : a), first)
  return { low: percentage(low.share) ?? '', lowDay: low.day, high: percentage(high.share) ?? '', highDay: high.day }
}
