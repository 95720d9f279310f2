// Live calls in the order in which a shift lead looks at them: urgent, cut off, waiting longest, then the longest talks.
import type { BoardCall, Stage } from '@/api/board'
import { seatName } from '@/live/people'

const RANK: Partial<Record<Stage, number>> = { recover: 1, queue: 2 }

const rank = (call: BoardCall) => (call.urgent ? 0 : (RANK[call.stage] ?? 3))

/** Those that fit the words (number, operator, window), most pressing first. */
export function inOrder(calls: BoardCall[], words: string): BoardCall[] {
  const parts = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const text = (c: BoardCall) => `${c.caller_masked} ${c.seats.map((s) => seatName(s)).join(' ')}`.toLowerCase()
  const fitting = parts.length ? calls.filter((c) => parts.every((p) => text(c).includes(p))) : calls
  return [...fitting].sort((a, b) => rank(a) - rank(b) || a.offered_at - b.offered_at)
}
