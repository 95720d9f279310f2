// How well somebody is heard, as a word: by the score of ITU-T G.107 (G.711 in a good net has 4.4), or by what is wrong.
import type { BoardCall, SeatSound } from '@/api/board'

export type Grade = 'good' | 'fair' | 'poor' | 'bad'

/** From this score on. Below the last one words are missed. */
const FROM: [number, Grade][] = [[4, 'good'], [3.6, 'fair'], [3.1, 'poor']]

export function grade(sound: SeatSound): Grade {
  if (sound.fault === 'nothing' || sound.fault === 'silence') return 'bad'
  const found = FROM.find(([from]) => (sound.mos ?? 0) >= from)?.[1] ?? 'bad'
  // A fault is never called good, whatever the score says of the whole.
  return sound.fault && (found === 'good' || found === 'fair') ? 'poor' : found
}

/** The colour of the tag. */
export const TONE: Record<Grade, string> = { good: 'good', fair: '', poor: 'warn', bad: 'bad' }

const ORDER: Grade[] = ['good', 'fair', 'poor', 'bad']

/** Nobody needs to see to it. */
export const isWell = (sound: SeatSound) => ORDER.indexOf(grade(sound)) < ORDER.indexOf('poor')

/** The seat that is heard worst, when one is heard poorly. */
export function worst(call: BoardCall): SeatSound | null {
  const sounds = call.seats.flatMap((seat) => (seat.sound ? [seat.sound] : []))
  const sorted = sounds.sort((a, b) => ORDER.indexOf(grade(b)) - ORDER.indexOf(grade(a)))
  const first = sorted[0]
  return first && !isWell(first) ? first : null
}
