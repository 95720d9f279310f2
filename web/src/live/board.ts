// The one reader of the live board: reconnects with back-off, keeps the last picture and says how old it is.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { send } from '@/api/client'
import { Problem } from '@/api/problem'
import { whole, type Board, type BoardCall, type BoardSeat } from '@/api/board'
import { now, setHouseTime } from './clock'
import { readEvents } from './sse'

const FIRST_WAIT = 500
const LONGEST_WAIT = 8_000
/** A stream that says nothing for so long is dead: the house sends a comment at least every 15 s. */
const SILENCE = 40_000

export const useBoard = defineStore('board', () => {
  const board = shallowRef<Board>(whole({}))
  /** How loud each leg is now, by its number; comes oftener than the board. Whoever is not in it is silent. */
  const levels = shallowRef<Record<string, number> | null>(null)
  const known = ref(false)
  const connected = ref(false)
  /** The reader that runs: it ends with its signal, and one that was stopped while it waited does not come back beside the next. */
  let reader: AbortController | null = null

  const me = computed(() => board.value.me)
  const mine = computed<BoardCall | null>(() => {
    const id = board.value.me?.call
    return board.value.calls.find((c) => c.id === id) ?? null
  })

  /** The longest wait right now: the board comes only when something else changed too. */
  const longest = computed(() => {
    const { queue, at } = board.value
    return queue.waiting ? queue.longest_ms + Math.max(0, now.value - at) : 0
  })

  function take(data: string) {
    board.value = whole(JSON.parse(data) as Partial<Board>)
    setHouseTime(board.value.at)
    known.value = true
  }

  const level = (seat: BoardSeat): number | null => (levels.value ? (levels.value[seat.leg] ?? 0) : seat.level)

  async function once(ended: AbortSignal) {
    const control = new AbortController()
    const cut = () => control.abort()
    ended.addEventListener('abort', cut)
    let watch = setTimeout(() => control.abort(), SILENCE)
    try {
      // By the one door: a session that has ended is told to the whole page there, also to one that nobody touches.
      const response = await send('GET', '/board', { signal: control.signal })
      if (!ended.aborted) connected.value = true
      await readEvents(alive(response, () => {
        clearTimeout(watch)
        watch = setTimeout(() => control.abort(), SILENCE)
      }), (event) => {
        if (ended.aborted) return
        if (event.event === 'board') take(event.data)
        if (event.event === 'levels') levels.value = (JSON.parse(event.data) as { levels: Record<string, number> }).levels
      })
    } finally {
      clearTimeout(watch)
      ended.removeEventListener('abort', cut)
      if (!ended.aborted) lost()
    }
  }
  function lost() {
    connected.value = false
    levels.value = null
  }

  async function run(ended: AbortSignal) {
    let wait = FIRST_WAIT
    while (!ended.aborted) {
      try {
        await once(ended)
        wait = FIRST_WAIT
      } catch (error) {
        // Signed out or not for this role: asking again would not help.
        if (error instanceof Problem && (error.status === 401 || error.status === 403)) return
      }
      if (ended.aborted) return
      await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)))
      wait = Math.min(LONGEST_WAIT, wait * 2)
    }
  }

  function start() {
    if (reader) return
    reader = new AbortController()
    void run(reader.signal)
  }

  function stop() {
    reader?.abort()
    reader = null
    lost()
    known.value = false
    board.value = whole({})
  }

  return { board, known, connected, me, mine, longest, level, start, stop }
})

/** The same response, telling of each piece that arrives. */
function alive(response: Response, heard: () => void): Response {
  const body = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, out) {
        heard()
        out.enqueue(piece)
      },
    }),
  )
  return new Response(body ?? null, { status: 200 })
}
