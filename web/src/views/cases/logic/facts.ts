// A line of a case's history: `name=value` pairs of a fact, read back; `text=` comes last and goes to the end.

export type Fields = Record<string, string>

/** The pairs of a fact. What does not read is left out. */
export function fields(what: string): Fields {
  const out: Fields = {}
  let rest = what
  while (rest) {
    const at = rest.indexOf('=')
    if (at < 0) break
    const name = rest.slice(0, at)
    const after = rest.slice(at + 1)
    if (name === 'text') {
      out['text'] = after
      break
    }
    const end = after.indexOf(' ')
    out[name] = end < 0 ? after : after.slice(0, end)
    rest = end < 0 ? '' : after.slice(end + 1)
  }
  return out
}

/** A number of a fact. */
export function number(all: Fields, name: string): number | null {
  const text = all[name]
  const value = text === undefined || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

/** Crockford base 32 without padding: ULIDs as the house writes them. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The ULID of a call from the hex that facts hold; nothing when it is none. */
export function ulid(hex: string): string | null {
  if (!/^[0-9a-f]{1,32}$/i.test(hex)) return null
  let value = BigInt(`0x${hex}`)
  let out = ''
  for (let n = 0; n < 26; n++) {
    out = LETTERS[Number(value & 31n)]! + out
    value >>= 5n
  }
  return out
}

/** The call that a fact names, as a link wants it. */
export const callOf = (all: Fields): string | null => {
  const hex = all['proven'] ?? all['call']
  return hex === undefined ? null : ulid(hex)
}
