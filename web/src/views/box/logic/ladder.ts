// The SIP ladder: parties as columns, messages as arrows, one row each; what a first line says.
import type { Ladder, Message } from '@/api/box'

export const COLUMN = 140
export const ROW = 34
export const HEAD = 44
/** Left of the first column: the time. */
export const LEFT = 70

export interface Arrow {
  index: number
  message: Message
  x1: number
  x2: number
  y: number
  /** A request, a provisional answer, a good one, a bad one. */
  kind: 'request' | 'provisional' | 'good' | 'bad'
  label: string
}

/** Short for an arrow: the method, or status and reason. */
export function label(line: string): string {
  const status = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(line)
  if (status) return `${status[1]} ${status[2] ?? ''}`.trim().slice(0, 28)
  return (line.split(' ')[0] ?? line).slice(0, 28)
}

export function kindOf(line: string): Arrow['kind'] {
  const status = Number(/^SIP\/2\.0 (\d{3})/.exec(line)?.[1] ?? 0)
  if (status === 0) return 'request'
  if (status < 200) return 'provisional'
  return status < 300 ? 'good' : 'bad'
}

/** All parties, those that only messages name behind the listed ones. */
export function columns(ladder: Ladder): string[] {
  return [...new Set([...ladder.parties, ...ladder.messages.flatMap((m) => [m.from, m.to])])]
}

export function arrows(ladder: Ladder): Arrow[] {
  const at = new Map(columns(ladder).map((party, i) => [party, LEFT + COLUMN * i + COLUMN / 2]))
  return ladder.messages.map((message, index) => ({
    index,
    message,
    x1: at.get(message.from) ?? LEFT,
    x2: at.get(message.to) ?? LEFT,
    y: ROW * index + ROW / 2 + 6,
    kind: kindOf(message.line),
    label: label(message.line),
  }))
}

export function size(ladder: Ladder): { width: number; height: number } {
  return { width: LEFT + COLUMN * Math.max(1, columns(ladder).length), height: ROW * ladder.messages.length + 16 }
}
