// Which desk to bring in: who is open and free first.
import type { BoardDesk } from '@/api/board'

export type DeskWord = 'free' | 'busy' | 'unreachable' | 'closed'

/** How a desk stands, in one word. */
export function deskWord(desk: BoardDesk): DeskWord {
  if (!desk.open) return 'closed'
  if (desk.free > 0) return 'free'
  return desk.members.some((m) => m.reachable) ? 'busy' : 'unreachable'
}

const RANK: Record<DeskWord, number> = { free: 0, busy: 1, unreachable: 2, closed: 3 }
export const deskRank = (desk: BoardDesk | undefined): number => (desk ? RANK[deskWord(desk)] : 4)

/** The first of these that could take a call now; the order of the list is the house's own preference. */
export function bestDesk(nos: string[], desks: Map<string, BoardDesk>): string {
  const sorted = nos.map((no, n) => ({ no, n, rank: deskRank(desks.get(no)) })).sort((a, b) => a.rank - b.rank || a.n - b.n)
  return sorted[0]?.no ?? ''
}

/** Desks that fit the words: number, name or unit; free ones first when nothing is asked. */
export function findDesks(all: BoardDesk[], words: string): BoardDesk[] {
  const parts = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (d: BoardDesk) => parts.every((p) => `${d.no} ${d.name} ${d.unit_name} ${d.unit}`.toLowerCase().includes(p))
  const found = parts.length ? all.filter(fits) : all
  return [...found].sort((a, b) => deskRank(a) - deskRank(b) || a.no.localeCompare(b.no))
}
