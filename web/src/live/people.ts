// People and windows as they are shown: the number, and beside it each name that is known and says something more.

/** `1001 王丽`; a name that is only the number again is not repeated. */
export const called = (...words: (string | null | undefined)[]): string => [...new Set(words.filter((word): word is string => !!word))].join(' ')

/** A seat: its number, the window's name, the person's. */
export const seatName = (seat: { party_ref: string; name?: string; desk_name?: string | null }): string => called(seat.party_ref, seat.desk_name, seat.name)
