// Lengths of time and shares as people read them.

/** `4:05`, `1:02:03`; never negative. */
export function clock(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(all / 3600)
  const minutes = Math.floor((all % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`
}

/** A share in whole percent; nothing when nothing was counted. Never rounds up to 100. */
export function percent(part: number, all: number): number | null {
  if (all <= 0) return null
  return part >= all ? 100 : Math.min(99, Math.round((part * 100) / all))
}

/** Whole days between two moments. */
export const days = (since: number, now: number) => Math.max(0, Math.floor((now - since) / 86_400_000))

/** A case number as it is spoken: 4-4-4. */
export const caseNo = (no: string) => no.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1 $2 $3')
