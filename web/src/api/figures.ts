// The published figures, counted by the house.
import { get } from './client'
import type { What } from './promises'

/** So many (`part`) of so many (`whole`). */
export interface Share {
  whole: number
  part: number
}

export interface Tally {
  made: number
  kept: number
  missed: number
  /** Need not be kept any more. */
  void: number
}

export interface FigureDay {
  /** `2026-11-02` */
  day: string
  on_time: Share
  satisfied: Share
  within_15: Share
  on_spot: Share
}

export interface Figures {
  /** `row`: its number in the hotline's list of promises. */
  promises: (Tally & { what: What; row: number })[]
  on_time: Share
  reply: Share
  satisfied: Share
  on_spot: Share
  within_15: Share
  within_30: Share
  desks: Share
  reachable: Share
  last_24h: Share & { goal_permille: number }
  by_day: FigureDay[]
}

export const figures = (query: { from: number; to: number; unit?: string }, signal?: AbortSignal) => get<Figures>('/figures', query, signal)
