// Events of a call in the reader's words: what, who, and its facts; what this page does not know stays as it came.
import type { CallEvent, SeatTime } from '@/api/box'
import { i18n } from '@/i18n'
import { called, seatName } from '@/live/people'

const { t, te } = i18n.global
// English is read when it is chosen first; Chinese is always there and has the same keys (i18n/keys.test.ts).
const known = (key: string) => te(key, 'zh-CN')

/** What happened: `call.offered` in words. */
export function what(kind: string): string {
  const key = `event.kind.${kind.replaceAll('.', '_')}`
  return known(key) ? t(key) : kind
}

/** A seat with its number, the person's and the window's names where they are known. */
export function seatWords(seat: Pick<SeatTime, 'seat' | 'party_ref' | 'name' | 'desk_name'>): string {
  const kind = known(`seat.${seat.seat}`) ? t(`seat.${seat.seat}`) : seat.seat
  return called(kind, seatName(seat))
}

/** The seat of a leg. */
export function legWords(leg: number, seats: SeatTime[]): string {
  const seat = seats.find((s) => s.leg === leg)
  return seat ? seatWords(seat) : `#${leg}`
}

/** Who did it: `operator:1001` in words, with the name of the seat that it sat in. */
export function who(event: CallEvent, seats: SeatTime[]): string {
  const [kind = '', no = ''] = event.actor.split(':')
  if (kind === 'house') return t('event.house')
  const seat = seats.find((s) => s.leg === event.leg) ?? seats.find((s) => s.seat === kind && s.party_ref === no)
  return seatWords(seat?.seat === kind ? seat : { seat: kind, party_ref: no })
}

/** `outcome=on_spot` in words. */
export function facts(detail: string): string {
  const value = (word: string) => (known(`event.word.${word}`) ? t(`event.word.${word}`) : known(`calls.${word}`) ? t(`calls.${word}`) : word)
  const read = /^([a-z_]+)=(.*)$/.exec(detail)
  if (!read) return value(detail)
  const key = `event.fact.${read[1]}`
  return known(key) ? t(key, { value: value(read[2] ?? '') }) : detail
}
