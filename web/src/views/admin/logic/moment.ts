// Moments as a field of the page has them (local time of this computer) and as the house wants them (UTC ms).

const two = (n: number) => String(n).padStart(2, '0')

/** `2026-11-02T09:30`, as datetime-local wants it. */
export function toLocal(utcMs: number): string {
  const at = new Date(utcMs)
  return `${toDay(utcMs)}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** `2026-11-02` */
export function toDay(utcMs: number): string {
  const at = new Date(utcMs)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** UTC ms; undefined when it isn't a moment. */
export function fromLocal(text: string): number | undefined {
  const at = new Date(text.length === 10 ? `${text}T00:00` : text).getTime()
  return Number.isNaN(at) ? undefined : at
}
