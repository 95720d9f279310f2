// What survives a reload of the page: that this phone was in a call a moment ago.
const KEY = 'hotline.phone.kept'
/** After so long the house has given the call to somebody else. */
export const KEPT_FOR = 45_000

export interface Kept {
  /** The call; empty when the board had not told it. */
  call: string
  at: number
  /** The dialog that the next page takes over by itself (RFC 3891); without it the house rings again. */
  replaces?: string
}

export function keep(call: string, replaces?: string) {
  const kept: Kept = { call, at: Date.now(), ...(replaces ? { replaces } : {}) }
  sessionStorage.setItem(KEY, JSON.stringify(kept))
}
export const forget = () => sessionStorage.removeItem(KEY)

export function kept(now = Date.now()): Kept | null {
  try {
    const read = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null
    if (read && typeof read.at === 'number' && now - read.at >= 0 && now - read.at < KEPT_FOR) return read
  } catch {
    // Somebody else's words under our key.
  }
  forget()
  return null
}
