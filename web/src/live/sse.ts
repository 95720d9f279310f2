// Reads text/event-stream from fetch (WHATWG HTML, section 9.2.6): EventSource can't send the tab's header.

export interface SseEvent {
  event: string
  data: string
}

/** Longest event that is kept, characters; a longer one is dropped whole. */
export const LONGEST_EVENT = 4_000_000

/** Turns pieces of text into events; pieces may be cut anywhere. */
export class SseReader {
  private rest = ''
  private event = ''
  private data: string[] = []
  private size = 0

  push(piece: string): SseEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    const out: SseEvent[] = []
    for (const line of lines) {
      const done = this.line(line)
      if (done) out.push(done)
    }
    if (this.rest.length > LONGEST_EVENT) this.rest = ''
    return out
  }

  private line(line: string): SseEvent | null {
    if (line === '') return this.dispatch()
    if (line.startsWith(':')) return null
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.event = value
    if (field === 'data') {
      this.size += value.length
      if (this.size <= LONGEST_EVENT) this.data.push(value)
    }
    return null
  }

  private dispatch(): SseEvent | null {
    const whole = this.data.length > 0 && this.size <= LONGEST_EVENT
    const done = whole ? { event: this.event || 'message', data: this.data.join('\n') } : null
    this.event = ''
    this.data = []
    this.size = 0
    return done
  }
}

/** Reads events of a response until it ends or `signal` says so. */
export async function readEvents(response: Response, take: (event: SseEvent) => void): Promise<void> {
  const body = response.body
  if (!body) return
  const text = body.pipeThrough(new TextDecoderStream()).getReader()
  const reader = new SseReader()
  for (;;) {
    const { value, done } = await text.read()
    if (done) return
    for (const event of reader.push(value)) take(event)
  }
}
